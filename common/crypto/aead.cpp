#include "common/crypto/aead.hpp"

#include <algorithm>
#include <string>

#include <openssl/err.h>

#include "common/crypto/openssl_handles.hpp"

namespace skerry::crypto {

namespace {

enum class Direction : int { Open = 0, Seal = 1 };  // the values that EVP_CipherInit_ex2 takes

const EVP_CIPHER* cipher_of(Aead aead) {
    return aead == Aead::Aes256Gcm ? EVP_aes_256_gcm() : EVP_chacha20_poly1305();
}

// Both ciphers take a nonce of 12 bytes as it is, without being told.
CipherContext begin(Aead aead, const AeadKey& key, const AeadNonce& nonce, ByteView aad, Direction direction) {
    CipherContext context(EVP_CIPHER_CTX_new());
    SKERRY_ASSERT(context && EVP_CipherInit_ex2(context.get(), cipher_of(aead), raw(key.view().data()),
                                                raw(nonce.data()), static_cast<int>(direction), nullptr) == 1);
    int length = 0;
    if (!aad.empty()) {
        SKERRY_ASSERT(
            EVP_CipherUpdate(context.get(), nullptr, &length, raw(aad.data()), static_cast<int>(aad.size())) == 1);
    }
    return context;
}

// A stream cipher: as many bytes come out as go in, and the end adds none.
void process(const CipherContext& context, ByteView in, std::byte* out) {
    int length = 0;
    if (in.empty()) return;
    SKERRY_ASSERT(EVP_CipherUpdate(context.get(), raw(out), &length, raw(in.data()), static_cast<int>(in.size())) ==
                      1 &&
                  static_cast<std::size_t>(length) == in.size());
}

}  // namespace

std::string_view name_of(Aead aead) {
    return aead == Aead::Aes256Gcm ? "aes-256-gcm" : "chacha20-poly1305";
}

Bytes seal(Aead aead, const AeadKey& key, const AeadNonce& nonce, ByteView aad, ByteView plaintext) {
    SKERRY_ASSERT(plaintext.size() <= kAeadBytesMax && aad.size() <= kAeadBytesMax);
    const CipherContext context = begin(aead, key, nonce, aad, Direction::Seal);
    Bytes ciphertext(plaintext.size() + kAeadTagBytes);
    std::byte* const tag = ciphertext.data() + plaintext.size();
    process(context, plaintext, ciphertext.data());
    int length = 0;
    SKERRY_ASSERT(EVP_CipherFinal_ex(context.get(), raw(tag), &length) == 1 && length == 0);
    SKERRY_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes, tag) == 1);
    return ciphertext;
}

Result<Bytes> open(Aead aead, const AeadKey& key, const AeadNonce& nonce, ByteView aad, ByteView ciphertext) {
    SKERRY_ASSERT(aad.size() <= kAeadBytesMax);
    if (ciphertext.size() < kAeadTagBytes || ciphertext.size() > kAeadBytesMax + kAeadTagBytes) {
        return fail(ErrorCode::InvalidInput,
                    "the ciphertext has " + std::to_string(ciphertext.size()) + " bytes, which no sealed text has");
    }
    ByteArray<kAeadTagBytes> tag;
    std::copy(ciphertext.end() - kAeadTagBytes, ciphertext.end(), tag.begin());
    const CipherContext context = begin(aead, key, nonce, aad, Direction::Open);
    Bytes plaintext(ciphertext.size() - kAeadTagBytes);
    process(context, ciphertext.first(plaintext.size()), plaintext.data());
    SKERRY_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, tag.data()) == 1);
    int length = 0;
    std::byte nothing{};
    if (EVP_CipherFinal_ex(context.get(), raw(&nothing), &length) != 1) {
        ERR_clear_error();
        cleanse(plaintext);
        return fail(ErrorCode::InvalidInput,
                    "the ciphertext does not open: it was altered, or sealed with another key or for another place");
    }
    return plaintext;
}

}  // namespace skerry::crypto
