#include "common/wire/codec.hpp"

#include <cmath>
#include <limits>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/wire/sample_messages.hpp"

namespace skerry::wire {
namespace {

constexpr std::uint64_t kSeeds = 60;

TEST(Codec, ReturnsEveryMessageOfANodeAsItWasSent) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        for (std::size_t kind = 0; kind < std::variant_size_v<FromNode>; ++kind) {
            SCOPED_TRACE(testing::Message() << "seed " << seed << " kind " << kind);
            const FromNode sent = Dice(seed).from_node(kind);
            ASSERT_EQ(sent.index(), kind);
            const auto received = decode_from_node(encode(sent));
            ASSERT_TRUE(received) << received.error().message;
            EXPECT_TRUE(*received == sent);
        }
    }
}

TEST(Codec, ReturnsEveryMessageOfTheCoordinatorAsItWasSent) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        for (std::size_t kind = 0; kind < std::variant_size_v<FromCoordinator>; ++kind) {
            SCOPED_TRACE(testing::Message() << "seed " << seed << " kind " << kind);
            const FromCoordinator sent = Dice(seed).from_coordinator(kind);
            ASSERT_EQ(sent.index(), kind);
            const auto received = decode_from_coordinator(encode(sent));
            ASSERT_TRUE(received) << received.error().message;
            EXPECT_TRUE(*received == sent);
        }
    }
}

TEST(Codec, ReturnsTheEnrolmentAsItWasSent) {
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        SCOPED_TRACE(seed);
        const JoinRequest request = Dice(seed).join_request();
        const auto received_request = decode_join_request(encode(request));
        ASSERT_TRUE(received_request) << received_request.error().message;
        EXPECT_TRUE(*received_request == request);

        const JoinReply reply = Dice(seed).join_reply();
        const auto received_reply = decode_join_reply(encode(reply));
        ASSERT_TRUE(received_reply) << received_reply.error().message;
        EXPECT_TRUE(*received_reply == reply);
    }
}

TEST(Codec, KeepsTheLinesOfADeclaredModelOfTheLargestSize) {
    JoinReply reply = Dice(1).join_reply();
    reply.model.assign(limits::kModelTextBytesMax, '\n');
    reply.model.front() = '\t';
    EXPECT_EQ(decode_join_reply(encode(reply)).value(), reply);
}

TEST(Codec, PutsTheBytesOfAChunkIntoASecondFrameAsTheyAre) {
    const Bytes payload = Dice(1).bytes(1000);
    const Frames frames = encode(FromNode(UpdateChunk{Sequence{3}, 2, payload}));
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_EQ(frames[1], payload);
    EXPECT_LT(frames[0].size(), 16U);
    EXPECT_EQ(encode(FromNode(Goodbye{})).size(), 1U);
}

TEST(Codec, CutsAndCleansTextsSoThatTheOtherEndAcceptsThem) {
    Refusal refusal;
    refusal.text = "first line\nsecond \xFF" + std::string(limits::kTextMax, 'x');
    const auto received = decode_from_coordinator(encode(FromCoordinator(refusal)));
    ASSERT_TRUE(received) << received.error().message;
    const std::string& text = std::get<Refusal>(*received).text;
    EXPECT_EQ(text.size(), limits::kTextMax);
    EXPECT_THAT(text, testing::StartsWith("first line?second ?xxx"));
}

TEST(Codec, SendsNumbersThatHaveNoValueAsZeroInsteadOfLosingTheHeartbeat) {
    Report report;
    report.accuracy_recent = std::numeric_limits<double>::quiet_NaN();
    report.learning_rate = std::numeric_limits<double>::infinity();
    const auto received = decode_from_node(encode(FromNode(report)));
    ASSERT_TRUE(received) << received.error().message;
    EXPECT_EQ(std::get<Report>(*received).accuracy_recent, 0.0);
    EXPECT_EQ(std::get<Report>(*received).learning_rate, 0.0);
}

TEST(Codec, NamesRefusalsStably) {
    const std::vector<std::string_view> names = {"malformed",  "unsigned",      "unleased",  "replayed",
                                                 "stale",      "oversized",     "misshapen", "undecryptable",
                                                 "non_finite", "out_of_bounds", "norm",      "not_your_turn"};
    for (std::size_t i = 0; i < names.size(); ++i) {
        EXPECT_EQ(name_of(static_cast<RefusalCode>(i)), names[i]);
        EXPECT_EQ(refusal_named(names[i]).value(), static_cast<RefusalCode>(i));
    }
    EXPECT_EQ(refusal_named("tired").error().code, ErrorCode::InvalidInput);
    EXPECT_EQ(name_of(LeaseDenied::Reason::TierTooHigh), "tier_too_high");
    EXPECT_EQ(name_of(Denied::Reason::UnknownVersion), "unknown_version");
    EXPECT_EQ(name_of(Denied::Reason::Expired), "expired");
}

}  // namespace
}  // namespace skerry::wire
