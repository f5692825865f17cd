#pragma once

#include "common/base/bytes.hpp"

namespace skerry::storage {

inline constexpr std::size_t kMebibyte = 1 << 20;

inline Digest named(int number) {
    Digest digest{};
    digest[0] = static_cast<std::byte>(number);
    return digest;
}

inline Bytes blob_of(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::byte>(i * 31 + i / 4096);
    return bytes;
}

}  // namespace skerry::storage
