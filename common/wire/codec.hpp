#pragma once

#include <vector>

#include "common/wire/messages.hpp"

/// Messages ↔ ZeroMQ frames: frame 0 a protobuf envelope (skerry.proto), frame 1, only for chunks, the raw payload.
/// Decoding trusts nothing: sizes, counts, enum values and texts are checked against limits.hpp.
namespace skerry::wire {

using Frames = std::vector<Bytes>;

[[nodiscard]] Frames encode(const FromNode& message);
[[nodiscard]] Frames encode(const FromCoordinator& message);
[[nodiscard]] Frames encode(const JoinRequest& message);
[[nodiscard]] Frames encode(const JoinReply& message);

/// InvalidInput: not such a message, or a field beyond its limit; the text names it. A kind of message that this
/// version does not know is InvalidInput too; unknown fields are skipped.
[[nodiscard]] Result<FromNode> decode_from_node(const Frames& frames);
[[nodiscard]] Result<FromCoordinator> decode_from_coordinator(const Frames& frames);
[[nodiscard]] Result<JoinRequest> decode_join_request(const Frames& frames);
[[nodiscard]] Result<JoinReply> decode_join_reply(const Frames& frames);

}  // namespace skerry::wire
