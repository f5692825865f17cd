#include "edge-node/learning/distillation.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace skerry::node {
namespace {

constexpr double kLeadFade = 0.9;  // of a trigger: some 1,000 rows count
constexpr double kRowsMin = 500;   // fewer say nothing about a third of a point
constexpr double kDeviations = 2;

std::size_t best_of(std::span<const float> logits) {
    return static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace

void Distillation::observe(const ForwardResult& answers, std::span<const std::uint32_t> labels) {
    rows_ = kLeadFade * rows_ + static_cast<double>(labels.size());
    for (std::size_t exit = 0; exit < kTiers; ++exit) {
        lead_[exit] *= kLeadFade;
        only_one_[exit] *= kLeadFade;
    }
    std::vector<float> teacher(answers.classes);
    for (std::size_t row = 0; row < labels.size(); ++row) {
        std::fill(teacher.begin(), teacher.end(), 0.0F);
        // From the deepest exit up: what is summed so far are the exits below this one, and the sum's best is the
        // mean's.
        for (std::size_t exit = answers.exits; exit-- > 0;) {
            const auto logits = answers.logits_of(row, exit);
            if (exit + 1 < answers.exits) {
                const int lead = (best_of(teacher) == labels[row] ? 1 : 0) - (best_of(logits) == labels[row] ? 1 : 0);
                lead_[exit] += lead;
                only_one_[exit] += std::abs(lead);
            }
            for (std::size_t c = 0; c < answers.classes; ++c)
                teacher[c] += logits[c];
        }
    }
    for (std::size_t exit = 0; exit < kTiers; ++exit) {
        if (!open(exit)) steps_[exit] = 0;
    }
}

void Distillation::advance(std::size_t steps) {
    for (std::size_t exit = 0; exit < kTiers; ++exit) {
        if (open(exit)) steps_[exit] = std::min<std::uint64_t>(steps_[exit] + steps, kRampSteps);
    }
}

std::array<float, kTiers> Distillation::weights(float most) const {
    std::array<float, kTiers> weights{};
    for (std::size_t exit = 0; exit < kTiers; ++exit) {
        weights[exit] = most * static_cast<float>(steps_[exit]) / static_cast<float>(kRampSteps);
    }
    return weights;
}

bool Distillation::open(std::size_t exit) const {
    // The variance of a sum that fades by f is that of one that does not, divided by 1 + f.
    const double deviation = std::sqrt(only_one_[exit] / (1 + kLeadFade));
    return rows_ >= kRowsMin && lead_[exit] > std::max(kLeadMin * rows_, kDeviations * deviation);
}

void Distillation::save(ByteWriter& to) const {
    to.put(rows_);
    for (std::size_t exit = 0; exit < kTiers; ++exit)
        to.put(lead_[exit]).put(only_one_[exit]).put(steps_[exit]);
}

Result<> Distillation::load(ByteReader& from, bool counts_only_one) {
    rows_ = from.get<double>();
    bool fine = std::isfinite(rows_) && rows_ >= 0;
    for (std::size_t exit = 0; exit < kTiers; ++exit) {
        lead_[exit] = from.get<double>();
        only_one_[exit] = counts_only_one ? from.get<double>() : 0;
        steps_[exit] = std::min(from.get<std::uint64_t>(), kRampSteps);
        fine = fine && std::isfinite(lead_[exit]) && std::isfinite(only_one_[exit]) && only_one_[exit] >= 0;
    }
    if (!from.ok() || !fine) return fail(ErrorCode::InvalidInput, "the saved state of distillation is damaged");
    if (!counts_only_one) *this = {};
    return {};
}

}  // namespace skerry::node
