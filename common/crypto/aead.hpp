#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/crypto/secret.hpp"

/// Encryption that notices any change: what opens is exactly what was sealed, by someone with the key.
namespace skerry::crypto {

/// The values are the AEAD identifiers of RFC 9180 §7.3; they travel.
enum class Aead : std::uint16_t {
    Aes256Gcm = 2,         ///< NIST SP 800-38D; the faster one where the CPU has AES instructions
    ChaCha20Poly1305 = 3,  ///< RFC 8439; fast and constant-time everywhere
};

/// "aes-256-gcm", "chacha20-poly1305"
[[nodiscard]] std::string_view name_of(Aead aead);

using AeadKey = Secret<32>;
using AeadNonce = ByteArray<12>;
inline constexpr std::size_t kAeadTagBytes = 16;  ///< a ciphertext is this much longer than its plaintext
inline constexpr std::size_t kAeadBytesMax = std::size_t{1}
                                             << 30U;  ///< of one plaintext or one aad; more is our mistake

/// The ciphertext, then the tag; `aad` is bound but not contained. A nonce must never be used twice with one key.
[[nodiscard]] Bytes seal(Aead aead, const AeadKey& key, const AeadNonce& nonce, ByteView aad, ByteView plaintext);

/// InvalidInput: something differs from what was sealed (key, nonce, aad or a bit of the ciphertext), or the
/// ciphertext is shorter than a tag or longer than the limit. Nothing of the plaintext is then seen.
[[nodiscard]] Result<Bytes> open(Aead aead, const AeadKey& key, const AeadNonce& nonce, ByteView aad,
                                 ByteView ciphertext);

}  // namespace skerry::crypto
