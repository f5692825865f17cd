#pragma once

#include <vector>

#include "common/base/limits.hpp"
#include "common/wire/messages.hpp"

/// Messages ↔ ZeroMQ frames: frame 0 a protobuf envelope (skerry.proto), frame 1, only for chunks, the raw payload.
/// Decoding trusts nothing: sizes, counts, enum values, times and texts are checked against limits.hpp. Thread-safe.
/// A chunk's payload is moved, not copied, when the message or the frames are given away.
namespace skerry::wire {

using Frames = std::vector<Bytes>;

// What the transport may receive in one frame, apart from chunks (limits::kChunkBytes).
inline constexpr std::size_t kJoinRequestBytesMax = 8 * 1024;  ///< from anybody
inline constexpr std::size_t kJoinReplyBytesMax = limits::kControlBytesMax + limits::kModelTextBytesMax;
/// Chunks of the largest transfer: a sealed update, or a version, of limits::kParametersMax values.
inline constexpr std::uint32_t kTransferChunksMax = limits::kParametersMax * sizeof(float) / limits::kChunkBytes + 1;
/// Largest body of a signed record; the largest that exists is the manifest's, 272 bytes.
inline constexpr std::size_t kSignedBodyBytesMax = 1024;
/// Encodings of one version in an announcement; more than exist, so that neighbours in version interoperate.
inline constexpr std::size_t kEncodingsMax = 8;

/// What is sent is readable at the other end: texts are cut at limits::kTextMax and lose control characters, numbers
/// that are not finite become 0, times and waits are brought into their range. Asserts what only a mistake of ours
/// could break: the sizes of chunks, headers, signed bodies and the model's text.
[[nodiscard]] Frames encode(FromNode message);
[[nodiscard]] Frames encode(FromCoordinator message);
/// All frames of a chunk but its payload, for a sender that shares one payload among many; `message.bytes` is empty.
[[nodiscard]] Frames encode_head(const ModelChunk& message);
[[nodiscard]] Frames encode(const JoinRequest& message);
[[nodiscard]] Frames encode(const JoinReply& message);

/// InvalidInput: not such a message, or a field beyond its limit; the text names it. A kind of message that this
/// version does not know is InvalidInput too; unknown fields are skipped.
[[nodiscard]] Result<FromNode> decode_from_node(Frames frames);
[[nodiscard]] Result<FromCoordinator> decode_from_coordinator(Frames frames);
[[nodiscard]] Result<JoinRequest> decode_join_request(const Frames& frames);
[[nodiscard]] Result<JoinReply> decode_join_reply(const Frames& frames);

}  // namespace skerry::wire
