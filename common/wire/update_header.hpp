#pragma once

#include "common/crypto/aead.hpp"
#include "common/wire/sealed_update.hpp"

namespace skerry::wire {

/// The suite that the header names, suite 1.
inline constexpr crypto::Aead kUpdateAead = crypto::Aead::ChaCha20Poly1305;

/// The kUpdateHeaderBytes that read_header reads back.
[[nodiscard]] Bytes write_header(const UpdateHeader& header);

}  // namespace skerry::wire
