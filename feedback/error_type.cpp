#include "feedback/error_type.hpp"

#include <algorithm>

namespace skerry::feedback {
namespace {

constexpr double kSure = 0.9;  // of the model against a label
constexpr double kImpossible = 0.02;
constexpr double kMoreLikelyWrong = 0.5;
constexpr double kConfident = 0.8;  // of an answer
constexpr double kUndecided = 0.2;  // margin

constexpr std::array<std::string_view, kErrorTypes> kNames = {"unjudged", "routing",   "novel",    "label-noise",
                                                              "drift",    "confident", "boundary", "ordinary"};

}  // namespace

std::string_view name_of(ErrorType type) {
    return kNames[static_cast<std::size_t>(type)];
}

std::optional<ErrorType> error_type_named(std::string_view name) {
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<ErrorType>(found - kNames.begin());
}

std::string names_of_error_types() {
    std::string names;
    for (const std::string_view name : kNames)
        names += (names.empty() ? "" : ", ") + std::string(name);
    return names;
}

ErrorType type_of(const ErrorEvidence& evidence) {
    if (evidence.deeper_knows) return ErrorType::TierRouting;
    if (evidence.unlike_the_known) return ErrorType::Novel;
    const bool model_is_sure = evidence.predicted > kSure && evidence.truth < kImpossible;
    const bool suspect = (model_is_sure && evidence.neighbours_agree) || evidence.suspicion > kMoreLikelyWrong;
    if (suspect && !evidence.reacting) return ErrorType::LabelNoise;
    if (evidence.reacting) return ErrorType::DriftBurst;
    if (evidence.answered > kConfident) return ErrorType::Confident;
    if (evidence.margin < kUndecided && evidence.truth_was_second) return ErrorType::Boundary;
    return ErrorType::Ordinary;
}

}  // namespace skerry::feedback
