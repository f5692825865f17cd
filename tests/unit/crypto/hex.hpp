#pragma once

#include <string_view>

#include <gtest/gtest.h>

#include "common/base/bytes.hpp"

namespace skerry::crypto {

/// A vector as it is printed. A typing mistake in it fails the test.
inline Bytes hex(std::string_view text) {
    auto bytes = from_hex(text);
    EXPECT_TRUE(bytes) << text;
    return bytes ? *std::move(bytes) : Bytes{};
}

template <std::size_t N>
ByteArray<N> hex_array(std::string_view text) {
    const auto array = exactly<N>(hex(text), text);
    EXPECT_TRUE(array) << text;
    return array.value_or(ByteArray<N>{});
}

/// Calls `check(altered)` once for each bit of `bytes`, with that bit flipped.
template <class Container, class Check>
void for_each_bit_flipped(Container bytes, const Check& check) {
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        SCOPED_TRACE("bit " + std::to_string(bit));
        const auto mask = static_cast<std::byte>(1U << bit % 8);
        bytes[bit / 8] ^= mask;
        check(bytes);
        bytes[bit / 8] ^= mask;
    }
}

}  // namespace skerry::crypto
