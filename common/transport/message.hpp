#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/limits.hpp"

namespace skerry::transport {

/// One multipart message as its receiver sees it. Bytes from the network: unchecked, and not aligned for anything.
using Frames = std::vector<Bytes>;

/// What a peer may send in one message; a message beyond it is swallowed to its end and never seen. ZeroMQ itself
/// bounds only the single frame, and ends the connection of a peer that sends one much longer. It gathers the frames of
/// one message before we see any: a peer that never ends its message is stopped only by the process's memory limit.
struct MessageBounds {
    std::size_t frames_max = limits::kFramesMax;
    std::size_t frame_bytes_max = limits::kChunkBytes + limits::kControlBytesMax;
    std::size_t message_bytes_max = limits::kChunkBytes + 2 * limits::kControlBytesMax;
};

}  // namespace skerry::transport
