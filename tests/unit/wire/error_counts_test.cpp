#include "common/wire/error_counts.hpp"

#include <gtest/gtest.h>

#include "common/base/limits.hpp"
#include "tests/unit/wire/golden.hpp"
#include "tests/unit/wire/sample_update.hpp"

namespace skerry::wire {
namespace {

const ErrorCounts kSeven{{1, 0, 2, 0, 0, 0, 4, 0}, 1};
const std::vector<ClassPairCount> kSixInPairs = {{1, 2, 4}, {9, 0, 2}};

bool fits(const ErrorCounts& counts, std::uint64_t labelled, std::uint64_t errors,
          const std::vector<ClassPairCount>& pairs) {
    const auto verdict = check(counts, labelled, errors, pairs);
    EXPECT_TRUE(verdict || verdict.error().code == ErrorCode::InvalidInput);
    return verdict.has_value();
}

TEST(ErrorCounts, CountEachErrorInOneTypeAndInOnePairOrNone) {
    EXPECT_TRUE(fits(kSeven, 100, 7, kSixInPairs));
    EXPECT_TRUE(fits(kSeven, 7, 7, kSixInPairs)) << "every answer was wrong";
    EXPECT_TRUE(fits({}, 0, 0, {}));
    EXPECT_FALSE(fits(kSeven, 6, 7, kSixInPairs)) << "more errors than answers";
    EXPECT_FALSE(fits(kSeven, 100, 8, kSixInPairs)) << "an error without a type";
    EXPECT_FALSE(fits(kSeven, 100, 6, kSixInPairs)) << "an error of two types";
    EXPECT_FALSE(fits(kSeven, 100, 7, {{1, 2, 4}})) << "two errors in no pair";
    EXPECT_FALSE(fits(kSeven, 100, 7, {{1, 2, 4}, {9, 0, 3}})) << "an error in two pairs";
}

TEST(ErrorCounts, AreNotFooledByNumbersThatWouldWrap) {
    const std::uint32_t most = ~0U;
    const ErrorCounts huge{{most, most, most, most, most, most, most, most}, 0};
    EXPECT_EQ(huge.total(), 8ULL * most);
    EXPECT_FALSE(fits(huge, 100, static_cast<std::uint32_t>(huge.total()), {}));
    EXPECT_FALSE(fits({{6}, 3}, 100, 6, {{1, 2, most}, {2, 1, 4}})) << "2^32 + 6 errors";
}

TEST(ErrorCounts, NameAPairOnceAndOnlyWhereSomethingWasConfused) {
    const ErrorCounts four{{4}, 0};
    EXPECT_TRUE(fits(four, 9, 4, {{1, 2, 2}, {2, 1, 2}}));
    EXPECT_FALSE(fits(four, 9, 4, {{1, 2, 2}, {0, 1, 0}, {1, 2, 2}}));
    EXPECT_FALSE(fits(four, 9, 4, {{1, 2, 2}, {5, 5, 2}}));
    EXPECT_FALSE(fits(four, 9, 4, {{1, 2, 4}, {5, 6, 0}}));
}

TEST(ErrorCounts, TravelSealedAndAreCheckedOnBothSides) {
    const SampleUpdate sample;
    for (const std::size_t values : {std::size_t{0}, std::size_t{1000}, limits::kChunkBytes}) {
        UpdateBody body = SampleUpdate::body_of(values, 0);
        body.confusions = kSixInPairs;
        body.error_counts = kSeven;
        const SealedUpdate update = sample.sealed(body);
        const auto header = read_header(update.header);
        ASSERT_TRUE(header) << header.error().message;
        EXPECT_TRUE(header->error_counts);
        EXPECT_EQ(header->plain_bytes, body_size(values, 2, WithAudits::No, WithErrorCounts::Yes));
        const auto opened = open(update, sample.coordinator);
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_TRUE(*opened == body);
    }
    UpdateBody body = SampleUpdate::body_of(1, 0);
    body.error_counts = kSeven;
    EXPECT_EQ(seal(sample.header, body, sample.coordinator.public_key(), sample.identity).error().code,
              ErrorCode::InvalidInput)
        << "six of seven are in no pair";
}

TEST(ErrorCounts, OpenAsAnotherImplementationOfTheDocumentSealedThem) {
    const auto update = SealedUpdate::from_blob(from_hex(golden::kUpdateWithErrorsBlob).value()).value();
    const auto body = open(update, crypto::SealPrivateKey::from_bytes(Bytes(32, std::byte{5})).value());
    ASSERT_TRUE(body) << body.error().message;
    EXPECT_EQ(body->error_counts, (ErrorCounts{{0, 1, 0, 2, 0, 3, 1, 0}, 0}));
    EXPECT_EQ(body->delta, (std::vector<float>{0.5F, -1.25F, 3.0F}));
}

TEST(ErrorCounts, ThatAreCutOffOrDisagreeAreNoneThoughTheySeemToFit) {
    const Bytes bytes = encoded(kSeven);
    EXPECT_EQ(*error_counts_of(bytes), kSeven);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_EQ(error_counts_of(ByteView(bytes).first(size)).error().code, ErrorCode::InvalidInput) << size;
    Bytes longer = bytes;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(error_counts_of(longer));
}

}  // namespace
}  // namespace skerry::wire
