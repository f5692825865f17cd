#include "edge-node/spool/rebase.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>

#include "common/base/limits.hpp"

namespace skerry::node {
namespace {

void add_times(float sign, Values delta, std::span<float> to) {
    SKERRY_ASSERT(delta.size() == to.size());
    for (std::size_t i = 0; i < to.size(); ++i)
        to[i] += sign * delta[i];
}

void add_times(float sign, const SparseValues& delta, std::span<float> to) {
    SKERRY_ASSERT(delta.size == to.size());
    for (std::size_t i = 0; i < delta.places.size(); ++i)
        to[delta.places[i]] += sign * delta.values[i];
}

constexpr std::size_t kBlock = 1024;  // known beforehand, it becomes vector instructions

/// `make(i)` for each place, in one pass: to fill a vector first and then change it takes another one.
template <class Make>
std::vector<float> made(std::size_t size, const Make& make) {
    std::vector<float> values;
    values.reserve(size);
    std::array<float, kBlock> block;
    const std::size_t whole = size / kBlock * kBlock;
    for (std::size_t first = 0; first < whole; first += kBlock) {
        for (std::size_t i = 0; i < kBlock; ++i)
            block[i] = make(first + i);
        values.insert(values.end(), block.begin(), block.end());
    }
    for (std::size_t i = whole; i < size; ++i)
        values.push_back(make(i));
    return values;
}

/// Goes through the places of one Δ that are asked for in ascending order.
class Cursor {
public:
    explicit Cursor(const SparseValues& delta) : delta_(&delta) {}
    /// Adds ±Δ where it has a value there.
    void add(float sign, std::uint32_t place, float& to) {
        while (next_ < delta_->places.size() && delta_->places[next_] < place)
            ++next_;
        if (next_ < delta_->places.size() && delta_->places[next_] == place) to += sign * delta_->values[next_];
    }

private:
    const SparseValues* delta_;
    std::size_t next_ = 0;
};

/// Where any of them has a value, ascending.
std::vector<std::uint32_t> places_of_any(std::span<const SparseValues> deltas) {
    std::vector<std::uint32_t> places, both;
    for (const SparseValues& delta : deltas) {
        both.clear();
        std::ranges::set_union(places, delta.places, std::back_inserter(both));
        places.swap(both);
    }
    return places;
}

}  // namespace

void keep_personal(std::span<float> values, Values from, const Sharing& sharing) {
    SKERRY_ASSERT(values.size() == from.size());
    for (const auto& [first, last] : sharing.personal) {
        SKERRY_ASSERT(first <= last);
        if (last > values.size()) continue;  // a lighter tier has no such block
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(first), last - first,
                    values.begin() + static_cast<std::ptrdiff_t>(first));
    }
}

Progress::Progress(Values weights, Values base, const Sharing& sharing) : sharing_(sharing) {
    SKERRY_ASSERT(weights.size() == base.size() && sharing.statistics <= weights.size());
    values_ = made(weights.size(), [w = weights.data(), b = base.data()](std::size_t i) { return w[i] - b[i]; });
    std::fill_n(values_.begin(), sharing.statistics, 0.0F);
}

std::vector<float> Progress::take() && {
    // At last: a Δ of before has what was not personal then.
    for (const auto& [first, last] : sharing_.personal) {
        SKERRY_ASSERT(first <= last);
        if (last > values_.size()) continue;  // a lighter tier has no such block
        std::fill(values_.begin() + static_cast<std::ptrdiff_t>(first),
                  values_.begin() + static_cast<std::ptrdiff_t>(last), 0.0F);
    }
    return std::move(values_);
}

void Progress::take_off(const KeptDelta& delta) {
    std::visit([this](const auto& values) { add_times(-1, values, values_); }, delta);
}

void Rebase::add(const KeptDelta& delta) {
    std::visit([this](const auto& values) { add_times(1, values, values_); }, delta);
}

std::vector<float> Rebase::onto(Values base) && {
    SKERRY_ASSERT(base.size() == values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i)
        values_[i] += base[i];
    return std::move(values_);
}

std::vector<float> rebased(Values weights, Values base, Values next, const Sharing& sharing,
                           std::span<const SparseValues> kept, std::size_t counted) {
    SKERRY_ASSERT(weights.size() == base.size() && weights.size() == next.size() && counted <= kept.size());
    std::vector<float> result = made(weights.size(), [w = weights.data(), b = base.data(),
                                                      n = next.data()](std::size_t i) { return (w[i] - b[i]) + n[i]; });
    std::vector<Cursor> cursors(kept.begin(), kept.end());
    for (const std::uint32_t place : places_of_any(kept)) {
        float progress = weights[place] - base[place];
        for (Cursor& cursor : cursors)
            cursor.add(-1, place, progress);
        for (std::size_t k = counted; k < cursors.size(); ++k)
            cursors[k].add(1, place, progress);
        result[place] = progress + next[place];
    }
    for (std::size_t i = 0; i < sharing.statistics; ++i)
        result[i] = 0.0F + next[i];
    keep_personal(result, weights, sharing);
    return result;
}

double norm_of(Values values) {
    constexpr std::size_t kSums = 8;
    std::array<double, kSums> squares{};
    const std::size_t whole = values.size() / kSums * kSums;
    for (std::size_t i = 0; i < whole; i += kSums) {
        for (std::size_t j = 0; j < kSums; ++j)
            squares[j] += static_cast<double>(values[i + j]) * static_cast<double>(values[i + j]);
    }
    for (std::size_t i = whole; i < values.size(); ++i)
        squares[i - whole] += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
}

Result<Clipped> clip(std::span<float> delta, std::size_t statistics, float norm_max) {
    SKERRY_ASSERT(statistics <= delta.size());
    const std::span<float> trained = delta.subspan(statistics);
    const double norm = norm_of(trained);
    // No finite float's square is too large for a double, and no sum of so many of them.
    if (!std::isfinite(norm) || !std::isfinite(norm_of(delta.first(statistics)))) {
        return fail(ErrorCode::InvalidInput, "the local progress is not finite");
    }
    Clipped clipped;
    clipped.norm = static_cast<float>(norm);
    if (norm > static_cast<double>(norm_max)) {
        // A hair below the limit: the receiver sums the rounded products, perhaps in another order.
        clipped.factor = static_cast<float>(static_cast<double>(norm_max) / norm * (1.0 - 1e-5));
        for (float& value : trained)
            value *= clipped.factor;
    }
    // No value is larger than the norm.
    const bool small = std::min(norm, static_cast<double>(norm_max)) < static_cast<double>(limits::kDeltaMax);
    for (float& value : small ? delta.first(statistics) : delta)
        value = std::clamp(value, -limits::kDeltaMax, limits::kDeltaMax);
    return clipped;
}

}  // namespace skerry::node
