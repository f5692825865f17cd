#pragma once

#include <span>

#include "aggregation/rules/held_set.hpp"
#include "aggregation/rules/plan.hpp"
#include "aggregation/rules/sections.hpp"

namespace skerry::aggregation {

/// A section while a round is aggregated.
struct SectionWork {
    Section where;
    std::vector<std::size_t> covering;  ///< updates of the set, in its order
    PlanInput input;
    Plan plan;
    bool wanted = true;  ///< false: it takes no step
};

/// The passes over the updates' values. Each goes window by window; no more than `window_bytes` of values are held, but
/// for 1 KiB an update at least, and each value is fetched once a pass. Fail as HeldSet::part does.
struct Passes {
    HeldSet& set;
    std::vector<SectionWork>& works;
    std::span<const float> centre;  ///< empty: none. Shape [parameters]
    std::size_t window_bytes;

    /// For each section but the statistics the norms of what covers it, in order.
    Result<std::vector<std::vector<double>>> norms();
    /// Fills input.products of each wanted section but the statistics; where it has_centre, with the centre last.
    Result<> products();
    /// Writes what the wanted sections' plans make, shape [parameters].
    Result<> combine(std::span<float> out);

private:
    Result<TierNorms> norms_of(std::size_t update);
    std::vector<std::vector<Piece>> windows(bool (*concerns)(const SectionWork&), std::size_t values_max) const;
    Result<std::vector<std::vector<float>>> load(const std::vector<Piece>& window);
    Result<> combine_columns(std::span<float> out);
    Result<> combine_rows(std::span<float> out);
    Result<> add_update(std::size_t update, const Piece& piece, double coefficient, std::span<double> sums);
};

}  // namespace skerry::aggregation
