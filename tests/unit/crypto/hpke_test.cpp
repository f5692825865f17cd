#include "common/crypto/hpke.hpp"

#include <gtest/gtest.h>

#include "common/crypto/hpke_schedule.hpp"
#include "tests/unit/crypto/hex.hpp"
#include "tests/unit/crypto/hpke_vectors.hpp"

namespace skerry::crypto {
namespace {

SealPrivateKey private_key(std::string_view text) {
    return *SealPrivateKey::from_bytes(hex(text));
}

TEST(HpkeVectors, AgreeInEveryIntermediateValue) {
    for (const HpkeVector& vector : hpke_vectors()) {
        SCOPED_TRACE(name_of(vector.aead));
        const SealPrivateKey ephemeral = private_key(vector.ephemeral_private);
        const SealPrivateKey receiver = private_key(vector.receiver_private);
        EXPECT_EQ(to_hex(ephemeral.public_key().value), vector.ephemeral_public);
        EXPECT_EQ(to_hex(receiver.public_key().value), vector.receiver_public);

        const auto dh = diffie_hellman(ephemeral, receiver.public_key());
        ASSERT_TRUE(dh);
        const Secret<32> shared = kem_shared_secret(*dh, ephemeral.public_key().value, receiver.public_key());
        EXPECT_EQ(to_hex(shared.view()), vector.shared_secret);
        const HpkeKeys keys = key_schedule(shared, hex(kHpkeInfo), vector.aead);
        EXPECT_EQ(to_hex(keys.key.view()), vector.key);
        EXPECT_EQ(to_hex(keys.base_nonce), vector.base_nonce);
        for (const HpkeMessage& message : vector.messages) {
            EXPECT_EQ(to_hex(nonce_at(keys.base_nonce, message.index)), message.nonce) << message.index;
        }
    }
}

TEST(HpkeVectors, AreSealedByTheSender) {
    for (const HpkeVector& vector : hpke_vectors()) {
        SCOPED_TRACE(name_of(vector.aead));
        auto sender =
            HpkeSender::setup_with_ephemeral(SealPublicKey{hex_array<32>(vector.receiver_public)}, hex(kHpkeInfo),
                                             vector.aead, private_key(vector.ephemeral_private));
        ASSERT_TRUE(sender);
        EXPECT_EQ(to_hex(sender->enc()), vector.ephemeral_public);
        std::uint64_t index = 0;
        for (const HpkeMessage& message : vector.messages) {
            for (; index < message.index; ++index)
                static_cast<void>(sender->seal({}, {}));
            EXPECT_EQ(to_hex(sender->seal(hex(message.aad), hex(kHpkePlaintext))), message.ciphertext) << index;
            ++index;
        }
    }
}

TEST(HpkeVectors, AreOpenedByTheReceiver) {
    for (const HpkeVector& vector : hpke_vectors()) {
        SCOPED_TRACE(name_of(vector.aead));
        const auto receiver = HpkeReceiver::setup(private_key(vector.receiver_private),
                                                  hex_array<32>(vector.ephemeral_public), hex(kHpkeInfo), vector.aead);
        ASSERT_TRUE(receiver);
        for (const HpkeMessage& message : vector.messages) {
            const auto opened = receiver->open_at(message.index, hex(message.aad), hex(message.ciphertext));
            ASSERT_TRUE(opened) << message.index;
            EXPECT_EQ(to_hex(*opened), kHpkePlaintext) << message.index;
        }
    }
}

class HpkeTest : public testing::TestWithParam<Aead> {
protected:
    [[nodiscard]] HpkeSender sender() const { return *HpkeSender::setup(private_key_.public_key(), info_, GetParam()); }
    [[nodiscard]] HpkeReceiver receiver(const EncapsulatedKey& enc) const {
        return *HpkeReceiver::setup(private_key_, enc, info_, GetParam());
    }

    SealPrivateKey private_key_ = SealPrivateKey::generate();
    Bytes info_ = copy_of(bytes_of("skerry update"));
    Bytes aad_ = copy_of(bytes_of("header"));
    Bytes plaintext_ = copy_of(bytes_of("weights"));
};

void expect_refused(const Result<Bytes>& opened) {
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::InvalidInput);
}

TEST_P(HpkeTest, OpensASequenceInOrder) {
    HpkeSender from = sender();
    HpkeReceiver to = receiver(from.enc());
    for (std::size_t size = 0; size < 40; ++size) {
        Bytes plaintext(size);
        fill_random(plaintext);
        const auto opened = to.open(aad_, from.seal(aad_, plaintext));
        ASSERT_TRUE(opened);
        EXPECT_EQ(*opened, plaintext);
    }
}

TEST_P(HpkeTest, OpensAtAnyIndexAndOnlyAtTheRightOne) {
    HpkeSender from = sender();
    std::vector<Bytes> sealed;
    for (int i = 0; i < 5; ++i)
        sealed.push_back(from.seal(aad_, plaintext_));
    const HpkeReceiver to = receiver(from.enc());
    for (std::size_t index = 5; index-- > 0;) {
        for (std::size_t at = 0; at < 6; ++at) {
            EXPECT_EQ(to.open_at(at, aad_, sealed[index]).has_value(), at == index) << at << ' ' << index;
        }
    }
}

TEST_P(HpkeTest, GoesOnInOrderAfterAMessageThatDoesNotOpen) {
    HpkeSender from = sender();
    const Bytes first = from.seal(aad_, plaintext_);
    const Bytes second = from.seal(aad_, plaintext_);
    HpkeReceiver to = receiver(from.enc());
    expect_refused(to.open(aad_, second));
    EXPECT_TRUE(to.open(aad_, first));
    expect_refused(to.open(aad_, first));
    EXPECT_TRUE(to.open(aad_, second));
}

TEST_P(HpkeTest, RefusesAnyBitAltered) {
    HpkeSender from = sender();
    const Bytes sealed = from.seal(aad_, plaintext_);
    const HpkeReceiver to = receiver(from.enc());
    ASSERT_TRUE(to.open_at(0, aad_, sealed));
    for_each_bit_flipped(sealed, [&](const Bytes& altered) { expect_refused(to.open_at(0, aad_, altered)); });
    for_each_bit_flipped(aad_, [&](const Bytes& altered) { expect_refused(to.open_at(0, altered, sealed)); });
    for_each_bit_flipped(info_, [&](const Bytes& altered) {
        expect_refused(HpkeReceiver::setup(private_key_, from.enc(), altered, GetParam())->open_at(0, aad_, sealed));
    });
    // The top bit too: X25519 ignores it, but the key schedule is bound to enc as it came.
    for_each_bit_flipped(from.enc(), [&](const EncapsulatedKey& altered) {
        expect_refused(receiver(altered).open_at(0, aad_, sealed));
    });
}

TEST_P(HpkeTest, OpensForItsReceiverAndItsCipherOnly) {
    HpkeSender from = sender();
    const Bytes sealed = from.seal(aad_, plaintext_);
    const auto stranger = HpkeReceiver::setup(SealPrivateKey::generate(), from.enc(), info_, GetParam());
    expect_refused(stranger->open_at(0, aad_, sealed));
    const Aead other = GetParam() == Aead::Aes256Gcm ? Aead::ChaCha20Poly1305 : Aead::Aes256Gcm;
    expect_refused(HpkeReceiver::setup(private_key_, from.enc(), info_, other)->open_at(0, aad_, sealed));
}

TEST_P(HpkeTest, NeverSealsTwiceAlike) {
    HpkeSender one = sender();
    HpkeSender other = sender();
    EXPECT_NE(one.enc(), other.enc());
    EXPECT_NE(one.seal(aad_, plaintext_), one.seal(aad_, plaintext_));
}

TEST_P(HpkeTest, RefusesPointsThatGiveNoSecret) {
    // The points of small order that matter, RFC 7748 §6.1: any private key takes them to zero.
    const std::string_view points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    for (const std::string_view point : points) {
        const auto value = hex_array<32>(point);
        const auto from = HpkeSender::setup(SealPublicKey{value}, info_, GetParam());
        ASSERT_FALSE(from) << point;
        EXPECT_EQ(from.error().code, ErrorCode::InvalidInput);
        const auto to = HpkeReceiver::setup(private_key_, value, info_, GetParam());
        ASSERT_FALSE(to) << point;
        EXPECT_EQ(to.error().code, ErrorCode::InvalidInput);
    }
}

INSTANTIATE_TEST_SUITE_P(BothCiphers, HpkeTest, testing::Values(Aead::Aes256Gcm, Aead::ChaCha20Poly1305),
                         [](const auto& cipher) {
                             return cipher.param == Aead::Aes256Gcm ? "Aes256Gcm" : "ChaCha20Poly1305";
                         });

TEST(SealPrivateKey, KeepsItsIdentityThroughItsBytes) {
    const SealPrivateKey key = SealPrivateKey::generate();
    const auto again = SealPrivateKey::from_bytes(key.bytes().view());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->public_key(), key.public_key());
    EXPECT_FALSE(SealPrivateKey::from_bytes(key.bytes().view().first(31)));
}

}  // namespace
}  // namespace skerry::crypto
