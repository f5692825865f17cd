#include "common/datasets/speaker_split.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <string>

namespace skerry::datasets {
namespace {

using Words = std::array<std::uint32_t, 5>;

void add_block(Words& hash, std::string_view block) {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t i = 0; i < block.size(); ++i)
        w[i / 4] = w[i / 4] << 8U | static_cast<unsigned char>(block[i]);
    for (std::size_t i = 16; i < w.size(); ++i)
        w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    auto [a, b, c, d, e] = hash;
    for (std::size_t i = 0; i < w.size(); ++i) {
        const std::uint32_t mixed = i < 20   ? ((b & c) | (~b & d)) + 0x5A827999U
                                    : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1U
                                    : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCU
                                             : (b ^ c ^ d) + 0xCA62C1D6U;
        const std::uint32_t next = std::rotl(a, 5) + mixed + e + w[i];
        e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
    }
    hash = {hash[0] + a, hash[1] + b, hash[2] + c, hash[3] + d, hash[4] + e};
}

/// The last word of SHA-1 (FIPS 180-4), which that split is made with. Here, because it is no longer fit for secrets.
std::uint32_t end_of_sha1(std::string_view text) {
    std::string padded(text);
    padded += '\x80';
    while (padded.size() % 64 != 56)
        padded += '\0';
    for (unsigned shift = 64; shift > 0; shift -= 8)
        padded += static_cast<char>((std::uint64_t{text.size()} * 8) >> (shift - 8));
    Words hash = {0x67452301U, 0xEFCDAB89U, 0x98BADCFEU, 0x10325476U, 0xC3D2E1F0U};
    for (std::size_t at = 0; at < padded.size(); at += 64)
        add_block(hash, std::string_view(padded).substr(at, 64));
    return hash[4];
}

}  // namespace

bool is_for_tests(std::string_view name) {
    constexpr std::uint64_t kLast = (1U << 27U) - 1;  // the last of the places that are dealt out
    const std::uint64_t place = end_of_sha1(name.substr(0, name.find("_nohash_"))) & kLast;
    return place * 100 >= kLast * 10 && place * 100 < kLast * 20;  // its first tenth is for validation: ours is train
}

}  // namespace skerry::datasets
