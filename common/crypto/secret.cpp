#include "common/crypto/secret.hpp"

#include <openssl/crypto.h>

namespace skerry::crypto {

void cleanse(std::span<std::byte> bytes) noexcept {
    OPENSSL_cleanse(bytes.data(), bytes.size());
}

}  // namespace skerry::crypto
