#include "aggregation/rules/passes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "aggregation/rules/tier_norms.hpp"
#include "aggregation/set_mean.hpp"

namespace skerry::aggregation {
namespace {

static_assert(kGramBlock == kColumnsMax, "a window's pieces begin where blocks of both begin");
using Block = std::array<float, kGramBlock>;
using Sums = std::array<double, kGramBlock>;

bool covers(const UpdateInfo& update, const Section& section) {
    return update.tier >= section.tier;
}

void read(DeltaBytes values, std::size_t first, std::size_t count, float* out) {
    std::memcpy(out, values.data() + first * sizeof(float), count * sizeof(float));
}

// Values that one call fetches where a pass needs no window: whole blocks.
constexpr std::size_t kFetch = 256 * kGramBlock;

// Values whose sums stay in the cache.
constexpr std::size_t kKeptWindow = 1U << 15U;

/// -0 becomes +0, so that no order among zeros can be seen.
float without_sign_of_zero(double value) {
    return static_cast<float>(value) + 0.0F;
}

void add_times(double coefficient, const float* values, std::size_t count, double* sums) {
    for (std::size_t i = 0; i < count; ++i)
        sums[i] += coefficient * static_cast<double>(values[i]);
}

/// The vectors that a plan makes at `count` columns, as rows of kColumnsMax values; says how many.
std::size_t make_vectors(const SectionWork& work, const std::vector<const float*>& updates, std::size_t count,
                         std::vector<float>& out) {
    const std::size_t made = work.plan.rows.empty() ? updates.size() : work.plan.rows.size();
    out.resize(made * kColumnsMax);
    for (std::size_t r = 0; r < made; ++r) {
        Sums sums{};
        if (work.plan.rows.empty()) {
            add_times(work.input.factors[r], updates[r], count, sums.data());
        } else {
            for (std::size_t k = 0; k < updates.size(); ++k) {
                const double coefficient = work.plan.rows[r][k];
                if (coefficient != 0) add_times(coefficient, updates[k], count, sums.data());
            }
        }
        std::transform(sums.begin(), sums.end(), out.begin() + static_cast<std::ptrdiff_t>(r * kColumnsMax),
                       without_sign_of_zero);
    }
    return made;
}

}  // namespace

Result<TierNorms> Passes::norms_of(std::size_t update) {
    if (const auto known = set.norms(update)) return *known;
    std::vector<Section> sections;
    std::size_t end = 0;
    for (const SectionWork& work : works) {
        sections.push_back(work.where);
        if (covers(set.about(update), work.where)) end = work.where.last;
    }
    TierNormSums sums(std::move(sections));
    if (const SparseValues* const sparse = SKERRY_TRY(set.sparse(update))) {
        sums.take(*sparse);
        return sums.norms();
    }
    std::array<float, 4 * kGramBlock> values;
    for (std::size_t begin = 0; begin < end; begin += kFetch) {
        const std::size_t fetched = std::min(kFetch, end - begin);
        const DeltaBytes part = SKERRY_TRY(set.part(update, begin, fetched));
        for (std::size_t first = 0; first < fetched; first += values.size()) {
            const std::size_t count = std::min(values.size(), fetched - first);
            read(part, first, count, values.data());
            sums.take(std::span(values).first(count));
        }
    }
    return sums.norms();
}

Result<std::vector<std::vector<double>>> Passes::norms() {
    std::vector<std::vector<double>> norms(works.size());
    for (std::size_t k = 0; k < set.size(); ++k) {
        const TierNorms found = SKERRY_TRY(norms_of(k));
        for (std::size_t s = 0; s < works.size(); ++s) {
            const Section& where = works[s].where;
            if (!where.statistics && covers(set.about(k), where))
                norms[s].push_back(found[static_cast<std::size_t>(where.tier)]);
        }
    }
    return norms;
}

std::vector<std::vector<Piece>> Passes::windows(bool (*concerns)(const SectionWork&), std::size_t values_max) const {
    std::vector<Section> sections;
    std::vector<bool> wanted;
    for (const SectionWork& work : works) {
        sections.push_back(work.where);
        wanted.push_back(work.wanted && concerns(work));
    }
    return windows_of(sections, wanted, std::max(kGramBlock, values_max), kGramBlock);
}

Result<std::vector<std::vector<float>>> Passes::load(const std::vector<Piece>& window) {
    std::vector<std::vector<float>> values(window.size());
    for (std::size_t p = 0; p < window.size(); ++p)
        values[p].reserve(works[window[p].section].covering.size() * (window[p].last - window[p].first));
    for (std::size_t k = 0; k < set.size(); ++k) {
        const UpdateInfo about = set.about(k);
        for (std::size_t p = 0; p < window.size(); ++p) {
            if (!covers(about, works[window[p].section].where)) continue;
            const std::size_t count = window[p].last - window[p].first;
            const DeltaBytes part = SKERRY_TRY(set.part(k, window[p].first, count));
            values[p].resize(values[p].size() + count);
            read(part, 0, count, values[p].data() + values[p].size() - count);
        }
    }
    return values;
}

Result<> Passes::products() {
    for (SectionWork& work : works) {
        const bool compared = work.wanted && !work.where.statistics;
        work.input.products = compared ? Gram(work.covering.size() + (work.input.has_centre ? 1 : 0)) : Gram();
    }
    const auto compared = [](const SectionWork& work) { return work.input.products.size() > 0; };
    for (const auto& window : windows(compared, window_bytes / (set.size() * sizeof(float)))) {
        const auto values = SKERRY_TRY(load(window));
        for (std::size_t p = 0; p < window.size(); ++p) {
            SectionWork& work = works[window[p].section];
            const std::size_t length = window[p].last - window[p].first;
            for (std::size_t first = 0; first < length; first += kGramBlock) {
                std::vector<const float*> rows;
                for (std::size_t k = 0; k < work.covering.size(); ++k)
                    rows.push_back(values[p].data() + k * length + first);
                if (work.input.has_centre) rows.push_back(centre.data() + window[p].first + first);
                add_block(work.input.products, rows, std::min(kGramBlock, length - first));
            }
        }
    }
    return {};
}

Result<> Passes::combine(std::span<float> out) {
    SKERRY_TRY(combine_columns(out));
    return combine_rows(out);
}

Result<> Passes::combine_columns(std::span<float> out) {
    const auto by_columns = [](const SectionWork& work) { return work.plan.columns.has_value(); };
    std::vector<float> vectors;
    for (const auto& window : windows(by_columns, window_bytes / (set.size() * sizeof(float)))) {
        const auto values = SKERRY_TRY(load(window));
        for (std::size_t p = 0; p < window.size(); ++p) {
            const SectionWork& work = works[window[p].section];
            const std::size_t length = window[p].last - window[p].first;
            for (std::size_t first = 0; first < length; first += kColumnsMax) {
                std::vector<const float*> updates;
                for (std::size_t k = 0; k < work.covering.size(); ++k)
                    updates.push_back(values[p].data() + k * length + first);
                const std::size_t count = std::min(kColumnsMax, length - first);
                const std::size_t made = make_vectors(work, updates, count, vectors);
                reduce_columns(*work.plan.columns, vectors, made, out.subspan(window[p].first + first, count));
            }
        }
    }
    return {};
}

Result<> Passes::add_update(std::size_t update, const Piece& piece, double coefficient, std::span<double> sums) {
    if (const SparseValues* const sparse = SKERRY_TRY(set.sparse(update))) {
        const auto [places, values] = sparse->part(piece.first, piece.first + sums.size());
        for (std::size_t i = 0; i < places.size(); ++i)
            sums[places[i] - piece.first] += coefficient * static_cast<double>(values[i]);
        return {};
    }
    Block block;
    for (std::size_t begin = 0; begin < sums.size(); begin += kFetch) {
        const std::size_t fetched = std::min(kFetch, sums.size() - begin);
        const DeltaBytes part = SKERRY_TRY(set.part(update, piece.first + begin, fetched));
        for (std::size_t first = 0; first < fetched; first += kGramBlock) {
            const std::size_t count = std::min(kGramBlock, fetched - first);
            read(part, first, count, block.data());
            add_times(coefficient, block.data(), count, sums.data() + begin + first);
        }
    }
    return {};
}

Result<> Passes::combine_rows(std::span<float> out) {
    const auto by_row = [](const SectionWork& work) { return !work.plan.columns.has_value(); };
    // One sum a value is held, so windows could be large; small ones stay in the cache, and are dear only to fetch.
    const bool kept = SKERRY_TRY(set.keeps_all());
    const std::size_t window_max = kept ? kKeptWindow : std::max(kMeanWindow, SKERRY_TRY(set.piece()));
    for (const auto& window : windows(by_row, std::min(window_max, window_bytes / sizeof(double)))) {
        std::vector<std::vector<double>> sums;
        sums.reserve(window.size());
        for (const Piece& piece : window)
            sums.emplace_back(piece.last - piece.first);
        std::vector<std::size_t> next(window.size());  // the update's place among those that cover the piece
        std::vector<float> values;
        for (std::size_t k = 0; k < set.size(); ++k) {
            for (std::size_t p = 0; p < window.size(); ++p) {
                const SectionWork& work = works[window[p].section];
                if (!covers(set.about(k), work.where)) continue;
                const double coefficient = work.plan.rows.front()[next[p]++];
                if (coefficient == 0) continue;  // not even fetched: Krum's result is one update
                SKERRY_TRY(add_update(k, window[p], coefficient, sums[p]));
            }
        }
        for (std::size_t p = 0; p < window.size(); ++p) {
            const SectionWork& work = works[window[p].section];
            if (work.input.has_centre) {
                add_times(work.plan.rows.front().back(), centre.data() + window[p].first, sums[p].size(),
                          sums[p].data());
            }
            std::transform(sums[p].begin(), sums[p].end(), out.begin() + static_cast<std::ptrdiff_t>(window[p].first),
                           without_sign_of_zero);
        }
    }
    return {};
}

}  // namespace skerry::aggregation
