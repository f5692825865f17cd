#include "common/wire/soft_labels.hpp"

#include <gtest/gtest.h>

#include "common/base/limits.hpp"
#include "tests/support/sample_soft_labels.hpp"
#include "tests/unit/wire/golden.hpp"
#include "tests/unit/wire/sample_update.hpp"

namespace skerry::wire {
namespace {

bool readable(const SoftLabels& labels) {
    const auto again = soft_labels_of(encoded(labels));
    return again && *again == labels;
}

TEST(SoftLabels, ReadBackAsTheyWereWritten) {
    const SoftLabels labels = sample_soft_labels({700, 0, 3}, 60'000);
    const Bytes bytes = encoded(labels);
    EXPECT_EQ(to_hex(bytes),
              "bc02000060ea9f150000"
              "00000000000000000000"
              "030000009f15000060ea");
    const auto again = soft_labels_of(bytes);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, labels);
    EXPECT_TRUE(readable(sample_soft_labels({1, 0}, 65535)));
    EXPECT_TRUE(readable(sample_soft_labels(std::vector<std::uint32_t>(SoftLabels::kClassesMax, ~0U), 9)));
}

TEST(SoftLabels, AreNoneOfALengthThatNoNumberOfClassesHas) {
    const Bytes three = encoded(sample_soft_labels({1, 1, 1}, 60'000));
    for (std::size_t size = 0; size < three.size(); ++size)
        EXPECT_FALSE(soft_labels_of(ByteView(three).first(size))) << size;
    Bytes longer = three;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(soft_labels_of(longer));
    EXPECT_FALSE(soft_labels_of(Bytes(soft_label_bytes(SoftLabels::kClassesMax + 1)))) << "would not fit a message";
    EXPECT_FALSE(soft_labels_of(Bytes(soft_label_bytes(1)))) << "one class has nothing to tell";
}

TEST(SoftLabels, AddUpToTheWholeLessWhatRoundingTakes) {
    SoftLabels labels = sample_soft_labels({5, 5, 5}, 60'000);
    labels.shares[0] -= 2;
    EXPECT_TRUE(readable(labels)) << "each of three shares was rounded down by less than 1";
    labels.shares[0] -= 1;
    EXPECT_FALSE(readable(labels));
    labels.shares[0] += 4;
    EXPECT_FALSE(readable(labels)) << "more than the whole";
    labels.shares.assign(9, 65535);
    EXPECT_FALSE(readable(labels));
}

TEST(SoftLabels, KnowSomethingAndOnlyOfClassesWithRows) {
    EXPECT_FALSE(readable({{0, 0, 0}, std::vector<std::uint16_t>(9)}));
    SoftLabels labels = sample_soft_labels({5, 0, 5}, 60'000);
    EXPECT_TRUE(readable(labels));
    labels.shares[4] = 65535;
    EXPECT_FALSE(readable(labels)) << "of no row";
    labels = sample_soft_labels({5, 5, 5}, 60'000);
    labels.shares[3] = labels.shares[4] = labels.shares[5] = 0;
    EXPECT_FALSE(readable(labels)) << "of five rows nothing";
}

TEST(SoftLabels, TravelSealedWithEverythingElse) {
    const SampleUpdate sample;
    for (const std::size_t classes : {std::size_t{2}, std::size_t{10}, SoftLabels::kClassesMax}) {
        UpdateBody body = SampleUpdate::body_of(1000);
        body.soft_labels = sample_soft_labels(std::vector<std::uint32_t>(classes, 9), 50'000);
        body.error_counts = ErrorCounts{{7}, 0};
        body.confusions = {{1, 2, 7}};
        const SealedUpdate update = sample.sealed(body);
        const UpdateHeader header = read_header(update.header).value();
        EXPECT_EQ(header.soft_label_classes, classes);
        EXPECT_EQ(header.plain_bytes, body_size(1000, 1, WithAudits::No, WithErrorCounts::Yes, classes));
        const auto opened = open(update, sample.coordinator);
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_TRUE(*opened == body);
    }
}

TEST(SoftLabels, AreNotSealedWhereNobodyWouldReadThem) {
    const SampleUpdate sample;
    const auto code_of = [&](const SoftLabels& labels) {
        UpdateBody body = SampleUpdate::body_of(1);
        body.soft_labels = labels;
        return seal(sample.header, body, sample.coordinator.public_key(), sample.identity).error().code;
    };
    EXPECT_EQ(code_of({{0, 0}, {0, 0, 0, 0}}), ErrorCode::InvalidInput);
    EXPECT_EQ(code_of(sample_soft_labels(std::vector<std::uint32_t>(SoftLabels::kClassesMax + 1, 9), 50'000)),
              ErrorCode::InvalidInput);
}

TEST(SoftLabels, OpenAsAnotherImplementationOfTheDocumentSealedThem) {
    const auto update = SealedUpdate::from_blob(from_hex(golden::kUpdateWithSoftLabelsBlob).value()).value();
    EXPECT_EQ(read_header(update.header).value().soft_label_classes, 3);
    const auto body = open(update, crypto::SealPrivateKey::from_bytes(Bytes(32, std::byte{5})).value());
    ASSERT_TRUE(body) << body.error().message;
    EXPECT_EQ(body->soft_labels.rows, (std::vector<std::uint32_t>{20, 0, 7}));
    EXPECT_EQ(body->soft_labels.shares, (std::vector<std::uint16_t>{60000, 5000, 534, 0, 0, 0, 1, 2, 65532}));
    EXPECT_EQ(body->delta, (std::vector<float>{0.5F, -1.25F, 3.0F}));
}

TEST(SoftLabels, AreInTheHeaderBothByTheirFlagAndByTheirClassesOrNot) {
    const SampleUpdate sample;
    UpdateBody body = SampleUpdate::body_of(1000);
    body.soft_labels = sample_soft_labels({5, 5, 5}, 60'000);
    const Bytes header = sample.sealed(body).header;
    constexpr std::size_t kFlags = 106, kClasses = 156;
    const auto verdict = [&](std::uint8_t flags, std::uint16_t classes) {
        Bytes changed = header;
        changed[kFlags] = std::byte{flags};
        changed[kClasses] = static_cast<std::byte>(classes & 0xFFU);
        changed[kClasses + 1] = static_cast<std::byte>(classes >> 8U);
        return read_header(changed).has_value();
    };
    EXPECT_TRUE(verdict(4, 3));
    EXPECT_FALSE(verdict(0, 3));
    EXPECT_FALSE(verdict(4, 0));
    EXPECT_FALSE(verdict(4, SoftLabels::kClassesMax + 1));
    EXPECT_FALSE(verdict(4, 0xFFFF));
    EXPECT_FALSE(verdict(8, 0)) << "an unknown flag";
    EXPECT_FALSE(verdict(4, SoftLabels::kClassesMax)) << "the body is smaller than its soft labels";
}

TEST(SoftLabels, ThatDoNotAgreeWithTheHeaderAreFoundWhenItOpens) {
    const SampleUpdate sample;
    UpdateBody body = SampleUpdate::body_of(100);
    body.soft_labels = sample_soft_labels({5, 5, 5}, 60'000);
    SealedUpdate update = sample.sealed(body);
    update.header[156] = std::byte{4};
    ASSERT_TRUE(read_header(update.header));
    EXPECT_EQ(open(update, sample.coordinator).error().code, ErrorCode::PermissionDenied) << "sealed under another";
}

}  // namespace
}  // namespace skerry::wire
