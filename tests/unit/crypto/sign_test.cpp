#include "common/crypto/sign.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/crypto/hex.hpp"

namespace skerry::crypto {
namespace {

using testing::HasSubstr;

struct Rfc8032Case {
    const char* name;
    std::string_view seed;
    std::string_view verify_key;
    std::string_view message;
    std::string_view signature;
};

// RFC 8032 §7.1
constexpr Rfc8032Case kRfc8032Cases[] = {
    {"TEST 1", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"TEST 2", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"TEST 3", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

TEST(Sign, SignsAndVerifiesAsPublishedInRfc8032) {
    for (const Rfc8032Case& expected : kRfc8032Cases) {
        SCOPED_TRACE(expected.name);
        const auto key = SigningKey::from_seed(hex(expected.seed));
        ASSERT_TRUE(key);
        EXPECT_EQ(key->verify_key().to_text(), expected.verify_key);
        const Bytes message = hex(expected.message);
        const Signature signature = key->sign(message);
        EXPECT_EQ(to_hex(signature), expected.signature);
        EXPECT_TRUE(verify(key->verify_key(), message, signature));
    }
}

TEST(Sign, RefusesAnyBitAltered) {
    const SigningKey key = SigningKey::generate();
    const Bytes message = copy_of(bytes_of("version 7, 3 contributors"));
    const Signature signature = key.sign(message);
    ASSERT_TRUE(verify(key.verify_key(), message, signature));
    for_each_bit_flipped(signature,
                         [&](const Signature& altered) { EXPECT_FALSE(verify(key.verify_key(), message, altered)); });
    for_each_bit_flipped(message,
                         [&](const Bytes& altered) { EXPECT_FALSE(verify(key.verify_key(), altered, signature)); });
    for_each_bit_flipped(key.verify_key().value, [&](const ByteArray<32>& altered) {
        EXPECT_FALSE(verify(VerifyKey{altered}, message, signature));
    });
}

TEST(Sign, SaysWhoseSignatureItIsNot) {
    const SigningKey key = SigningKey::generate();
    const auto done = verify(SigningKey::generate().verify_key(), {}, key.sign({}));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::PermissionDenied);
    EXPECT_THAT(done.error().message, HasSubstr("the signature does not belong to key "));
}

TEST(Sign, KeepsItsIdentityThroughTheSeed) {
    const SigningKey key = SigningKey::generate();
    const auto again = SigningKey::from_seed(key.seed().view());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->verify_key(), key.verify_key());
    EXPECT_NE(SigningKey::generate().verify_key(), key.verify_key());
    EXPECT_FALSE(SigningKey::from_seed(key.seed().view().first(31)));
}

}  // namespace
}  // namespace skerry::crypto
