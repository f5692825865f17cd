#pragma once

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/crypto/hpke.hpp"
#include "common/crypto/secret.hpp"

/// The inner steps of HPKE, which hpke.hpp composes; apart so that each is tested with the RFC's intermediate values.
namespace skerry::crypto {

/// X25519, RFC 7748 §6.1. InvalidInput: the result is all zero, as RFC 9180 §7.1.4 refuses.
[[nodiscard]] Result<Secret<32>> diffie_hellman(const SealPrivateKey& ours, const SealPublicKey& theirs);

/// ExtractAndExpand of RFC 9180 §4.1: the KEM's shared secret from the Diffie-Hellman result, bound to both keys.
[[nodiscard]] Secret<32> kem_shared_secret(const Secret<32>& dh, const EncapsulatedKey& enc,
                                           const SealPublicKey& receiver);

/// KeySchedule of RFC 9180 §5.1 in base mode.
[[nodiscard]] HpkeKeys key_schedule(const Secret<32>& shared_secret, ByteView info, Aead aead);

/// ComputeNonce of RFC 9180 §5.2: base nonce XOR the index, big-endian.
[[nodiscard]] AeadNonce nonce_at(const AeadNonce& base_nonce, std::uint64_t index);

}  // namespace skerry::crypto
