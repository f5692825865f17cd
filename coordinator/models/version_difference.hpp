#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "common/base/shared_bytes.hpp"
#include "common/parameters/layout.hpp"
#include "common/wire/signed.hpp"

namespace skerry::coordinator {

/// What turns one version's weights into the next one's, as nodes hold them that read both from the same encoding. The
/// bytes of a lighter tier are a prefix of a heavier one's, so one blob, named by the digest of the heavy prefix,
/// serves all.
struct VersionDifference {
    wire::EncodedDifference what;  ///< but for federation, version, weights, base and base_weights
    Bytes bytes;                   ///< of the heavy prefix
};

/// A tensor of a version's float32 weights, all finite, where it lies.
struct Tensor {
    SharedBytes bytes;
    [[nodiscard]] std::span<const float> values() const {
        return {reinterpret_cast<const float*>(bytes.bytes.data()), bytes.bytes.size() / sizeof(float)};
    }
};
using TensorOf = std::function<Result<Tensor>(const parameters::Block& block)>;

using KnownDigests = std::optional<std::array<Digest, kTiers>>;

/// Nothing: it would be no shorter than the weights in that encoding. A function of the weights alone, where libzstd is
/// of one version. `digests`: what each tier's prefix of `next` hashes to, where that is known. Errors: those of `base`
/// and `next`. Memory: the bytes, and some of the largest tensor.
[[nodiscard]] Result<std::optional<VersionDifference>> difference_of(const TensorOf& base, const TensorOf& next,
                                                                     const parameters::ParameterLayout& layout,
                                                                     WeightEncoding encoding,
                                                                     const KnownDigests& digests = std::nullopt);

}  // namespace skerry::coordinator
