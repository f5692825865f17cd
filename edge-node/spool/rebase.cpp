#include "edge-node/spool/rebase.hpp"

#include <algorithm>
#include <cmath>

#include "common/base/limits.hpp"

namespace skerry::node {

void keep_personal(std::span<float> values, Values from, const Sharing& sharing) {
    SKERRY_ASSERT(values.size() == from.size());
    for (const auto& [first, last] : sharing.personal) {
        SKERRY_ASSERT(first <= last);
        if (last > values.size()) continue;  // a lighter tier has no such block
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(first), last - first,
                    values.begin() + static_cast<std::ptrdiff_t>(first));
    }
}

Progress::Progress(Values weights, std::vector<float> base, const Sharing& sharing)
    : sharing_(sharing), values_(std::move(base)) {
    SKERRY_ASSERT(weights.size() == values_.size() && sharing.statistics <= weights.size());
    std::fill_n(values_.begin(), sharing.statistics, 0.0F);
    for (std::size_t i = sharing.statistics; i < values_.size(); ++i)
        values_[i] = weights[i] - values_[i];
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

void Progress::take_off(Values delta) {
    SKERRY_ASSERT(delta.size() == values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i)
        values_[i] -= delta[i];
}

void Rebase::add(Values delta) {
    SKERRY_ASSERT(delta.size() == values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i)
        values_[i] += delta[i];
}

std::vector<float> Rebase::onto(Values base) && {
    SKERRY_ASSERT(base.size() == values_.size());
    for (std::size_t i = 0; i < values_.size(); ++i)
        values_[i] += base[i];
    return std::move(values_);
}

Result<Clipped> clip(std::span<float> delta, std::size_t statistics, float norm_max) {
    SKERRY_ASSERT(statistics <= delta.size());
    double squares = 0;
    for (std::size_t i = 0; i < delta.size(); ++i) {
        if (!std::isfinite(delta[i])) return fail(ErrorCode::InvalidInput, "the local progress is not finite");
        if (i >= statistics) squares += static_cast<double>(delta[i]) * static_cast<double>(delta[i]);
    }
    Clipped clipped;
    clipped.norm = static_cast<float>(std::sqrt(squares));
    if (std::sqrt(squares) > static_cast<double>(norm_max)) {
        // A hair below the limit: the receiver sums the rounded products, perhaps in another order.
        clipped.factor = static_cast<float>(static_cast<double>(norm_max) / std::sqrt(squares) * (1.0 - 1e-5));
        for (float& value : delta.subspan(statistics))
            value *= clipped.factor;
    }
    for (float& value : delta)
        value = std::clamp(value, -limits::kDeltaMax, limits::kDeltaMax);
    return clipped;
}

}  // namespace skerry::node
