#pragma once

#include <cstdint>
#include <optional>

#include "common/base/bytes.hpp"

namespace skerry::wire {

/// One zstd frame (RFC 8878) that says how long its content is. Level 3; about 300 MB a second.
[[nodiscard]] Bytes zstd_packed(ByteView bytes);

/// From anybody: the content, if `frame` is exactly one frame that announces between `least` and `most` bytes and holds
/// so many. Memory: what it announces.
[[nodiscard]] std::optional<Bytes> zstd_unpacked(ByteView frame, std::uint64_t least, std::uint64_t most);

}  // namespace skerry::wire
