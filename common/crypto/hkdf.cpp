#include "common/crypto/hkdf.hpp"

#include <array>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "common/base/error.hpp"
#include "common/crypto/openssl_handles.hpp"

namespace skerry::crypto {

namespace {

// `extra` is the salt of an extraction and the info of an expansion.
void derive(int mode, ByteView key, const char* extra_name, ByteView extra, std::span<std::byte> out) {
    const KdfHandle hkdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    SKERRY_ASSERT(hkdf);
    const KdfContext context(EVP_KDF_CTX_new(hkdf.get()));
    SKERRY_ASSERT(context);

    char digest_name[] = "SHA256";
    // OSSL_PARAM has no const, but OpenSSL only reads what we pass in here.
    const auto octets = [](const char* name, ByteView bytes) {
        return OSSL_PARAM_construct_octet_string(name, const_cast<std::byte*>(bytes.data()), bytes.size());
    };
    const std::array<OSSL_PARAM, 5> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name, 0),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        octets(OSSL_KDF_PARAM_KEY, key),
        // An absent salt is the empty one; a null pointer would be an error.
        extra.empty() ? OSSL_PARAM_construct_end() : octets(extra_name, extra),
        OSSL_PARAM_construct_end(),
    };
    SKERRY_ASSERT(EVP_KDF_derive(context.get(), raw(out.data()), out.size(), parameters.data()) == 1);
}

}  // namespace

Secret<32> hkdf_extract(ByteView salt, ByteView input_key) {
    SKERRY_ASSERT(!input_key.empty());
    Secret<32> key;
    derive(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, input_key, OSSL_KDF_PARAM_SALT, salt, key.writable());
    return key;
}

void hkdf_expand_into(ByteView pseudorandom_key, ByteView info, std::span<std::byte> out) {
    SKERRY_ASSERT(pseudorandom_key.size() >= 32 && info.size() <= kHkdfInfoBytesMax);
    SKERRY_ASSERT(!out.empty() && out.size() <= std::size_t{255} * 32);
    derive(EVP_KDF_HKDF_MODE_EXPAND_ONLY, pseudorandom_key, OSSL_KDF_PARAM_INFO, info, out);
}

}  // namespace skerry::crypto
