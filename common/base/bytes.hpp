#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "common/base/error.hpp"

namespace skerry {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;
template <std::size_t N>
using ByteArray = std::array<std::byte, N>;

/// A SHA-256. Names content: weights, sealed updates, layouts.
using Digest = ByteArray<32>;

/// The bytes of a text, borrowed.
[[nodiscard]] inline ByteView bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}
/// The bytes as text, borrowed.
[[nodiscard]] inline std::string_view text_of(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline Bytes copy_of(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(ByteView bytes);
/// InvalidInput: odd length, or a character that is no hexadecimal digit.
[[nodiscard]] Result<Bytes> from_hex(std::string_view text);
/// RFC 4648 §5 without padding.
[[nodiscard]] std::string to_base64url(ByteView bytes);
/// InvalidInput: a character outside the alphabet, or an impossible length.
[[nodiscard]] Result<Bytes> from_base64url(std::string_view text);

/// InvalidInput: `bytes` is not exactly N long; `what` names it in the message.
template <std::size_t N>
[[nodiscard]] Result<ByteArray<N>> exactly(ByteView bytes, std::string_view what) {
    if (bytes.size() != N) {
        return fail(ErrorCode::InvalidInput, std::string(what) + " has " + std::to_string(bytes.size()) +
                                                 " bytes, must have " + std::to_string(N));
    }
    ByteArray<N> array;
    std::memcpy(array.data(), bytes.data(), N);
    return array;
}

/// Appends fixed-width little-endian fields. What is signed or hashed is written with this, never with protobuf,
/// because its bytes must be canonical.
class ByteWriter {
public:
    /// `expected`: how many bytes there will be, for those who know; what grows to megabytes takes twice its room.
    explicit ByteWriter(std::size_t expected = 0) { bytes_.reserve(expected); }

    template <class T>
    requires std::is_arithmetic_v<T> ByteWriter& put(T value) {
        const auto* first = reinterpret_cast<const std::byte*>(&value);
        bytes_.insert(bytes_.end(), first, first + sizeof value);  // every supported target is little-endian
        return *this;
    }
    ByteWriter& put(ByteView bytes) {
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        return *this;
    }
    /// Length (u32), then the bytes.
    ByteWriter& put_sized(ByteView bytes) { return put(static_cast<std::uint32_t>(bytes.size())).put(bytes); }
    [[nodiscard]] Bytes take() && { return std::move(bytes_); }
    [[nodiscard]] const Bytes& bytes() const { return bytes_; }

private:
    Bytes bytes_;
};

/// Reads what ByteWriter wrote, from bytes that nobody has checked. After the first read past the end every read
/// gives zero and `ok()` is false: parse all fields, then ask once.
class ByteReader {
public:
    explicit ByteReader(ByteView bytes) : rest_(bytes) {}

    template <class T>
    requires std::is_arithmetic_v<T> T get() {
        T value{};
        const ByteView field = get_bytes(sizeof value);
        if (!field.empty()) std::memcpy(&value, field.data(), sizeof value);
        return value;
    }
    template <std::size_t N>
    ByteArray<N> get_array() {
        ByteArray<N> array{};
        const ByteView field = get_bytes(N);
        if (!field.empty()) std::memcpy(array.data(), field.data(), N);
        return array;
    }
    /// The next `count` bytes, borrowed; empty past the end.
    ByteView get_bytes(std::size_t count) {
        if (count > rest_.size()) {
            ok_ = false;
            rest_ = {};
            return {};
        }
        const ByteView field = rest_.first(count);
        rest_ = rest_.subspan(count);
        return field;
    }
    /// What put_sized wrote, borrowed; more than `limit` bytes count as a read past the end.
    ByteView get_sized(std::size_t limit) {
        const auto size = get<std::uint32_t>();
        if (size > limit) ok_ = false;
        return ok_ ? get_bytes(size) : ByteView{};
    }
    [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
    /// Every read so far was inside the bytes.
    [[nodiscard]] bool ok() const { return ok_; }
    /// All fields were there, and nothing follows them.
    [[nodiscard]] bool finished() const { return ok_ && rest_.empty(); }

private:
    ByteView rest_;
    bool ok_ = true;
};

}  // namespace skerry
