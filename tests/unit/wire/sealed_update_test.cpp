#include "common/wire/sealed_update.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/wire/update_reader.hpp"
#include "tests/support/sample_audits.hpp"
#include "tests/support/sample_soft_labels.hpp"
#include "tests/unit/wire/golden.hpp"
#include "tests/unit/wire/sample_update.hpp"

namespace skerry::wire {
namespace {

constexpr std::size_t kValuesInOneChunk = (limits::kChunkBytes - 18) / sizeof(float);

TEST(SealedUpdate, OpensToWhatWasSealedWhateverItsSize) {
    const SampleUpdate sample;
    for (const std::size_t values :
         {std::size_t{0}, std::size_t{1}, std::size_t{1000}, kValuesInOneChunk - 1, kValuesInOneChunk,
          kValuesInOneChunk + 1, limits::kChunkBytes, std::size_t{1'000'000}}) {
        for (const std::size_t pairs : {std::size_t{0}, std::size_t{1}, limits::kReportClassPairsMax}) {
            SCOPED_TRACE(testing::Message() << values << " values, " << pairs << " pairs");
            const UpdateBody body = SampleUpdate::body_of(values, pairs);
            const SealedUpdate update = sample.sealed(body);
            EXPECT_EQ(update.sealed.size(), sealed_size(body_size(values, pairs)));
            EXPECT_TRUE(verify_signature(update.content, update.signature, sample.identity.verify_key()));
            const auto opened = open(update, sample.coordinator);
            ASSERT_TRUE(opened) << opened.error().message;
            EXPECT_TRUE(*opened == body);
        }
    }
}

TEST(SealedUpdate, CarriesADeltaInACoarserForm) {
    const SampleUpdate sample;
    for (const DeltaPolicy& policy :
         {DeltaPolicy{DeltaEncoding::Float16}, DeltaPolicy{DeltaEncoding::Float8}, DeltaPolicy{DeltaEncoding::Int8},
          DeltaPolicy{DeltaEncoding::Top, 10'000}, DeltaPolicy{DeltaEncoding::Int8, 0, true}}) {
        for (const std::size_t values : {std::size_t{10}, std::size_t{1'500'000}}) {
            SCOPED_TRACE(to_text(policy) + " of " + std::to_string(values));
            UpdateBody body = SampleUpdate::body_of(values);
            UpdateHeader header = sample.header;
            auto encoded = encode_delta(body.delta, 3, policy);
            header.form = encoded.form;
            body.written = std::move(encoded.bytes);
            const auto update = seal(header, body, sample.coordinator.public_key(), sample.identity);
            ASSERT_TRUE(update) << update.error().message;
            EXPECT_LT(body_size(0, 2) + body.written.size(), body_size(values, 2));
            EXPECT_EQ(read_header(update->header)->form, header.form);
            const auto opened = open(*update, sample.coordinator);
            ASSERT_TRUE(opened) << opened.error().message;
            EXPECT_EQ(opened->delta, decode_delta(header.form, body.written).value());
            EXPECT_EQ(opened->labelled, body.labelled);
        }
    }
}

TEST(SealedUpdate, IsReadInPiecesAcrossTheSeamsOfItsChunks) {
    constexpr std::size_t kMoments = 6;
    constexpr std::size_t kValues = 1'400'000;
    const SampleUpdate sample;
    for (const DeltaPolicy& policy : {DeltaPolicy{}, DeltaPolicy{DeltaEncoding::Float16},
                                      DeltaPolicy{DeltaEncoding::Int8}, DeltaPolicy{DeltaEncoding::Float8}}) {
        UpdateBody body = SampleUpdate::body_of(kValues);
        UpdateHeader header = sample.header;
        if (policy.encoding != DeltaEncoding::Float32) {
            auto written = encode_delta(body.delta, kMoments, policy);
            header.form = written.form;
            body.delta = decode_delta(written.form, written.bytes).value();
            body.written = std::move(written.bytes);
        }
        const SealedUpdate update = seal(header, body, sample.coordinator.public_key(), sample.identity).value();
        const auto sealed = [&update](std::uint64_t offset, std::size_t count) -> Result<Bytes> {
            return copy_of(ByteView(update.sealed).subspan(offset, count));
        };
        auto reader = UpdateReader::open(update.header, update.sealed.size(), sealed, sample.coordinator);
        ASSERT_TRUE(reader);
        ASSERT_TRUE(reader->in_pieces());
        for (const std::size_t piece : {std::size_t{1'000'003}, std::size_t{99'991}, kValues}) {
            std::vector<float> values(kValues);
            for (std::size_t at = 0; at < kValues; at += piece) {
                const auto out = std::span(values).subspan(at, std::min(piece, kValues - at));
                ASSERT_TRUE(reader->read(at, out)) << to_text(policy);
                if (at % 2 == 0) reader->forget();
            }
            EXPECT_EQ(values, body.delta) << to_text(policy) << " by " << piece;
        }
        std::vector<float> few(5);
        ASSERT_TRUE(reader->read(kMoments - 2, few));
        EXPECT_TRUE(std::equal(few.begin(), few.end(), body.delta.begin() + kMoments - 2))
            << "on both sides of the exact";
    }
}

TEST(SealedUpdate, OpensNoDeltaOfAnotherLengthThanItsHeaderSays) {
    const SampleUpdate sample;
    UpdateBody body = SampleUpdate::body_of(100);
    body.written = encode_delta(body.delta, 0, {DeltaEncoding::Int8}).bytes;
    body.written.pop_back();
    UpdateHeader header = sample.header;
    header.form = {DeltaEncoding::Int8, 100, 0};
    const auto update = seal(header, body, sample.coordinator.public_key(), sample.identity);
    ASSERT_TRUE(update);
    EXPECT_EQ(open(*update, sample.coordinator).error().code, ErrorCode::InvalidInput);
}

TEST(SealedUpdate, KeepsEveryBitOfAValueTheRoundCoreWillJudge) {
    const SampleUpdate sample;
    UpdateBody body = SampleUpdate::body_of(2);
    body.delta = {std::numeric_limits<float>::infinity(), -0.0F};
    const auto opened = open(sample.sealed(body), sample.coordinator);
    ASSERT_TRUE(opened);
    EXPECT_EQ(to_hex(std::as_bytes(std::span(opened->delta))), "0000807f00000080");
}

TEST(SealedUpdate, ShowsItsHeaderInTheClear) {
    const SampleUpdate sample;
    const SealedUpdate update = sample.sealed(SampleUpdate::body_of(10));
    const auto header = read_header(update.header);
    ASSERT_TRUE(header) << header.error().message;
    UpdateHeader expected = sample.header;
    expected.plain_bytes = body_size(10, 2);
    expected.encapsulated = header->encapsulated;
    EXPECT_EQ(*header, expected);
}

TEST(SealedUpdate, SurvivesTheSpoolAsOneBlob) {
    const SampleUpdate sample;
    const SealedUpdate update = sample.sealed(SampleUpdate::body_of(1000));
    const auto again = SealedUpdate::from_blob(update.blob());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->header, update.header);
    EXPECT_EQ(again->sealed, update.sealed);
    EXPECT_EQ(again->signature, update.signature);
    EXPECT_EQ(again->content, update.content);
    EXPECT_EQ(SealedUpdate::from_blob(Bytes(335)).error().code, ErrorCode::InvalidInput);
    EXPECT_TRUE(SealedUpdate::from_blob(Bytes(336)));
}

TEST(SealedUpdate, IsNeverTheSameTwice) {
    const SampleUpdate sample;
    const UpdateBody body = SampleUpdate::body_of(10);
    EXPECT_NE(sample.sealed(body).sealed, sample.sealed(body).sealed);
}

TEST(SealedUpdate, OpensWhatAnotherImplementationOfTheDocumentSealed) {
    const auto seed = [](unsigned value) { return Bytes(32, static_cast<std::byte>(value)); };
    const auto update = SealedUpdate::from_blob(from_hex(golden::kUpdateBlob).value()).value();
    const auto identity = crypto::SigningKey::from_seed(seed(7)).value();
    EXPECT_TRUE(verify_signature(update.content, update.signature, identity.verify_key()));
    const UpdateHeader header = read_header(update.header).value();
    EXPECT_EQ(header.update.sequence, Sequence{9});
    EXPECT_EQ(header.tier, Tier::Medium);
    EXPECT_EQ(header.examples, 640U);
    const auto body = open(update, crypto::SealPrivateKey::from_bytes(seed(5)).value());
    ASSERT_TRUE(body) << body.error().message;
    EXPECT_EQ(body->labelled, 100U);
    EXPECT_EQ(body->errors, 7U);
    EXPECT_EQ(body->confusions, (std::vector<ClassPairCount>{{1, 2, 4}, {9, 0, 3}}));
    EXPECT_EQ(body->delta, (std::vector<float>{0.5F, -1.25F, 3.0F}));
}

TEST(SealedUpdate, OpensTheAuditsThatAnotherImplementationOfTheDocumentSealed) {
    const auto update = SealedUpdate::from_blob(from_hex(golden::kUpdateWithAuditsBlob).value()).value();
    EXPECT_TRUE(read_header(update.header).value().audits);
    const auto body = open(update, crypto::SealPrivateKey::from_bytes(Bytes(32, std::byte{5})).value());
    ASSERT_TRUE(body) << body.error().message;
    EXPECT_EQ(body->audits.audits, 700U);
    EXPECT_EQ(body->audits.bins.at(3), (AuditCounts::Bin{700, {5, 1}}));
    EXPECT_EQ(body->audits.bins.at(AuditCounts::kBins + 60), (AuditCounts::Bin{700, {5, 1}}));
    EXPECT_EQ(body->delta, (std::vector<float>{0.5F, -1.25F, 3.0F}));
}

TEST(SealedUpdate, TakesAuditsAlong) {
    const SampleUpdate sample;
    for (const std::size_t values : {std::size_t{0}, std::size_t{1000}, limits::kChunkBytes}) {
        UpdateBody body = SampleUpdate::body_of(values);
        body.audits = sample_audits(500, 3);
        const SealedUpdate update = sample.sealed(body);
        EXPECT_EQ(read_header(update.header)->plain_bytes, body_size(values, 2, WithAudits::Yes));
        const auto opened = open(update, sample.coordinator);
        ASSERT_TRUE(opened) << opened.error().message;
        EXPECT_TRUE(*opened == body);
    }
}

TEST(SealedUpdate, SealsNothingThatNobodyWouldOpen) {
    const SampleUpdate sample;
    const auto code_of = [&sample](const UpdateBody& body) {
        return seal(sample.header, body, sample.coordinator.public_key(), sample.identity).error().code;
    };
    EXPECT_EQ(code_of(SampleUpdate::body_of(1, limits::kReportClassPairsMax + 1)), ErrorCode::InvalidInput);
    UpdateBody body = SampleUpdate::body_of(1);
    body.confusions[0].truth = limits::kClassesMax;
    EXPECT_EQ(code_of(body), ErrorCode::InvalidInput);
    EXPECT_EQ(seal(sample.header, SampleUpdate::body_of(1), crypto::SealPublicKey{}, sample.identity).error().code,
              ErrorCode::InvalidInput);
}

/// Seals any plain text as the body of an update of one chunk, as a node with a mistake would.
SealedUpdate sealed_plain(const SampleUpdate& sample, ByteView plain, std::byte flags = std::byte{0},
                          std::byte soft_label_classes = std::byte{0}) {
    SealedUpdate update = sample.sealed(SampleUpdate::body_of(1));
    update.header[106] = flags;
    update.header[156] = soft_label_classes;
    ByteWriter info;
    info.put(bytes_of("skerry/update/1")).put(ByteView(sample.header.federation.value));
    info.put(ByteView(sample.header.update.node.value));
    auto sender =
        crypto::HpkeSender::setup(sample.coordinator.public_key(), info.bytes(), crypto::Aead::ChaCha20Poly1305)
            .value();
    const std::uint64_t plain_bytes = plain.size();
    std::memcpy(update.header.data() + 112, &plain_bytes, sizeof plain_bytes);
    std::copy(sender.enc().begin(), sender.enc().end(), update.header.begin() + 124);
    ByteWriter aad;
    aad.put(ByteView(crypto::sha256(update.header))).put(std::uint32_t{0}).put(std::uint8_t{1});
    update.sealed = sender.seal(aad.bytes(), plain);
    return update;
}

TEST(SealedUpdate, RefusesABodyThatOpensButIsNone) {
    const SampleUpdate sample;
    const auto verdict = [&sample](std::uint16_t pairs, std::size_t more_bytes) {
        ByteWriter plain;
        plain.put(std::uint64_t{1}).put(std::uint64_t{0}).put(pairs).put(ByteView(Bytes(more_bytes)));
        const auto opened = open(sealed_plain(sample, plain.bytes()), sample.coordinator);
        return opened ? std::string("opened") : std::string(name_of(opened.error().code));
    };
    EXPECT_EQ(verdict(0, 0), "opened");
    EXPECT_EQ(verdict(2, 16 + 40), "opened");
    EXPECT_EQ(verdict(0, 3), "invalid_input");        // no whole float
    EXPECT_EQ(verdict(2, 15), "invalid_input");       // pairs cut off
    EXPECT_EQ(verdict(3, 16), "invalid_input");       // more pairs than bytes: a length that would wrap
    EXPECT_EQ(verdict(33, 33 * 8), "invalid_input");  // more pairs than allowed
    EXPECT_EQ(verdict(0xFFFF, 33 * 8), "invalid_input");
    ByteWriter plain;
    plain.put(std::uint64_t{1}).put(std::uint64_t{0}).put(std::uint16_t{1});
    plain.put(std::uint16_t{limits::kClassesMax}).put(std::uint16_t{0}).put(std::uint32_t{1});
    EXPECT_EQ(open(sealed_plain(sample, plain.bytes()), sample.coordinator).error().code, ErrorCode::InvalidInput);
}

TEST(SealedUpdate, RefusesErrorCountsThatAreCutOffOrDisagree) {
    const SampleUpdate sample;
    const auto verdict = [&sample](std::uint64_t errors, ByteView counts) {
        ByteWriter plain;
        plain.put(std::uint64_t{9}).put(errors).put(std::uint16_t{1});
        plain.put(std::uint16_t{3}).put(std::uint16_t{5}).put(std::uint32_t{2}).put(counts);
        const auto opened = open(sealed_plain(sample, plain.bytes(), std::byte{2}), sample.coordinator);
        return opened ? std::string("opened") : std::string(name_of(opened.error().code));
    };
    const Bytes three = encoded(ErrorCounts{{0, 2, 1}, 1});
    EXPECT_EQ(verdict(3, three), "opened");
    EXPECT_EQ(verdict(4, three), "invalid_input");
    EXPECT_EQ(verdict(3, ByteView(three).first(kErrorCountsBytes - 4)), "invalid_input");
    EXPECT_EQ(verdict(3, {}), "invalid_input");
    EXPECT_EQ(verdict(10, encoded(ErrorCounts{{0, 10}, 8})), "invalid_input") << "10 errors of 9 answers";
}

TEST(SealedUpdate, RefusesSoftLabelsThatAreCutOffOrCannotBe) {
    const SampleUpdate sample;
    const auto verdict = [&sample](ByteView labels) {
        ByteWriter plain;
        plain.put(std::uint64_t{1}).put(std::uint64_t{0}).put(std::uint16_t{0}).put(labels);
        const auto opened = open(sealed_plain(sample, plain.bytes(), std::byte{4}, std::byte{3}), sample.coordinator);
        return opened ? std::string("opened") : std::string(name_of(opened.error().code));
    };
    SoftLabels labels = sample_soft_labels({5, 0, 5}, 60'000);
    EXPECT_EQ(verdict(encoded(labels)), "opened");
    EXPECT_EQ(verdict(ByteView(encoded(labels)).first(soft_label_bytes(3) - 4)), "invalid_input");
    EXPECT_EQ(verdict(encoded(sample_soft_labels({5, 5}, 60'000))), "invalid_input") << "the header says three";
    EXPECT_EQ(verdict({}), "invalid_input");
    labels.shares[0] += 1;
    EXPECT_EQ(verdict(encoded(labels)), "invalid_input");
    // Beside pairs that take their room: a length that would wrap.
    ByteWriter plain;
    plain.put(std::uint64_t{1}).put(std::uint64_t{0}).put(std::uint16_t{3}).put(ByteView(Bytes(soft_label_bytes(3))));
    EXPECT_FALSE(open(sealed_plain(sample, plain.bytes(), std::byte{4}, std::byte{3}), sample.coordinator));
}

TEST(SealedUpdate, RefusesAuditsThatAreCutOffOrCannotBe) {
    const SampleUpdate sample;
    const auto verdict = [&sample](ByteView audits) {
        ByteWriter plain;
        plain.put(std::uint64_t{1}).put(std::uint64_t{0}).put(std::uint16_t{0}).put(audits);
        const auto opened = open(sealed_plain(sample, plain.bytes(), std::byte{1}), sample.coordinator);
        return opened ? std::string("opened") : std::string(name_of(opened.error().code));
    };
    AuditCounts counts = sample_audits(5, 1);
    EXPECT_EQ(verdict(encoded(counts)), "opened");
    EXPECT_EQ(verdict(ByteView(encoded(counts)).first(kAuditCountsBytes - 4)), "invalid_input");
    EXPECT_EQ(verdict({}), "invalid_input");
    counts.bins[0].differ[1] = 1;
    EXPECT_EQ(verdict(encoded(counts)), "invalid_input");
    SealedUpdate update = sample.sealed(SampleUpdate::body_of(1));
    update.header[106] = std::byte{8};
    EXPECT_EQ(read_header(update.header).error().code, ErrorCode::InvalidInput) << "an unknown flag";
}

}  // namespace
}  // namespace skerry::wire
