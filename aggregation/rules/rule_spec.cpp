#include "aggregation/rules/rule_spec.hpp"

#include <algorithm>

namespace skerry::aggregation {
namespace {

/// How many vectors the rule itself wants at least, and why.
struct Need {
    std::size_t vectors = 1;
    std::string because;
};

std::string named(std::string_view condition, std::size_t hostile) {
    return std::string(condition) + " with f = " + std::to_string(hostile);
}

struct NeedOf {
    Need operator()(const KrumRule& rule) const { return {2 * rule.hostile + 3, named("n > 2f + 2", rule.hostile)}; }
    Need operator()(const MultiKrumRule& rule) const {
        const std::size_t chosen = rule.chosen + rule.hostile;
        if (chosen > 2 * rule.hostile + 3) return {chosen, named("n ≥ m + f", rule.hostile)};
        return {2 * rule.hostile + 3, named("n > 2f + 2", rule.hostile)};
    }
    Need operator()(const BulyanRule& rule) const { return {4 * rule.hostile + 3, named("n ≥ 4f + 3", rule.hostile)}; }
    template <class Other>
    Need operator()(const Other&) const {
        return {};
    }
};

Result<> enough(const RuleSpec& spec, std::size_t vectors, const Need& need) {
    if (vectors >= need.vectors) return {};
    return fail(ErrorCode::InvalidInput, "'" + text_of(spec) + "' needs " + std::to_string(need.vectors) +
                                             " updates (" + need.because + "), there are " + std::to_string(vectors));
}

}  // namespace

bool RuleSpec::is_plain_mean() const {
    return !norm_bound && mixing.empty() && std::holds_alternative<MeanRule>(rule);
}

bool RuleSpec::draws() const {
    return std::any_of(mixing.begin(), mixing.end(),
                       [](const MixingStep& step) { return std::holds_alternative<BucketingStep>(step); });
}

bool RuleSpec::compares() const {
    return !mixing.empty() || !(std::holds_alternative<MeanRule>(rule) || std::holds_alternative<MedianRule>(rule) ||
                                std::holds_alternative<TrimmedMeanRule>(rule));
}

Result<> RuleSpec::check_count(std::size_t updates) const {
    if (compares() && updates > kComparedUpdatesMax) {
        return fail(ErrorCode::InvalidInput, "'" + text_of(*this) + "' compares at most " +
                                                 std::to_string(kComparedUpdatesMax) +
                                                 " updates with each other, not " + std::to_string(updates));
    }
    std::size_t vectors = updates;
    for (const MixingStep& step : mixing) {
        if (const auto* nnm = std::get_if<NearestNeighbourStep>(&step)) {
            SKERRY_TRY(enough(*this, vectors, {2 * nnm->hostile + 1, named("n > 2f", nnm->hostile)}));
        } else {
            const std::size_t size = std::get<BucketingStep>(step).size;
            vectors = (vectors + size - 1) / size;
        }
    }
    return enough(*this, vectors, std::visit(NeedOf{}, rule));
}

std::size_t RuleSpec::updates_min() const {
    std::size_t updates = 1;
    while (updates < kComparedUpdatesMax && !check_count(updates))
        ++updates;
    return updates;
}

}  // namespace skerry::aggregation
