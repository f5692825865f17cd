#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/crypto/random.hpp"

namespace skerry::crypto {

/// Overwrites `bytes` in a way that the optimiser keeps.
void cleanse(std::span<std::byte> bytes) noexcept;

/// N bytes that must not be seen: wiped when they die and when they move away, never copied by accident, never
/// printed. What leaves through view() is the borrower's responsibility.
template <std::size_t N>
class Secret {
public:
    static constexpr std::size_t kSize = N;

    /// All zero, to be filled through writable().
    Secret() = default;
    explicit Secret(std::span<const std::byte, N> bytes) { std::copy_n(bytes.data(), N, bytes_.data()); }
    /// InvalidInput: `bytes` is not N long; `what` names it in the message, its content does not appear.
    [[nodiscard]] static Result<Secret> from_bytes(ByteView bytes, std::string_view what) {
        if (bytes.size() != N) {
            return fail(ErrorCode::InvalidInput, std::string(what) + " has " + std::to_string(bytes.size()) +
                                                     " bytes, must have " + std::to_string(N));
        }
        return Secret(bytes.first<N>());
    }
    [[nodiscard]] static Secret random() {
        Secret secret;
        fill_random(secret.bytes_);
        return secret;
    }

    Secret(Secret&& other) noexcept : bytes_(other.bytes_) { cleanse(other.bytes_); }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            cleanse(other.bytes_);
        }
        return *this;
    }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { cleanse(bytes_); }

    [[nodiscard]] Secret clone() const { return Secret(view()); }
    [[nodiscard]] std::span<const std::byte, N> view() const& { return bytes_; }
    std::span<const std::byte, N> view() const&& = delete;  // would dangle
    [[nodiscard]] std::span<std::byte, N> writable() & { return bytes_; }

    template <class Stream>
    friend Stream& operator<<(Stream&, const Secret&) = delete;

private:
    ByteArray<N> bytes_{};
};

}  // namespace skerry::crypto
