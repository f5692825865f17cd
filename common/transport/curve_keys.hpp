#pragma once

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/base/ids.hpp"

namespace skerry::transport {

/// The raw X25519 public key that names a peer on the wire.
using CurvePublicKey = BytesId<struct CurvePublicKeyTag, 32>;

/// The raw X25519 secret key; wiped when it goes. Has no text form, so that it cannot reach a log.
struct CurveSecretKey {
    CurveSecretKey() = default;
    explicit CurveSecretKey(const ByteArray<32>& bytes) : value(bytes) {}
    CurveSecretKey(const CurveSecretKey&) = default;
    CurveSecretKey& operator=(const CurveSecretKey&) = default;
    ~CurveSecretKey();

    ByteArray<32> value{};
};

struct CurveKeyPair {
    CurvePublicKey public_key;
    CurveSecretKey secret_key;
};

/// A new key pair from the system's random numbers. Internal: libzmq was built without CURVE.
[[nodiscard]] Result<CurveKeyPair> generate_curve_keys();
/// The pair of a stored secret key. Internal: libzmq was built without CURVE.
[[nodiscard]] Result<CurveKeyPair> curve_keys_of(const CurveSecretKey& secret_key);

}  // namespace skerry::transport
