#include "aggregation/rules/aggregate.hpp"

#include <algorithm>
#include <cmath>

#include "aggregation/rules/centres.hpp"
#include "aggregation/rules/passes.hpp"
#include "aggregation/set_mean.hpp"
#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"

namespace skerry::aggregation {
namespace {

Result<> check(const UpdateSet& set, const AggregationTerms& terms) {
    SKERRY_ASSERT(terms.centre.empty() || terms.centre.size() == terms.sizes.back());
    if (set.size() == 0) return fail(ErrorCode::InvalidInput, "nothing to aggregate: the set is empty");
    if (set.size() > limits::kRoundUpdatesMax) {
        return fail(ErrorCode::InvalidInput,
                    "a round has at most " + std::to_string(limits::kRoundUpdatesMax) + " updates");
    }
    const auto out_of_bounds = [](float value) { return !(std::abs(value) <= limits::kDeltaMax); };
    if (std::any_of(terms.centre.begin(), terms.centre.end(), out_of_bounds)) {
        return fail(ErrorCode::InvalidInput, "the centre has a value that is not finite or out of bounds");
    }
    return {};
}

std::vector<SectionWork> works_of(const UpdateSet& set, const AggregationTerms& terms) {
    std::vector<SectionWork> works;
    for (const Section& section : sections_of(terms.sizes, terms.statistics)) {
        SectionWork work;
        work.where = section;
        work.input.seed = terms.seed;
        for (std::size_t k = 0; k < set.size(); ++k) {
            const UpdateInfo about = set.about(k);
            if (about.tier < section.tier) continue;
            work.covering.push_back(k);
            work.input.weights.push_back(static_cast<double>(about.weight));
        }
        work.input.factors.assign(work.covering.size(), 1);
        work.wanted = !work.covering.empty();
        works.push_back(std::move(work));
    }
    return works;
}

/// Which sections take a step.
Result<> check_counts(const RuleSpec& rule, std::vector<SectionWork>& works) {
    for (SectionWork& work : works) {
        if (work.where.statistics || !work.wanted) continue;
        auto fits = rule.check_count(work.covering.size());
        if (!fits && work.where.tier == Tier::Light) return fits;
        work.wanted = fits.has_value();
    }
    return {};
}

Result<> make_plans(const RuleSpec& rule, Passes& passes, const AggregationTerms& terms) {
    if (rule.norm_bound) {
        const auto norms = SKERRY_TRY(passes.norms());
        for (std::size_t s = 0; s < norms.size(); ++s) {
            SectionWork& work = passes.works[s];
            if (work.wanted && !work.where.statistics) {
                work.input.factors = norm_bound(norms[s], rule.norm_bound->bound);
            }
        }
    }
    const bool has_centre = !terms.centre.empty() && std::holds_alternative<CentredClippingRule>(rule.rule);
    for (SectionWork& work : passes.works)
        work.input.has_centre = has_centre && !work.where.statistics;
    if (rule.compares()) SKERRY_TRY(passes.products());
    for (SectionWork& work : passes.works) {
        if (!work.wanted) continue;
        work.plan = work.where.statistics ? Plan{{}, ColumnMedian{}} : plan_of(rule, work.input);
    }
    return {};
}

Digest digest_of(const RuleSpec& rule, const UpdateSet& set, const AggregationTerms& terms,
                 const std::vector<float>& delta) {
    ByteWriter head;
    head.put_sized(bytes_of(text_of(rule))).put(ByteView(terms.seed));
    for (const std::size_t size : terms.sizes)
        head.put(static_cast<std::uint64_t>(size));
    head.put(static_cast<std::uint64_t>(terms.statistics)).put(static_cast<std::uint64_t>(terms.centre.size()));
    head.put(static_cast<std::uint64_t>(set.size()));
    for (std::size_t k = 0; k < set.size(); ++k) {
        const UpdateInfo about = set.about(k);
        head.put(ByteView(about.content)).put(static_cast<std::uint8_t>(about.tier)).put(about.weight);
    }
    crypto::Sha256 hash;
    hash.update(bytes_of("skerry/robust/1")).update(head.bytes());
    return hash.update(std::as_bytes(terms.centre)).update(std::as_bytes(std::span(delta))).finish();
}

Result<Aggregate> plain_mean(UpdateSet& set, const AggregationTerms& terms) {
    Aggregate result;
    result.delta.resize(terms.sizes.back());
    result.digest = SKERRY_TRY(exact_mean_of(set, terms.sizes, result.delta));
    for (const SectionWork& work : works_of(set, terms))
        result.sections.push_back({work.where.first, work.where.last, work.covering.size(), work.wanted});
    return result;
}

}  // namespace

Result<Aggregate> aggregate(const RuleSpec& rule, UpdateSet& set, const AggregationTerms& terms) {
    SKERRY_TRY(check(set, terms));
    if (rule.is_plain_mean()) return plain_mean(set, terms);
    HeldSet held(set, terms.sizes, terms.memory_max / 2);
    std::vector<SectionWork> works = works_of(set, terms);
    SKERRY_TRY(check_counts(rule, works));
    Passes passes{held, works, terms.centre, terms.memory_max / 2};
    SKERRY_TRY(make_plans(rule, passes, terms));
    Aggregate result;
    result.delta.resize(terms.sizes.back());
    SKERRY_TRY(passes.combine(result.delta));
    for (const SectionWork& work : works)
        result.sections.push_back({work.where.first, work.where.last, work.covering.size(), work.wanted});
    result.digest = digest_of(rule, set, terms, result.delta);
    return result;
}

}  // namespace skerry::aggregation
