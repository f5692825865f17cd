#include "common/crypto/secret.hpp"

#include <ostream>
#include <set>
#include <type_traits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/crypto/hex.hpp"

namespace skerry::crypto {
namespace {

template <class T, class = void>
struct Prints : std::false_type {};
template <class T>
struct Prints<T, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<const T&>())>> : std::true_type {};

static_assert(!std::is_copy_constructible_v<Secret<32>> && !std::is_copy_assignable_v<Secret<32>>);
static_assert(std::is_nothrow_move_constructible_v<Secret<32>> && std::is_nothrow_move_assignable_v<Secret<32>>);
static_assert(!Prints<Secret<32>>::value);

TEST(Secret, LeavesNothingBehindWhenItMoves) {
    auto first = *Secret<4>::from_bytes(hex("01020304"), "the key");
    Secret<4> second(std::move(first));
    EXPECT_EQ(to_hex(first.view()), "00000000");  // NOLINT(bugprone-use-after-move): the wiped source is the point
    EXPECT_EQ(to_hex(second.view()), "01020304");
    first = std::move(second);
    EXPECT_EQ(to_hex(second.view()), "00000000");  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(to_hex(first.view()), "01020304");
}

TEST(Secret, IsCopiedOnlyByName) {
    const Secret<32> original = Secret<32>::random();
    const Secret<32> copy = original.clone();
    EXPECT_EQ(to_hex(copy.view()), to_hex(original.view()));
}

TEST(Secret, OfTheWrongSizeIsRefusedWithoutShowingItsBytes) {
    const auto secret = Secret<32>::from_bytes(hex("c0ffee"), "the signing key");
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(secret.error().message, "the signing key has 3 bytes, must have 32");
}

TEST(Random, DoesNotRepeatItself) {
    std::set<ByteArray<16>> seen;
    for (int i = 0; i < 1000; ++i)
        seen.insert(random_bytes<16>());
    EXPECT_EQ(seen.size(), 1000U);
}

TEST(Random, FillsEveryByteOfALargeBuffer) {
    constexpr std::size_t kSize = (3U << 20U) + 5;  // several pieces and a rest
    Bytes bytes(kSize);
    fill_random(bytes);
    // 64 zeros in a row come by chance once in 2^512.
    const Bytes zeros(64);
    for (std::size_t start = 0; start + zeros.size() <= kSize; start += zeros.size()) {
        ASSERT_NE(std::memcmp(bytes.data() + start, zeros.data(), zeros.size()), 0) << start;
    }
    fill_random({});
}

}  // namespace
}  // namespace skerry::crypto
