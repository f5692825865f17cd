#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "common/base/ids.hpp"
#include "feedback/fading_shares.hpp"

namespace skerry::feedback {

/// Accuracy of what was served, beside what would have been right without any model: the share alone says nothing
/// (on Elec2 the last label predicts 85.3 %). All values in [0, 1] but the kappas, which can be negative.
struct PrequentialNumbers {
    std::uint64_t labelled = 0;    ///< labels counted since the node began
    double accuracy = 0;           ///< over all of them
    double accuracy_window = 0;    ///< over the last Prequential::kWindowTriggers triggers
    double majority = 0;           ///< the most frequent label so far, as a predictor
    double last_class = 0;         ///< the previous label, as a predictor
    double last_class_window = 0;  ///< the same, over the window
    double majority_window = 0;    ///< likewise: the most frequent label of all so far, on the window's labels
    double kappa = 0;              ///< (accuracy − chance) / (1 − chance), chance from the class frequencies
    double kappa_temporal = 0;     ///< (accuracy − last_class) / (1 − last_class)
    std::array<std::uint64_t, kTiers> tier_labelled{};
    std::array<std::uint64_t, kTiers> tier_correct{};
    double accuracy_fading = 0;  ///< as FadingShares has them
    double kappa_fading = 0;
    std::array<double, kTiers> tier_accuracy_fading{};
};

/// Test, then train: books each label against the answer that was served before it was known. Feed it in the order of
/// prediction. Not thread-safe. Žliobaitė et al. 2015, "Evaluation methods and decision theory for classification of
/// streaming data with temporal dependence" (kappa-temporal).
class Prequential {
public:
    static constexpr std::size_t kWindowTriggers = 10;

    /// `classes` at least 1; labels and predictions are below it.
    explicit Prequential(std::size_t classes);

    void add(Tier tier, std::uint32_t predicted, std::uint32_t truth);
    /// Closes the running batch: the window moves by triggers.
    void end_trigger();

    [[nodiscard]] PrequentialNumbers numbers() const;

    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote for as many classes.
    [[nodiscard]] static Result<Prequential> load(ByteReader& from, std::size_t classes);
    /// What fades is saved apart: older checkpoints have none of it.
    void save_fading(ByteWriter& to) const { fading_.save(to); }
    [[nodiscard]] Result<> load_fading(ByteReader& from) { return fading_.load(from); }

private:
    struct Counts {
        std::uint64_t labelled = 0;
        std::uint64_t correct = 0;
        std::uint64_t majority_correct = 0;
        std::uint64_t last_correct = 0;
    };

    std::vector<std::uint64_t> seen_;       ///< labels by class
    std::vector<std::uint64_t> predicted_;  ///< answers by class
    std::optional<std::uint32_t> last_;
    std::uint32_t majority_ = 0;
    Counts total_;
    Counts running_;
    std::deque<Counts> window_;
    std::array<std::uint64_t, kTiers> tier_labelled_{};
    std::array<std::uint64_t, kTiers> tier_correct_{};
    FadingShares fading_;
};

}  // namespace skerry::feedback
