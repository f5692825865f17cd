#include "common/crypto/hpke.hpp"

#include <limits>
#include <utility>

#include "common/crypto/hpke_schedule.hpp"
#include "common/crypto/raw_keys.hpp"

namespace skerry::crypto {

SealPrivateKey::SealPrivateKey(Secret<32> bytes)
    : bytes_(std::move(bytes)), public_key_{public_half(Curve::X25519, bytes_)} {}

SealPrivateKey SealPrivateKey::generate() {
    return SealPrivateKey(Secret<32>::random());
}

Result<SealPrivateKey> SealPrivateKey::from_bytes(ByteView bytes) {
    return SealPrivateKey(SKERRY_TRY(Secret<32>::from_bytes(bytes, "the private sealing key")));
}

Result<HpkeSender> HpkeSender::setup(const SealPublicKey& receiver, ByteView info, Aead aead) {
    return setup_with_ephemeral(receiver, info, aead, SealPrivateKey::generate());
}

Result<HpkeSender> HpkeSender::setup_with_ephemeral(const SealPublicKey& receiver, ByteView info, Aead aead,
                                                    const SealPrivateKey& ephemeral) {
    const Secret<32> dh = SKERRY_TRY(diffie_hellman(ephemeral, receiver));
    const EncapsulatedKey& enc = ephemeral.public_key().value;
    return HpkeSender(enc, key_schedule(kem_shared_secret(dh, enc, receiver), info, aead));
}

Bytes HpkeSender::seal(ByteView aad, ByteView plaintext) {
    SKERRY_ASSERT(next_index_ != std::numeric_limits<std::uint64_t>::max());
    return crypto::seal(keys_.aead, keys_.key, nonce_at(keys_.base_nonce, next_index_++), aad, plaintext);
}

Result<HpkeReceiver> HpkeReceiver::setup(const SealPrivateKey& receiver, const EncapsulatedKey& enc, ByteView info,
                                         Aead aead) {
    const Secret<32> dh = SKERRY_TRY(diffie_hellman(receiver, SealPublicKey{enc}));
    return HpkeReceiver(key_schedule(kem_shared_secret(dh, enc, receiver.public_key()), info, aead));
}

Result<Bytes> HpkeReceiver::open(ByteView aad, ByteView ciphertext) {
    Bytes plaintext = SKERRY_TRY(open_at(next_index_, aad, ciphertext));
    ++next_index_;
    return plaintext;
}

Result<Bytes> HpkeReceiver::open_at(std::uint64_t index, ByteView aad, ByteView ciphertext) const {
    return crypto::open(keys_.aead, keys_.key, nonce_at(keys_.base_nonce, index), aad, ciphertext);
}

}  // namespace skerry::crypto
