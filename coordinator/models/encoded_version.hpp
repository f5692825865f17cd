#pragma once

#include <span>
#include <vector>

#include "common/parameters/layout.hpp"
#include "common/wire/signed.hpp"

namespace skerry::coordinator {

/// A version's weights as they travel to the nodes that want fewer bytes. The bytes of a lighter tier are a prefix of a
/// heavier one's, so one blob, named by the digest of the heavy prefix, serves all.
struct EncodedVersion {
    wire::EncodedWeights what;  ///< but for federation and version
    Bytes bytes;                ///< of the heavy prefix
};

/// `weights`: shape [heavy], all finite; `digest`: of their bytes. A function of its arguments alone: what is made
/// again after a restart is the same. Time: a few ns a value, and hashing. Memory: the bytes and one tensor.
[[nodiscard]] EncodedVersion encode_version(const parameters::ParameterLayout& layout, const Digest& digest,
                                            std::span<const float> weights, WeightEncoding encoding);

}  // namespace skerry::coordinator
