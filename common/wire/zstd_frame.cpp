#include "common/wire/zstd_frame.hpp"

#include <algorithm>
#include <array>
#include <zstd.h>

#include "common/base/error.hpp"

namespace skerry::wire {
namespace {

constexpr int kLevel = 3;
// Older libraries' formats, which libzstd reads too, have others.
constexpr std::array<std::byte, 4> kZstdMagic{std::byte{0x28}, std::byte{0xB5}, std::byte{0x2F}, std::byte{0xFD}};

}  // namespace

Bytes zstd_packed(ByteView bytes) {
    Bytes frame(ZSTD_compressBound(bytes.size()));
    const std::size_t size = ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), kLevel);
    SKERRY_ASSERT(ZSTD_isError(size) == 0);  // only for want of memory
    frame.resize(size);
    return frame;
}

std::optional<Bytes> zstd_unpacked(ByteView frame, std::uint64_t least, std::uint64_t most) {
    if (frame.size() < kZstdMagic.size() || !std::equal(kZstdMagic.begin(), kZstdMagic.end(), frame.begin()))
        return std::nullopt;
    const unsigned long long announced = ZSTD_getFrameContentSize(frame.data(), frame.size());
    if (announced == ZSTD_CONTENTSIZE_UNKNOWN || announced == ZSTD_CONTENTSIZE_ERROR) return std::nullopt;
    if (announced < least || announced > most) return std::nullopt;
    if (ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size()) return std::nullopt;
    Bytes content(announced);
    const std::size_t size = ZSTD_decompress(content.data(), content.size(), frame.data(), frame.size());
    if (ZSTD_isError(size) != 0 || size != content.size()) return std::nullopt;
    return content;
}

}  // namespace skerry::wire
