#pragma once

#include <optional>

#include "common/base/bytes.hpp"

namespace skerry::node::learner_wire {

/// Sends one frame, with a file descriptor where `passed_fd` is one (it stays open here). Never blocks longer than the
/// kernel needs for a small packet. Unavailable: the other side is gone.
[[nodiscard]] Result<> send_frame(int socket, ByteView frame, std::optional<int> passed_fd = {});

struct ReceivedFrame {
    Bytes bytes;                   ///< empty: the other side has closed
    std::optional<int> passed_fd;  ///< close-on-exec; the receiver owns it
};

/// Takes one frame of at most kFrameBytesMax bytes. InvalidInput: it was longer. Unavailable: the socket broke, or
/// nothing is there on a socket that does not block.
[[nodiscard]] Result<ReceivedFrame> receive_frame(int socket);

}  // namespace skerry::node::learner_wire
