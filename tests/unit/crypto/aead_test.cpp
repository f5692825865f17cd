#include "common/crypto/aead.hpp"

#include <gtest/gtest.h>

#include "tests/unit/crypto/hex.hpp"

namespace skerry::crypto {
namespace {

class AeadTest : public testing::TestWithParam<Aead> {
protected:
    [[nodiscard]] Bytes sealed(ByteView plaintext) const { return seal(GetParam(), key_, nonce_, aad_, plaintext); }

    AeadKey key_ = AeadKey::random();
    AeadNonce nonce_ = random_bytes<12>();
    Bytes aad_ = copy_of(bytes_of("chunk 3 of 8"));
};

TEST_P(AeadTest, OpensWhatItSealed) {
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 64U, 1U << 20U}) {
        Bytes plaintext(size);
        fill_random(plaintext);
        const Bytes ciphertext = sealed(plaintext);
        EXPECT_EQ(ciphertext.size(), size + kAeadTagBytes);
        const auto opened = open(GetParam(), key_, nonce_, aad_, ciphertext);
        ASSERT_TRUE(opened) << size;
        EXPECT_EQ(*opened, plaintext) << size;
    }
}

TEST_P(AeadTest, RefusesAnyBitAltered) {
    const Bytes ciphertext = sealed(bytes_of("weights"));
    const auto refused = [](const Result<Bytes>& opened) {
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, ErrorCode::InvalidInput);
    };
    for_each_bit_flipped(ciphertext, [&](const Bytes& it) { refused(open(GetParam(), key_, nonce_, aad_, it)); });
    for_each_bit_flipped(aad_, [&](const Bytes& it) { refused(open(GetParam(), key_, nonce_, it, ciphertext)); });
    for_each_bit_flipped(nonce_, [&](const AeadNonce& it) { refused(open(GetParam(), key_, it, aad_, ciphertext)); });
    for_each_bit_flipped(copy_of(key_.view()), [&](const Bytes& it) {
        refused(open(GetParam(), *AeadKey::from_bytes(it, "key"), nonce_, aad_, ciphertext));
    });
}

TEST_P(AeadTest, RefusesACiphertextOfAnotherLength) {
    Bytes ciphertext = sealed(bytes_of("weights"));
    for (std::size_t size = 0; size < ciphertext.size(); ++size) {
        const auto opened = open(GetParam(), key_, nonce_, aad_, ByteView(ciphertext).first(size));
        ASSERT_FALSE(opened) << size;
        EXPECT_EQ(opened.error().code, ErrorCode::InvalidInput) << size;
    }
    ciphertext.push_back(std::byte{0});
    EXPECT_FALSE(open(GetParam(), key_, nonce_, aad_, ciphertext));
}

TEST_P(AeadTest, DoesNotOpenWithTheOtherCipher) {
    const Aead other = GetParam() == Aead::Aes256Gcm ? Aead::ChaCha20Poly1305 : Aead::Aes256Gcm;
    EXPECT_FALSE(open(other, key_, nonce_, aad_, sealed(bytes_of("weights"))));
}

INSTANTIATE_TEST_SUITE_P(BothCiphers, AeadTest, testing::Values(Aead::Aes256Gcm, Aead::ChaCha20Poly1305),
                         [](const auto& cipher) {
                             return cipher.param == Aead::Aes256Gcm ? "Aes256Gcm" : "ChaCha20Poly1305";
                         });

struct PublishedCase {
    Aead aead;
    std::string_view key, nonce, aad, plaintext, ciphertext;
};

constexpr PublishedCase kPublishedCases[] = {
    // RFC 8439 §2.8.2
    {Aead::ChaCha20Poly1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
     "070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
     "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920636f756c64206f66666"
     "572"
     "20796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73637265656e20776f756c642062652069742e",
     "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b290"
     "5d6"
     "a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116"
     "1ae10b594f09e26a7e902ecbd0600691"},
    // McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16, which SP 800-38D builds on
    {Aead::Aes256Gcm, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657b"
     "a"
     "637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0ab"
     "c"
     "c9f66276fc6ece0f4e1768cddf8853bb2d551b"},
};

TEST(Aead, SealsAsPublished) {
    for (const PublishedCase& expected : kPublishedCases) {
        SCOPED_TRACE(name_of(expected.aead));
        const auto key = AeadKey::from_bytes(hex(expected.key), "key");
        ASSERT_TRUE(key);
        const Bytes ciphertext =
            seal(expected.aead, *key, hex_array<12>(expected.nonce), hex(expected.aad), hex(expected.plaintext));
        EXPECT_EQ(to_hex(ciphertext), expected.ciphertext);
    }
}

}  // namespace
}  // namespace skerry::crypto
