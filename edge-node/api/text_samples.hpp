#pragma once

#include <span>
#include <string>
#include <vector>

#include "edge-node/api/tensor_samples.hpp"

namespace skerry::node {

/// The texts of a tensor of BYTES, as they are stored. `texts`: in the tensor's order.
/// InvalidInput: the datatype is not BYTES, the shape not [n] or [n, 1] with 1 ≤ n ≤ batch_max and n texts, or
/// parameters::stored_text refuses one, which is named.
[[nodiscard]] Result<std::vector<Bytes>> text_samples(const TensorHead& head, std::span<const std::string_view> texts,
                                                      const parameters::HashedText& front_end, std::size_t batch_max);

/// The same from a binary tensor: of each text its length, 4 bytes little-endian, and its bytes.
/// InvalidInput: also, a length goes beyond the end.
[[nodiscard]] Result<std::vector<Bytes>> binary_text_samples(const TensorHead& head, ByteView raw,
                                                             const parameters::HashedText& front_end,
                                                             std::size_t batch_max);

}  // namespace skerry::node
