#include "edge-node/spool/written_delta.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "common/base/limits.hpp"

namespace skerry::node {
namespace {

constexpr int kTries = 4;

// By bits: those of magnitudes are in the order of the values.
double largest_of(Values values) {
    std::uint32_t largest = 0;
    for (const float value : values)
        largest = std::max(largest, std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFFU);
    return static_cast<double>(std::bit_cast<float>(largest));
}

/// All that may be other than 0.
Result<std::vector<float>> values_read(const wire::DeltaForm& form, ByteView bytes) {
    if (form.encoding != wire::DeltaEncoding::Top) return wire::decode_delta(form, bytes);
    return SKERRY_TRY(wire::decode_sparse(form, bytes)).values;
}

}  // namespace

Result<WrittenDelta> write_delta(std::vector<float> progress, Values weights, std::size_t statistics, float norm_max,
                                 const wire::DeltaPolicy& policy) {
    SKERRY_TRY(clip(progress, statistics, norm_max));
    std::copy_n(weights.begin(), statistics, progress.begin());
    if (policy.encoding == wire::DeltaEncoding::Float32) return WrittenDelta{{}, std::move(progress), {}};
    // Rounding can make it a little longer than what was clipped, or its largest value a little larger.
    for (int i = 0; i < kTries; ++i) {
        auto [form, bytes] = wire::encode_delta(progress, statistics, policy);
        if (bytes.size() >= progress.size() * sizeof(float)) break;  // of a handful of values
        const std::vector<float> read = SKERRY_TRY(values_read(form, bytes));
        const Values trained = Values(read).subspan(statistics);
        const double room = std::min(static_cast<double>(norm_max) / norm_of(trained),
                                     static_cast<double>(limits::kDeltaMax) / largest_of(trained));
        if (!(room < 1)) return WrittenDelta{form, {}, std::move(bytes)};
        const auto factor = static_cast<float>(room * 0.999);
        std::transform(progress.begin() + static_cast<std::ptrdiff_t>(statistics), progress.end(),
                       progress.begin() + static_cast<std::ptrdiff_t>(statistics),
                       [factor](float value) { return value * factor; });
    }
    return WrittenDelta{{}, std::move(progress), {}};
}

}  // namespace skerry::node
