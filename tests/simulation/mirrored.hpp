#pragma once

#include "common/crypto/hash.hpp"
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

}  // namespace skerry::simulation
