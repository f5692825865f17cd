#pragma once

#include "common/wire/messages.hpp"
#include "edge-node/session/state.hpp"

/// How values lie in the spool's columns. For the .cpp files of this folder.
namespace skerry::node {

/// Signature, then body.
[[nodiscard]] inline Bytes stored(const wire::SignedBytes& bytes) {
    return ByteWriter().put(ByteView(bytes.signature)).put(ByteView(bytes.body)).bytes();
}
/// Internal: too short to be one.
[[nodiscard]] Result<wire::SignedBytes> signed_bytes_of(ByteView stored);

/// Of an update's Δ as it is kept, against what the disk does to it.
[[nodiscard]] Bytes checksum_of_delta(ByteView delta);
/// Also where it is a SHA-256, as schema 2 has it.
[[nodiscard]] bool is_checksum_of(const Bytes& checksum, ByteView delta);

/// u8 encoding, float32 error.
[[nodiscard]] Bytes stored(const PushedAs& as);
/// Internal: not such bytes.
[[nodiscard]] Result<PushedAs> pushed_as_of(ByteView stored);

/// Internal, with a sentence for the operator: stored weights are of another length than those that they belong to.
[[nodiscard]] Result<> must_match(std::size_t length, std::size_t expected);

}  // namespace skerry::node
