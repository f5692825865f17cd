#pragma once

#include "common/crypto/openssl_handles.hpp"
#include "common/crypto/secret.hpp"

/// Keys of 32 bytes (RFC 7748, RFC 8032) as OpenSSL wants them. For the .cpp files of this folder only.
namespace skerry::crypto {

enum class Curve { Ed25519, X25519 };

/// Cost: one scalar multiplication.
[[nodiscard]] ByteArray<32> public_half(Curve curve, const Secret<32>& secret);

/// Both halves of one key. `half` must be public_half() of it: OpenSSL takes our word, and whoever signs with another
/// half gives the secret away. Cost: microseconds; from the secret alone OpenSSL would make the public half again,
/// which takes as long as signing.
[[nodiscard]] PkeyHandle key_pair(Curve curve, const Secret<32>& secret, const ByteArray<32>& half);

[[nodiscard]] PkeyHandle public_key(Curve curve, const ByteArray<32>& half);

}  // namespace skerry::crypto
