#include "common/crypto/hash.hpp"

#include <gtest/gtest.h>

#include "tests/unit/crypto/hex.hpp"

namespace skerry::crypto {
namespace {

constexpr std::string_view kHashOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, HashesAsPublished) {
    EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(sha256(bytes_of("abc"))), kHashOfAbc);
    EXPECT_EQ(to_hex(sha256(bytes_of(std::string(1'000'000, 'a')))),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, GivesTheSameHashHoweverTheBytesAreCut) {
    const std::string text(1000, 'x');
    for (std::size_t cut = 0; cut <= text.size(); cut += 37) {
        Sha256 hash;
        hash.update(bytes_of(text).first(cut)).update({}).update(bytes_of(text).subspan(cut));
        EXPECT_EQ(hash.finish(), sha256(bytes_of(text))) << cut;
    }
}

TEST(Sha256, StartsAfreshOnceFinishedAndSurvivesAMove) {
    Sha256 hash;
    hash.update(bytes_of("something else"));
    static_cast<void>(hash.finish());
    Sha256 moved = std::move(hash.update(bytes_of("ab")));
    EXPECT_EQ(to_hex(moved.update(bytes_of("c")).finish()), kHashOfAbc);
}

TEST(Sha256, TellsTheHashSoFarAndGoesOn) {
    Sha256 hash;
    hash.update(bytes_of("abc"));
    EXPECT_EQ(to_hex(hash.so_far()), kHashOfAbc);
    EXPECT_EQ(hash.update(bytes_of("d")).finish(), sha256(bytes_of("abcd")));
}

TEST(HmacSha256, AuthenticatesAsPublishedInRfc4231) {
    EXPECT_EQ(to_hex(hmac_sha256(Bytes(20, std::byte{0x0b}), bytes_of("Hi There"))),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256(bytes_of("Jefe"), bytes_of("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256(Bytes(131, std::byte{0xaa}),
                                 bytes_of("Test Using Larger Than Block-Size Key - Hash Key First"))),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, TakesAnEmptyKeyAndAnEmptyMessage) {
    EXPECT_EQ(to_hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(EqualInConstantTime, HoldsForEqualBytesOnly) {
    const Bytes bytes = hex("00112233445566778899aabbccddeeff");
    EXPECT_TRUE(equal_in_constant_time(bytes, Bytes(bytes)));
    EXPECT_TRUE(equal_in_constant_time({}, {}));
    EXPECT_FALSE(equal_in_constant_time(bytes, ByteView(bytes).first(15)));
    for_each_bit_flipped(bytes, [&](const Bytes& other) { EXPECT_FALSE(equal_in_constant_time(bytes, other)); });
}

}  // namespace
}  // namespace skerry::crypto
