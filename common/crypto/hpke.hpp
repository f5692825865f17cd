#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/crypto/aead.hpp"
#include "common/crypto/secret.hpp"

/// HPKE, RFC 9180: encryption to the owner of a public key. Base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, and
/// either AEAD of aead.hpp. The sender stays anonymous here; who it was is what a signature says.
///
///     sender: setup(public key, info) ──▶ enc (32 bytes, travels) ── seal(aad₀, p₀), seal(aad₁, p₁), …
///     receiver: setup(private key, enc, the same info) ──────────── open(aad₀, c₀), … or open_at(i, aadᵢ, cᵢ)
namespace skerry::crypto {

/// An X25519 public key, to which anybody can seal.
struct SealPublicKey {
    ByteArray<32> value{};

    auto operator<=>(const SealPublicKey&) const = default;
};

/// What a sender's setup() tells the receiver: its ephemeral public key. No secret.
using EncapsulatedKey = ByteArray<32>;

/// The private half, which opens. Thread-safe once made.
class SealPrivateKey {
public:
    [[nodiscard]] static SealPrivateKey generate();
    /// InvalidInput: not 32 bytes.
    [[nodiscard]] static Result<SealPrivateKey> from_bytes(ByteView bytes);

    [[nodiscard]] const SealPublicKey& public_key() const { return public_key_; }
    /// What from_bytes() takes.
    [[nodiscard]] const Secret<32>& bytes() const { return bytes_; }

private:
    explicit SealPrivateKey(Secret<32> bytes);

    Secret<32> bytes_;
    SealPublicKey public_key_;
};

/// Key and first nonce of one encapsulation; message i has nonce base_nonce XOR i (RFC 9180 §5.2).
struct HpkeKeys {
    Aead aead = Aead::ChaCha20Poly1305;
    AeadKey key;
    AeadNonce base_nonce{};
};

/// Seals a sequence of messages for one receiver. Lives in memory only: after a crash, set up another one, because a
/// counter that restarts would use a nonce twice. Not thread-safe.
class HpkeSender {
public:
    /// `info` binds the context; the receiver must give the same.
    /// InvalidInput: `receiver` is one of the few points that give an all-zero shared secret.
    [[nodiscard]] static Result<HpkeSender> setup(const SealPublicKey& receiver, ByteView info, Aead aead);
    /// For tests and published vectors only: `ephemeral` must be fresh for every message sequence.
    [[nodiscard]] static Result<HpkeSender> setup_with_ephemeral(const SealPublicKey& receiver, ByteView info,
                                                                 Aead aead, const SealPrivateKey& ephemeral);

    [[nodiscard]] const EncapsulatedKey& enc() const { return enc_; }
    /// Seals the next message: kAeadTagBytes longer than the plaintext, which kAeadBytesMax bounds.
    [[nodiscard]] Bytes seal(ByteView aad, ByteView plaintext);

private:
    HpkeSender(const EncapsulatedKey& enc, HpkeKeys keys) : enc_(enc), keys_(std::move(keys)) {}

    EncapsulatedKey enc_;
    HpkeKeys keys_;
    std::uint64_t next_index_ = 0;
};

/// Opens what one HpkeSender sealed.
class HpkeReceiver {
public:
    /// Knows nothing yet about the sender: a wrong `enc`, `info` or `aead` shows at the first open.
    /// InvalidInput: `enc` gives an all-zero shared secret, so that anybody could have made the keys.
    [[nodiscard]] static Result<HpkeReceiver> setup(const SealPrivateKey& receiver, const EncapsulatedKey& enc,
                                                    ByteView info, Aead aead);

    /// Opens the next message in order; one that fails leaves the order as it was. Not thread-safe.
    /// InvalidInput: not what the sender sealed in this place, with this aad, for us.
    [[nodiscard]] Result<Bytes> open(ByteView aad, ByteView ciphertext);
    /// Opens the message that was sealed as number `index`, counted from 0, in any order; open()'s order does not
    /// move. Thread-safe beside itself. Errors as open().
    [[nodiscard]] Result<Bytes> open_at(std::uint64_t index, ByteView aad, ByteView ciphertext) const;

private:
    explicit HpkeReceiver(HpkeKeys keys) : keys_(std::move(keys)) {}

    HpkeKeys keys_;
    std::uint64_t next_index_ = 0;
};

}  // namespace skerry::crypto
