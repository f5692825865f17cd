#include "common/crypto/hash.hpp"

#include <limits>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/crypto/openssl_handles.hpp"

namespace skerry::crypto {

namespace {

/// Looked up once: OpenSSL 3 does it anew for each use of EVP_sha256(), behind a lock.
const EVP_MD* sha256_method() {
    static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    SKERRY_ASSERT(method != nullptr);
    return method;
}

}  // namespace

struct Sha256::State {
    DigestContext context{EVP_MD_CTX_new()};

    void start() { SKERRY_ASSERT(context && EVP_DigestInit_ex2(context.get(), sha256_method(), nullptr) == 1); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    state_->start();
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

Sha256& Sha256::update(ByteView piece) {
    SKERRY_ASSERT(EVP_DigestUpdate(state_->context.get(), piece.data(), piece.size()) == 1);
    return *this;
}

Digest Sha256::finish() {
    Digest digest;
    SKERRY_ASSERT(EVP_DigestFinal_ex(state_->context.get(), raw(digest.data()), nullptr) == 1);
    state_->start();
    return digest;
}

Digest Sha256::so_far() const {
    Sha256 copy;
    SKERRY_ASSERT(EVP_MD_CTX_copy_ex(copy.state_->context.get(), state_->context.get()) == 1);
    return copy.finish();
}

Digest sha256(ByteView bytes) {
    Digest digest;
    SKERRY_ASSERT(EVP_Digest(bytes.data(), bytes.size(), raw(digest.data()), nullptr, sha256_method(), nullptr) == 1);
    return digest;
}

Digest hmac_sha256(ByteView key, ByteView message) {
    SKERRY_ASSERT(key.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
    constexpr std::byte kNothing{};  // OpenSSL takes an empty key, but no null pointer to it
    const std::byte* const key_start = key.empty() ? &kNothing : key.data();
    Digest mac;
    SKERRY_ASSERT(HMAC(EVP_sha256(), key_start, static_cast<int>(key.size()), raw(message.data()), message.size(),
                       raw(mac.data()), nullptr) != nullptr);
    return mac;
}

bool equal_in_constant_time(ByteView left, ByteView right) {
    return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace skerry::crypto
