#pragma once

#include <cstddef>
#include <span>

#include "common/base/bytes.hpp"
#include "common/crypto/secret.hpp"

/// HKDF with SHA-256, RFC 5869: makes independent keys from one secret.
namespace skerry::crypto {

/// Context bytes of one expansion: OpenSSL 3.0 refuses more.
inline constexpr std::size_t kHkdfInfoBytesMax = 1024;

/// Concentrates `input_key`, which must not be empty, into a pseudorandom key. An empty salt counts as 32 zeros.
[[nodiscard]] Secret<32> hkdf_extract(ByteView salt, ByteView input_key);

/// Fills `out`, at most 255 · 32 bytes, from a pseudorandom key of at least 32 bytes. Another `info`, of at most
/// kHkdfInfoBytesMax, gives an independent result.
void hkdf_expand_into(ByteView pseudorandom_key, ByteView info, std::span<std::byte> out);

template <std::size_t N>
[[nodiscard]] Secret<N> hkdf_expand(ByteView pseudorandom_key, ByteView info) {
    static_assert(0 < N && N <= 255 * 32, "RFC 5869 §2.3");
    Secret<N> key;
    hkdf_expand_into(pseudorandom_key, info, key.writable());
    return key;
}

}  // namespace skerry::crypto
