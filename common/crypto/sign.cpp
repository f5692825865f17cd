#include "common/crypto/sign.hpp"

#include <utility>

#include <openssl/err.h>

#include "common/crypto/raw_keys.hpp"

namespace skerry::crypto {

SigningKey::SigningKey(Secret<32> seed) : seed_(std::move(seed)), verify_key_{public_half(Curve::Ed25519, seed_)} {}

SigningKey SigningKey::generate() {
    return SigningKey(Secret<32>::random());
}

Result<SigningKey> SigningKey::from_seed(ByteView seed) {
    return SigningKey(SKERRY_TRY(Secret<32>::from_bytes(seed, "the seed of a signing key")));
}

Signature SigningKey::sign(ByteView message) const {
    const PkeyHandle key = key_pair(Curve::Ed25519, seed_, verify_key_.value);
    const DigestContext context(EVP_MD_CTX_new());
    SKERRY_ASSERT(context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
    Signature signature;
    std::size_t size = signature.size();
    SKERRY_ASSERT(EVP_DigestSign(context.get(), raw(signature.data()), &size, raw(message.data()), message.size()) ==
                      1 &&
                  size == signature.size());
    return signature;
}

Result<> verify(const VerifyKey& key, ByteView message, const Signature& signature) {
    // A node checks one signer's messages after another, and to make OpenSSL's form of a key takes half as long as
    // that.
    thread_local VerifyKey last_key;
    thread_local PkeyHandle half;
    if (!half || last_key != key) {
        half = public_key(Curve::Ed25519, key.value);
        last_key = key;
    }
    const DigestContext context(EVP_MD_CTX_new());
    SKERRY_ASSERT(context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, half.get()) == 1);
    if (EVP_DigestVerify(context.get(), raw(signature.data()), signature.size(), raw(message.data()), message.size()) !=
        1) {
        ERR_clear_error();
        return fail(ErrorCode::PermissionDenied,
                    "the signature does not belong to key " + key.to_text().substr(0, 16) + "… and these bytes");
    }
    return {};
}

}  // namespace skerry::crypto
