#pragma once

#include <memory>

#include "common/base/bytes.hpp"

namespace skerry::crypto {

/// SHA-256, FIPS 180-4.
[[nodiscard]] Digest sha256(ByteView bytes);

/// SHA-256 of bytes that arrive in pieces. Not thread-safe.
class Sha256 {
public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();

    Sha256& update(ByteView piece);
    /// The hash of all pieces. Starts afresh: the next piece is the first of another hash.
    [[nodiscard]] Digest finish();
    /// The hash of the pieces so far; more may follow.
    [[nodiscard]] Digest so_far() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// HMAC-SHA-256, RFC 2104.
[[nodiscard]] Digest hmac_sha256(ByteView key, ByteView message);

/// Takes the same time wherever the first difference lies; different lengths are unequal at once. For everything
/// that a peer could guess byte by byte: MACs, tokens.
[[nodiscard]] bool equal_in_constant_time(ByteView left, ByteView right);

}  // namespace skerry::crypto
