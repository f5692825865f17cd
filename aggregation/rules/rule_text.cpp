#include <cmath>

#include "aggregation/call_text.hpp"
#include "aggregation/rules/rule_spec.hpp"

namespace skerry::aggregation {
namespace {

constexpr std::string_view kListed =
    "there are mean, median, trimmed_mean(share), krum(f), krum_byzfl(f), multi_krum(f[, m]), multi_krum_byzfl(f[, "
    "m]), "
    "bulyan(f), geometric_median[(smoothing, iterations)] and centred_clipping[(radius[, iterations])]; before one of "
    "them may stand norm_bound[(c)], then nnm(f) and bucketing(size)";

constexpr std::size_t kHostileMax = kComparedUpdatesMax / 2;
constexpr double kIterationsMax = 1000;

/// Reads a call's numbers and remembers whether each was there and in its range.
class Numbers {
public:
    explicit Numbers(const Call& call) : numbers_(call.numbers) {}

    std::size_t whole(double low, double high, std::optional<std::size_t> otherwise = {}) {
        const bool left_out = next_ == numbers_.size() && otherwise;
        const double value = number(low, high, left_out ? std::optional(low) : std::nullopt);
        ok_ = ok_ && value == std::floor(value);
        return left_out ? *otherwise : ok_ ? static_cast<std::size_t>(value) : 0;
    }
    double number(double low, double high, std::optional<double> otherwise = {}) {
        if (next_ == numbers_.size()) {
            ok_ = ok_ && otherwise.has_value();
            return otherwise.value_or(low);
        }
        const double value = numbers_[next_++];
        ok_ = ok_ && value >= low && value <= high;
        return value;
    }
    [[nodiscard]] bool any() const { return !numbers_.empty(); }
    [[nodiscard]] bool fit() const { return ok_ && next_ == numbers_.size(); }

private:
    const std::vector<double>& numbers_;
    std::size_t next_ = 0;
    bool ok_ = true;
};

std::optional<Rule> rule_of(const std::string& name, Numbers& numbers) {
    const Neighbours neighbours = name.ends_with("_byzfl") ? Neighbours::Byzfl : Neighbours::Blanchard;
    if (name == "mean") return MeanRule{};
    if (name == "median") return MedianRule{};
    if (name == "trimmed_mean") return TrimmedMeanRule{numbers.number(0, std::nextafter(0.5, 0))};
    if (name == "krum" || name == "krum_byzfl") return KrumRule{numbers.whole(0, kHostileMax), neighbours};
    if (name == "multi_krum" || name == "multi_krum_byzfl") {
        const std::size_t hostile = numbers.whole(0, kHostileMax);
        return MultiKrumRule{hostile, numbers.whole(1, kComparedUpdatesMax, 0), neighbours};
    }
    if (name == "bulyan") return BulyanRule{numbers.whole(0, kHostileMax)};
    if (name == "geometric_median") {
        const double smoothing = numbers.number(1e-12, 1e12, GeometricMedianRule{}.smoothing);
        return GeometricMedianRule{smoothing, numbers.whole(1, kIterationsMax, GeometricMedianRule{}.iterations)};
    }
    if (name == "centred_clipping") {
        const double radius = numbers.number(0, 1e12, 0.0);
        return CentredClippingRule{radius, numbers.whole(1, kIterationsMax, CentredClippingRule{}.iterations)};
    }
    return std::nullopt;
}

std::optional<MixingStep> mixing_of(const std::string& name, Numbers& numbers) {
    if (name == "nnm") return NearestNeighbourStep{numbers.whole(0, kHostileMax)};
    if (name == "bucketing") return BucketingStep{numbers.whole(1, kComparedUpdatesMax)};
    return std::nullopt;
}

tl::unexpected<Error> refused(std::string_view why, const Call& call) {
    return fail(ErrorCode::InvalidInput,
                std::string(why) + " '" + text_of(std::vector{call}) + "': " + std::string(kListed));
}

Call call_of(const Rule& rule) {
    const auto number = [](std::size_t value) { return static_cast<double>(value); };
    const auto named = [](std::string name, Neighbours neighbours) {
        return neighbours == Neighbours::Byzfl ? name + "_byzfl" : name;
    };
    struct Visitor {
        decltype(number) as_number;
        decltype(named) with_neighbours;
        Call operator()(const MeanRule&) const { return {"mean", {}}; }
        Call operator()(const MedianRule&) const { return {"median", {}}; }
        Call operator()(const TrimmedMeanRule& rule) const { return {"trimmed_mean", {rule.share}}; }
        Call operator()(const KrumRule& rule) const {
            return {with_neighbours("krum", rule.neighbours), {as_number(rule.hostile)}};
        }
        Call operator()(const MultiKrumRule& rule) const {
            Call call{with_neighbours("multi_krum", rule.neighbours), {as_number(rule.hostile)}};
            if (rule.chosen > 0) call.numbers.push_back(as_number(rule.chosen));
            return call;
        }
        Call operator()(const BulyanRule& rule) const { return {"bulyan", {as_number(rule.hostile)}}; }
        Call operator()(const GeometricMedianRule& rule) const {
            return {"geometric_median", {rule.smoothing, as_number(rule.iterations)}};
        }
        Call operator()(const CentredClippingRule& rule) const {
            return {"centred_clipping", {rule.radius, as_number(rule.iterations)}};
        }
    };
    return std::visit(Visitor{number, named}, rule);
}

}  // namespace

Result<RuleSpec> parse_rule(std::string_view text) {
    const std::vector<Call> calls = SKERRY_TRY(parse_calls(text));
    RuleSpec spec;
    for (const Call& call : calls) {
        Numbers numbers(call);
        const bool last = &call == &calls.back();
        if (last) {
            const auto rule = rule_of(call.name, numbers);
            if (!rule) return refused("no aggregation rule", call);
            spec.rule = *rule;
        } else if (call.name == "norm_bound" && &call == &calls.front()) {
            spec.norm_bound = NormBoundStep{};
            if (numbers.any()) spec.norm_bound->bound = numbers.number(1e-12, 1e12);
        } else {
            const auto step = mixing_of(call.name, numbers);
            if (!step) return refused("no step before a rule", call);
            spec.mixing.push_back(*step);
        }
        if (!numbers.fit()) return refused("numbers out of range or of the wrong count in", call);
    }
    return spec;
}

std::string text_of(const RuleSpec& spec) {
    std::vector<Call> calls;
    if (spec.norm_bound) {
        calls.push_back({"norm_bound", {}});
        if (spec.norm_bound->bound) calls.back().numbers.push_back(*spec.norm_bound->bound);
    }
    for (const MixingStep& step : spec.mixing) {
        if (const auto* nnm = std::get_if<NearestNeighbourStep>(&step)) {
            calls.push_back({"nnm", {static_cast<double>(nnm->hostile)}});
        } else {
            calls.push_back({"bucketing", {static_cast<double>(std::get<BucketingStep>(step).size)}});
        }
    }
    calls.push_back(call_of(spec.rule));
    return text_of(calls);
}

}  // namespace skerry::aggregation
