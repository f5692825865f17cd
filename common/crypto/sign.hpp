#pragma once

#include <compare>
#include <string>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/crypto/secret.hpp"

/// Ed25519 signatures, RFC 8032 §5.1.
namespace skerry::crypto {

using Signature = ByteArray<64>;

/// The public half, which checks.
struct VerifyKey {
    ByteArray<32> value{};

    auto operator<=>(const VerifyKey&) const = default;
    /// 64 hexadecimal digits.
    [[nodiscard]] std::string to_text() const { return to_hex(value); }
};

/// The private half. Thread-safe once made.
class SigningKey {
public:
    [[nodiscard]] static SigningKey generate();
    /// InvalidInput: not 32 bytes.
    [[nodiscard]] static Result<SigningKey> from_seed(ByteView seed);

    [[nodiscard]] const VerifyKey& verify_key() const { return verify_key_; }
    /// Deterministic: the same message gives the same signature.
    [[nodiscard]] Signature sign(ByteView message) const;
    /// What from_seed() takes: the whole private key.
    [[nodiscard]] const Secret<32>& seed() const { return seed_; }

private:
    explicit SigningKey(Secret<32> seed);

    Secret<32> seed_;
    VerifyKey verify_key_;
};

/// PermissionDenied: the signature was not made by the owner of `key`, or over other bytes.
[[nodiscard]] Result<> verify(const VerifyKey& key, ByteView message, const Signature& signature);

}  // namespace skerry::crypto
