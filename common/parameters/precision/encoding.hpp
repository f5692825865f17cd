#pragma once

#include <array>
#include <span>
#include <vector>

#include "common/parameters/precision/plan.hpp"

namespace skerry::parameters {

/// How far the decoded weights lie from those that were encoded: over all values of a prefix.
struct EncodingError {
    float max = 0;  ///< in the weights' own unit, as rms
    float rms = 0;
    /// The largest as a share of the largest weight of its tensor. A share of the weight itself would say nothing: what
    /// is rounded to zero is off by all of it, and those are the weights that matter least.
    float relative = 0;

    bool operator==(const EncodingError&) const = default;
};

/// A prefix of the flat vector in the precisions of a plan: its tensors one after the other (tensor_codec.hpp), so that
/// the bytes of a lighter tier are a prefix of a heavier tier's, as its values are.
struct Encoded {
    Bytes bytes;
    std::array<std::uint64_t, kTiers> prefix_bytes{};  ///< of each tier; of one that was not encoded: all bytes
    std::array<EncodingError, kTiers> errors{};        ///< likewise
};

/// The blocks that a node of `tier` holds: a prefix of `blocks`.
[[nodiscard]] std::span<const Block> held_blocks(std::span<const Block> blocks, Tier tier);

/// Bytes of all `blocks` under `plan`, which may be that of a longer prefix. No overflow: at most 2^26 values
/// (limits::kParametersMax) of four bytes and fewer scales.
[[nodiscard]] std::uint64_t encoded_bytes(std::span<const Block> blocks, const PrecisionPlan& plan);

/// `values`: those of all `blocks`, finite. The same bytes on every machine. Time: a few ns a value. Memory: the bytes
/// and one tensor.
[[nodiscard]] Encoded encode(std::span<const Block> blocks, const PrecisionPlan& plan, std::span<const float> values);

/// The values of all `blocks`, each finite. `bytes` may be from anybody. InvalidInput: not as many as encoded_bytes(),
/// which is looked at before memory is taken, or what decode_tensor() refuses.
[[nodiscard]] Result<std::vector<float>> decode(std::span<const Block> blocks, const PrecisionPlan& plan,
                                                ByteView bytes);

}  // namespace skerry::parameters
