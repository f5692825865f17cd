#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "tests/unit/wire/sample_update.hpp"

// What somebody on the way, or another node, can do to a sealed update, and which check finds it. The coordinator asks
// in this order: is the header readable, is the content what the node signed, does it open. An attacker who does not
// care about the signature is followed to the last of them.
namespace skerry::wire {
namespace {

constexpr std::size_t kSealedChunkBytes = limits::kChunkBytes + 16;

void rehash(SealedUpdate& update) {
    update.content = crypto::Sha256().update(update.header).update(update.sealed).finish();
}

/// Another node's signature over these bytes, made as seal() makes it.
void sign_as(SealedUpdate& update, const crypto::SigningKey& identity) {
    rehash(update);
    ByteWriter message;
    message.put(bytes_of("skerry/update/1")).put(ByteView(update.content));
    update.signature = identity.sign(message.bytes());
}

class UpdateAttack : public testing::Test {
protected:
    std::string found_by(SealedUpdate update) const {
        rehash(update);
        if (!read_header(update.header)) return "header";
        if (verify_signature(update.content, update.signature, sample_.identity.verify_key())) return "nobody";
        const auto opened = open(update, sample_.coordinator);
        if (opened) return "signature";  // the only one that saw it
        EXPECT_EQ(opened.error().code, ErrorCode::PermissionDenied);
        return "signature and seal";
    }

    const SampleUpdate sample_;
    const SealedUpdate honest_ = sample_.sealed(SampleUpdate::body_of(600'000));  // three chunks
};

TEST_F(UpdateAttack, DoesNotBeginWithAFalseAlarm) {
    EXPECT_EQ(found_by(honest_), "nobody");
}

TEST_F(UpdateAttack, AlteringAnyByteOfTheHeaderIsFound) {
    // The fields that have one right value, or few, are refused as unreadable; the others by the signature, and by the
    // seal too, so that stripping the signature and making another does not help.
    const SealedUpdate small = sample_.sealed(SampleUpdate::body_of(10));
    const auto is_fixed = [](std::size_t i) {
        const bool magic_version_suite = i < 8;
        const bool high_flags = i == 107;
        const bool chunk_bytes = 120 <= i && i < 124;
        return magic_version_suite || high_flags || chunk_bytes || i >= 156;
    };
    for (std::size_t i = 0; i < kUpdateHeaderBytes; ++i) {
        for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
            SealedUpdate altered = small;
            altered.header[i] ^= static_cast<std::byte>(flip);
            const std::string found = found_by(altered);
            if (is_fixed(i)) {
                EXPECT_EQ(found, "header") << "byte " << i;
            } else if ((104 <= i && i <= 106) || (112 <= i && i < 120)) {
                // tier; encoding; the flags; plain_bytes: some values are beyond the format
                EXPECT_TRUE(found == "header" || found == "signature and seal") << "byte " << i;
            } else {
                EXPECT_EQ(found, "signature and seal") << "byte " << i;
            }
        }
    }
}

TEST_F(UpdateAttack, AHeaderOfAnotherLengthIsNotReadable) {
    SealedUpdate altered = honest_;
    altered.header.pop_back();
    EXPECT_EQ(found_by(altered), "header");
    altered.header.resize(kUpdateHeaderBytes + 1);
    EXPECT_EQ(found_by(altered), "header");
    EXPECT_EQ(read_header({}).error().code, ErrorCode::InvalidInput);
}

TEST_F(UpdateAttack, AlteringAChunkIsFound) {
    for (const std::size_t i : {std::size_t{0}, kSealedChunkBytes - 1, kSealedChunkBytes, honest_.sealed.size() - 1}) {
        SealedUpdate altered = honest_;
        altered.sealed[i] ^= std::byte{1};
        EXPECT_EQ(found_by(altered), "signature and seal") << "byte " << i;
    }
}

TEST_F(UpdateAttack, CuttingOffIsFoundEvenBetweenChunks) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{15}, kSealedChunkBytes, 2 * kSealedChunkBytes, honest_.sealed.size() - 1}) {
        SealedUpdate altered = honest_;
        altered.sealed.resize(size);
        EXPECT_EQ(found_by(altered), "signature and seal") << size;
    }
    SealedUpdate longer = honest_;
    longer.sealed.push_back(std::byte{0});
    EXPECT_EQ(found_by(longer), "signature and seal");
}

TEST_F(UpdateAttack, SwappingAndRepeatingChunksIsFound) {
    const auto chunk = [](Bytes& sealed, std::size_t i) {
        return sealed.begin() + static_cast<std::ptrdiff_t>(i * kSealedChunkBytes);
    };
    SealedUpdate swapped = honest_;
    std::swap_ranges(chunk(swapped.sealed, 0), chunk(swapped.sealed, 1), chunk(swapped.sealed, 1));
    EXPECT_EQ(found_by(swapped), "signature and seal");
    SealedUpdate repeated = honest_;
    std::copy(chunk(repeated.sealed, 0), chunk(repeated.sealed, 1), chunk(repeated.sealed, 1));
    EXPECT_EQ(found_by(repeated), "signature and seal");
}

TEST_F(UpdateAttack, AnotherCoordinatorCannotOpenIt) {
    const auto opened = open(honest_, crypto::SealPrivateKey::generate());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::PermissionDenied);
}

TEST_F(UpdateAttack, StrippedAndSignedByAnotherNodeItIsFound) {
    const crypto::SigningKey thief = crypto::SigningKey::generate();
    // As it is: the header still names its author, whose signature this is not.
    SealedUpdate stolen = honest_;
    sign_as(stolen, thief);
    EXPECT_EQ(found_by(stolen), "signature");
    // Under the thief's own name: the signature is right, but the seal is bound to the author's header.
    const NodeId name = node_of(thief.verify_key());
    std::copy(name.value.begin(), name.value.end(), stolen.header.begin() + 24);
    sign_as(stolen, thief);
    ASSERT_EQ(read_header(stolen.header)->update.node, name);
    ASSERT_TRUE(verify_signature(stolen.content, stolen.signature, thief.verify_key()));
    EXPECT_EQ(open(stolen, sample_.coordinator).error().code, ErrorCode::PermissionDenied);
}

TEST_F(UpdateAttack, ASignatureOfAnotherUpdateIsNoneOfThisOne) {
    SealedUpdate altered = honest_;
    altered.signature = sample_.sealed(SampleUpdate::body_of(10)).signature;
    EXPECT_EQ(found_by(altered), "signature");
}

TEST_F(UpdateAttack, AHugeAnnouncedBodyTakesNoMemory) {
    // 256 MiB is within the format; the chunks are not there, so nothing may be allocated for it.
    SealedUpdate altered = honest_;
    const std::uint64_t announced = body_size(limits::kParametersMax, 0);
    ByteWriter field;
    field.put(announced);
    std::copy(field.bytes().begin(), field.bytes().end(), altered.header.begin() + 112);
    EXPECT_EQ(found_by(altered), "signature and seal");
    for (const std::uint64_t beyond : {std::uint64_t{0}, std::uint64_t{17}, announced + 1000, ~std::uint64_t{0}}) {
        ByteWriter number;
        number.put(beyond);
        std::copy(number.bytes().begin(), number.bytes().end(), altered.header.begin() + 112);
        EXPECT_EQ(found_by(altered), "header") << beyond;
    }
}

}  // namespace
}  // namespace skerry::wire
