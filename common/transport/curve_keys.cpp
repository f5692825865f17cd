#include "common/transport/curve_keys.hpp"

#include <cstring>

#include <zmq.h>

namespace skerry::transport {

namespace {

constexpr std::size_t kZ85Bytes = 41;  // 40 digits and a NUL

tl::unexpected<Error> no_curve() {
    return fail(ErrorCode::Internal, "this libzmq was built without CURVE: install Debian's libzmq5");
}

}  // namespace

CurveSecretKey::~CurveSecretKey() {
    ::explicit_bzero(value.data(), value.size());
}

Result<CurveKeyPair> generate_curve_keys() {
    char public_text[kZ85Bytes];
    char secret_text[kZ85Bytes];
    if (zmq_curve_keypair(public_text, secret_text) != 0) return no_curve();
    CurveKeyPair keys;
    zmq_z85_decode(reinterpret_cast<std::uint8_t*>(keys.public_key.value.data()), public_text);
    zmq_z85_decode(reinterpret_cast<std::uint8_t*>(keys.secret_key.value.data()), secret_text);
    ::explicit_bzero(secret_text, sizeof secret_text);
    return keys;
}

Result<CurveKeyPair> curve_keys_of(const CurveSecretKey& secret_key) {
    char public_text[kZ85Bytes];
    char secret_text[kZ85Bytes];
    const auto* secret = reinterpret_cast<const std::uint8_t*>(secret_key.value.data());
    zmq_z85_encode(secret_text, secret, secret_key.value.size());
    const int failed = zmq_curve_public(public_text, secret_text);
    ::explicit_bzero(secret_text, sizeof secret_text);
    if (failed != 0) return no_curve();
    CurveKeyPair keys{{}, secret_key};
    zmq_z85_decode(reinterpret_cast<std::uint8_t*>(keys.public_key.value.data()), public_text);
    return keys;
}

}  // namespace skerry::transport
