#pragma once

#include "common/crypto/aead.hpp"
#include "common/wire/sealed_update.hpp"

namespace skerry::wire {

/// The suite that the header names, suite 1.
inline constexpr crypto::Aead kUpdateAead = crypto::Aead::ChaCha20Poly1305;

/// The kUpdateHeaderBytes that read_header reads back.
[[nodiscard]] Bytes write_header(const UpdateHeader& header);

/// What a body of so many bytes is sealed in; at least one.
[[nodiscard]] std::uint64_t chunks_of(std::uint64_t plain_bytes);
/// HPKE's info.
[[nodiscard]] Bytes hpke_info(const UpdateHeader& header);
/// A chunk's associated data: binds it to everything in the header, to its place, and to its being the last. Nothing
/// can be swapped, dropped or moved under another node's name.
[[nodiscard]] Bytes chunk_aad(const Digest& header, std::uint32_t index, bool last);

/// Of two classes that a model can have.
[[nodiscard]] bool is_sound(const ClassPairCount& pair);

}  // namespace skerry::wire
