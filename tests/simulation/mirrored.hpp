#pragma once

#include <cstring>
#include <span>
#include <vector>

#include "common/crypto/hash.hpp"
#include "common/wire/difference_codec.hpp"
#include "common/wire/signed.hpp"
#include "coordinator/admission/gates.hpp"

namespace skerry::simulation {

/// Stands for an encoding of weights: as many bytes and other ones, but nothing is rounded, so that the laws hold to
/// the bit for a node that fetches it. Its own inverse.
inline Bytes mirrored(ByteView bytes) {
    Bytes mirror = copy_of(bytes);
    for (std::byte& byte : mirror)
        byte = ~byte;
    return mirror;
}

inline constexpr WeightEncoding kMirrored = WeightEncoding::Float16;

/// What `mirror` of the weights with this digest is announced as.
inline wire::EncodedWeights record_of(ByteView mirror, const Digest& weights, const coordinator::ModelShape& model) {
    wire::EncodedWeights record;
    record.weights = weights;
    record.encoding = kMirrored;
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        record.bytes[tier] = model.values[tier] * sizeof(float);
        record.digests[tier] = crypto::sha256(mirror.first(static_cast<std::size_t>(record.bytes[tier])));
    }
    return record;
}

inline std::vector<float> floats_of(ByteView bytes) {
    std::vector<float> values(bytes.size() / sizeof(float));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
}

/// A tensor for each tier: what lies between two of their ends.
inline std::vector<std::size_t> tensors_of(const coordinator::ModelShape& model, Tier held) {
    std::vector<std::size_t> counts;
    std::size_t end = 0;
    for (std::size_t tier = 0; tier <= static_cast<std::size_t>(held); ++tier) {
        counts.push_back(model.values[tier] - end);
        end = model.values[tier];
    }
    return counts;
}

/// From `base` to `next` by the real codec, and what it is announced as but for its names.
inline Bytes difference_of(std::span<const float> base, std::span<const float> next,
                           const coordinator::ModelShape& model, wire::EncodedDifference& record) {
    Bytes bytes;
    std::size_t at = 0;
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        const std::size_t count = model.values[tier] - at;
        wire::put_difference(base.subspan(at, count), next.subspan(at, count), bytes);
        at += count;
        record.bytes[tier] = bytes.size();
        record.digests[tier] = crypto::sha256(bytes);
        record.values[tier] = crypto::sha256(std::as_bytes(next.first(at)));
    }
    return bytes;
}

}  // namespace skerry::simulation
