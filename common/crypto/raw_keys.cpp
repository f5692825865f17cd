#include "common/crypto/raw_keys.hpp"

#include <array>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "common/base/error.hpp"

namespace skerry::crypto {
namespace {

int id_of(Curve curve) {
    return curve == Curve::Ed25519 ? EVP_PKEY_ED25519 : EVP_PKEY_X25519;
}
const char* name_of(Curve curve) {
    return curve == Curve::Ed25519 ? "ED25519" : "X25519";
}

// Read only, but OpenSSL's parameters have no const.
OSSL_PARAM octets(const char* name, const std::byte* bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::byte*>(bytes), 32);
}

}  // namespace

ByteArray<32> public_half(Curve curve, const Secret<32>& secret) {
    const PkeyHandle key(EVP_PKEY_new_raw_private_key(id_of(curve), nullptr, raw(secret.view().data()), 32));
    ByteArray<32> half{};
    std::size_t size = half.size();
    SKERRY_ASSERT(key && EVP_PKEY_get_raw_public_key(key.get(), raw(half.data()), &size) == 1);
    return half;
}

PkeyHandle key_pair(Curve curve, const Secret<32>& secret, const ByteArray<32>& half) {
    const PkeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, name_of(curve), nullptr));
    std::array parameters{octets(OSSL_PKEY_PARAM_PUB_KEY, half.data()),
                          octets(OSSL_PKEY_PARAM_PRIV_KEY, secret.view().data()), OSSL_PARAM_construct_end()};
    EVP_PKEY* key = nullptr;
    SKERRY_ASSERT(context && EVP_PKEY_fromdata_init(context.get()) == 1 &&
                  EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.data()) == 1);
    return PkeyHandle(key);
}

PkeyHandle public_key(Curve curve, const ByteArray<32>& half) {
    PkeyHandle key(EVP_PKEY_new_raw_public_key(id_of(curve), nullptr, raw(half.data()), 32));
    SKERRY_ASSERT(key);
    return key;
}

}  // namespace skerry::crypto
