#include "aggregation/rules/plan.hpp"

#include "aggregation/rules/centres.hpp"
#include "aggregation/rules/krum.hpp"
#include "aggregation/rules/mixing.hpp"
#include "common/base/error.hpp"

namespace skerry::aggregation {
namespace {

Row mean_of(std::size_t vectors, std::span<const std::size_t> chosen) {
    Row row(vectors);
    for (const std::size_t k : chosen)
        row[k] = 1.0 / static_cast<double>(chosen.size());
    return row;
}

std::size_t neighbours_of(std::size_t vectors, std::size_t hostile, Neighbours neighbours) {
    return vectors - hostile - (neighbours == Neighbours::Byzfl ? 1 : 2);
}

/// The rule applied to `vectors` vectors that have these products and weights.
struct Applied {
    std::size_t vectors;
    const std::vector<double>& weights;
    const Gram& products;
    bool has_centre;

    Plan operator()(const MeanRule&) const {
        double sum = 0;
        for (const double weight : weights)
            sum += weight;
        Row row;
        for (const double weight : weights)
            row.push_back(weight / sum);
        return {{row}, {}};
    }
    Plan operator()(const MedianRule&) const { return {{}, ColumnMedian{}}; }
    Plan operator()(const TrimmedMeanRule& rule) const {
        // A hair more than the product, which may have come out below the whole number that it should be.
        const double trimmed = rule.share * static_cast<double>(vectors) + 1e-9;
        return {{}, ColumnTrimmedMean{std::min(static_cast<std::size_t>(trimmed), (vectors - 1) / 2)}};
    }
    Plan operator()(const KrumRule& rule) const {
        const auto scores = krum_scores(products, neighbours_of(vectors, rule.hostile, rule.neighbours));
        return {{mean_of(vectors, lowest(scores, 1))}, {}};
    }
    Plan operator()(const MultiKrumRule& rule) const {
        const std::size_t neighbours = neighbours_of(vectors, rule.hostile, rule.neighbours);
        const std::size_t usual = rule.neighbours == Neighbours::Byzfl ? neighbours + 1 : neighbours;
        const auto scores = krum_scores(products, neighbours);
        return {{mean_of(vectors, lowest(scores, rule.chosen > 0 ? rule.chosen : usual))}, {}};
    }
    Plan operator()(const BulyanRule& rule) const {
        Rows rows;
        for (const std::size_t chosen : bulyan_choice(products, rule.hostile)) {
            rows.emplace_back(vectors);
            rows.back()[chosen] = 1;
        }
        return {rows, ColumnMeanAroundMedian{vectors - 4 * rule.hostile}};
    }
    Plan operator()(const GeometricMedianRule& rule) const {
        return {{geometric_median(products, weights, rule.smoothing, rule.iterations)}, {}};
    }
    Plan operator()(const CentredClippingRule& rule) const {
        const auto radius = rule.radius > 0 ? std::optional(rule.radius) : std::nullopt;
        return {{centred_clipping(products, has_centre, radius, rule.iterations)}, {}};
    }
};

Rows mixed_by(const MixingStep& step, const Gram& products, std::size_t vectors, const Digest& seed) {
    if (const auto* nnm = std::get_if<NearestNeighbourStep>(&step)) {
        return nearest_neighbour_mixing(products.first(vectors), nnm->hostile);
    }
    return bucketing(vectors, std::get<BucketingStep>(step).size, seed);
}

/// The centre passes each mixing as it is.
void add_centre(Rows& rows, std::size_t vectors) {
    for (Row& row : rows)
        row.push_back(0);
    rows.emplace_back(vectors + 1);
    rows.back().back() = 1;
}

}  // namespace

Plan plan_of(const RuleSpec& spec, const PlanInput& input) {
    std::size_t vectors = input.weights.size();
    std::vector<double> weights = input.weights;
    std::vector<double> factors = input.factors;
    if (input.has_centre) factors.push_back(1);
    Gram products = spec.compares() ? input.products.scaled(factors) : Gram();
    Rows mixing;
    for (const MixingStep& step : spec.mixing) {
        Rows rows = mixed_by(step, products, vectors, input.seed);
        const std::size_t made = rows.size();
        if (input.has_centre) add_centre(rows, vectors);
        vectors = made;
        products = products.combined(rows);
        mixing = mixing.empty() ? std::move(rows) : composed(rows, mixing);
        weights.assign(vectors, 1);
    }
    Plan plan = std::visit(Applied{vectors, weights, products, input.has_centre}, spec.rule);
    if (plan.rows.empty()) {
        plan.rows = std::move(mixing);
    } else if (!mixing.empty()) {
        plan.rows = composed(plan.rows, mixing);
    }
    for (Row& row : plan.rows) {
        for (std::size_t k = 0; k < row.size(); ++k)
            row[k] *= factors[k];
    }
    return plan;
}

}  // namespace skerry::aggregation
