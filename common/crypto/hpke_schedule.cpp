#include "common/crypto/hpke_schedule.hpp"

#include <algorithm>
#include <string_view>

#include <openssl/err.h>

#include "common/crypto/hkdf.hpp"
#include "common/crypto/raw_keys.hpp"

namespace skerry::crypto {

namespace {

// RFC 9180 §7: the identifiers of what we fix, and the two-byte big-endian numbers they are written in.
constexpr std::uint16_t kKemX25519HkdfSha256 = 0x0020;
constexpr std::uint16_t kKdfHkdfSha256 = 0x0001;
constexpr std::byte kModeBase{0x00};

void append(Bytes& bytes, ByteView more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
}
void append_number(Bytes& bytes, std::uint16_t number) {
    bytes.push_back(static_cast<std::byte>(number >> 8U));
    bytes.push_back(static_cast<std::byte>(number & 255U));
}

// A step of HKDF whose input says which suite and which purpose it serves (RFC 9180 §4).
class LabeledHkdf {
public:
    static LabeledHkdf of_kem() {
        LabeledHkdf hkdf("KEM");
        append_number(hkdf.suite_, kKemX25519HkdfSha256);
        return hkdf;
    }
    static LabeledHkdf of_suite(Aead aead) {
        LabeledHkdf hkdf("HPKE");
        append_number(hkdf.suite_, kKemX25519HkdfSha256);
        append_number(hkdf.suite_, kKdfHkdfSha256);
        append_number(hkdf.suite_, static_cast<std::uint16_t>(aead));
        return hkdf;
    }

    [[nodiscard]] Secret<32> extract(ByteView salt, std::string_view label, ByteView input_key) const {
        Bytes labeled = labeled_prefix({}, label);
        labeled.reserve(labeled.size() + input_key.size());  // once: a reallocation would leave a copy of the key
        append(labeled, input_key);
        Secret<32> key = hkdf_extract(salt, labeled);
        cleanse(labeled);
        return key;
    }
    void expand(const Secret<32>& key, std::string_view label, ByteView info, std::span<std::byte> out) const {
        Bytes length;
        append_number(length, static_cast<std::uint16_t>(out.size()));
        Bytes labeled = labeled_prefix(length, label);
        append(labeled, info);
        hkdf_expand_into(key.view(), labeled, out);
    }

private:
    explicit LabeledHkdf(std::string_view start) : suite_(copy_of(bytes_of(start))) {}

    [[nodiscard]] Bytes labeled_prefix(ByteView first, std::string_view label) const {
        Bytes labeled = copy_of(first);
        append(labeled, bytes_of("HPKE-v1"));
        append(labeled, suite_);
        append(labeled, bytes_of(label));
        return labeled;
    }

    Bytes suite_;
};

}  // namespace

Result<Secret<32>> diffie_hellman(const SealPrivateKey& ours, const SealPublicKey& theirs) {
    const PkeyHandle secret = key_pair(Curve::X25519, ours.bytes(), ours.public_key().value);
    const PkeyHandle peer = public_key(Curve::X25519, theirs.value);
    const PkeyContext context(EVP_PKEY_CTX_new(secret.get(), nullptr));
    SKERRY_ASSERT(context && EVP_PKEY_derive_init(context.get()) == 1 &&
                  EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1);
    Secret<32> shared;
    std::size_t size = Secret<32>::kSize;
    // OpenSSL refuses an all-zero result by itself; the RFC makes it our duty, so we look too.
    const bool derived = EVP_PKEY_derive(context.get(), raw(shared.writable().data()), &size) == 1;
    const auto bits = shared.view();
    const bool zero = std::all_of(bits.begin(), bits.end(), [](std::byte byte) { return byte == std::byte{0}; });
    if (!derived || zero) {
        ERR_clear_error();
        return fail(ErrorCode::InvalidInput,
                    "the X25519 key " + to_hex(theirs.value).substr(0, 16) + "… gives no secret: it is not a real key");
    }
    return shared;
}

Secret<32> kem_shared_secret(const Secret<32>& dh, const EncapsulatedKey& enc, const SealPublicKey& receiver) {
    const LabeledHkdf hkdf = LabeledHkdf::of_kem();
    Bytes context = copy_of(enc);
    append(context, receiver.value);
    Secret<32> shared_secret;
    hkdf.expand(hkdf.extract({}, "eae_prk", dh.view()), "shared_secret", context, shared_secret.writable());
    return shared_secret;
}

HpkeKeys key_schedule(const Secret<32>& shared_secret, ByteView info, Aead aead) {
    const LabeledHkdf hkdf = LabeledHkdf::of_suite(aead);
    const Secret<32> psk_id_hash = hkdf.extract({}, "psk_id_hash", {});  // base mode: the pre-shared key is empty
    const Secret<32> info_hash = hkdf.extract({}, "info_hash", info);
    Bytes context{kModeBase};
    append(context, psk_id_hash.view());
    append(context, info_hash.view());

    const Secret<32> secret = hkdf.extract(shared_secret.view(), "secret", {});
    HpkeKeys keys;
    keys.aead = aead;
    hkdf.expand(secret, "key", context, keys.key.writable());
    hkdf.expand(secret, "base_nonce", context, keys.base_nonce);
    return keys;
}

AeadNonce nonce_at(const AeadNonce& base_nonce, std::uint64_t index) {
    AeadNonce nonce = base_nonce;
    for (std::size_t place = nonce.size(); index != 0; index >>= 8U) {
        nonce[--place] ^= static_cast<std::byte>(index & 255U);
    }
    return nonce;
}

}  // namespace skerry::crypto
