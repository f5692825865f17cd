#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skerry::feedback {

/// Why an answer was wrong, as far as the device itself can tell. The first that fits, in this order.
enum class ErrorType : std::uint8_t {
    Unjudged,     ///< nothing was learned from it yet
    TierRouting,  ///< an early exit answered, and the deepest one knows better: no lack of knowledge
    Novel,        ///< the input is unlike what the model was trained on
    LabelNoise,   ///< the model and the samples around it agree, and the label does not; or the label is more
                  ///< likely wrong than right, where many are. Nothing is made from it
    DriftBurst,   ///< the world has just changed
    Confident,    ///< sure, and wrong
    Boundary,     ///< undecided between two classes, of which one is the truth
    Ordinary,
};
inline constexpr std::size_t kErrorTypes = 8;

/// "routing", "novel", "label-noise", …
[[nodiscard]] std::string_view name_of(ErrorType type);
/// Nothing: no type has this name.
[[nodiscard]] std::optional<ErrorType> error_type_named(std::string_view name);
/// All of them: "unjudged, routing, …".
[[nodiscard]] std::string names_of_error_types();

/// What is known of one wrong answer. Probabilities are between 0 and 1.
struct ErrorEvidence {
    bool deeper_knows = false;      ///< the deepest exit, which did not answer, gives the truth more than 0.5
    bool unlike_the_known = false;  ///< beyond the energy of all but the strangest inputs so far
    double predicted = 0;           ///< the deepest exit's probability of the class that was answered
    double truth = 0;               ///< and of the true one
    bool neighbours_agree = false;  ///< most of the nearest remembered samples carry the class that was answered
    double suspicion = 0;           ///< the probability that the label is wrong; 0 where few are
    bool reacting = false;          ///< the world has just changed
    double answered = 0;            ///< the probability that the answer was given with
    double margin = 0;              ///< p₁ − p₂ of the exit that answered
    bool truth_was_second = false;  ///< the true class came second there
};

/// The type of the error of one labelled sample.
struct JudgedError {
    std::uint64_t row = 0;  ///< LabelledSample::row
    ErrorType type = ErrorType::Unjudged;
};

/// Never Unjudged. Thresholds: label noise above 0.9 and below 0.02, or a suspicion above 0.5 (Swayamdipta et al. 2020,
/// arXiv 2009.10795: what is hard to learn is often mislabelled), confident above 0.8, boundary below a margin of 0.2.
[[nodiscard]] ErrorType type_of(const ErrorEvidence& evidence);

}  // namespace skerry::feedback
