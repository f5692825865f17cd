#include <concepts>
#include <limits>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/wire/codec.hpp"
#include "tests/unit/wire/sample_messages.hpp"

// The tests write protobuf's wire format by hand: what a hostile peer sends need not come from a library.
namespace skerry::wire {
namespace {

using testing::HasSubstr;

std::string varint(std::uint64_t value) {
    std::string out;
    for (; value >= 0x80; value >>= 7U)
        out += static_cast<char>(value | 0x80U);
    return out += static_cast<char>(value);
}
template <std::unsigned_integral Number>
std::string field(unsigned number, Number value) {
    return varint(number << 3U) + varint(value);
}
std::string field(unsigned number, const std::string& bytes) {
    return varint(number << 3U | 2U) + varint(bytes.size()) + bytes;
}
std::string field(unsigned number, double value) {
    return varint(number << 3U | 1U) + std::string(reinterpret_cast<const char*>(&value), sizeof value);
}
Bytes frame(const std::string& bytes) {
    return copy_of(bytes_of(bytes));
}

/// Nobody accepts these frames, and everybody says InvalidInput.
void expect_refused_by_all(const Frames& frames) {
    const auto refused = [](const auto& result) { return !result && result.error().code == ErrorCode::InvalidInput; };
    EXPECT_TRUE(refused(decode_from_node(frames)));
    EXPECT_TRUE(refused(decode_from_coordinator(frames)));
    EXPECT_TRUE(refused(decode_join_request(frames)));
    EXPECT_TRUE(refused(decode_join_reply(frames)));
}

std::string why_not_from_node(const std::string& envelope) {
    const auto result = decode_from_node({frame(envelope)});
    return result ? "accepted" : result.error().message;
}
std::string why_not_from_coordinator(const std::string& envelope) {
    const auto result = decode_from_coordinator({frame(envelope)});
    return result ? "accepted" : result.error().message;
}

TEST(CodecHostile, RefusesAnythingButOneOrTwoFrames) {
    expect_refused_by_all({});
    expect_refused_by_all({{}});
    Frames chunk = encode(FromNode(UpdateChunk{Sequence{1}, 0, Bytes(10)}));
    chunk.push_back(Bytes(10));
    expect_refused_by_all(chunk);
}

TEST(CodecHostile, RefusesAControlMessageWithASecondFrame) {
    for (std::size_t kind : {0U, 1U, 2U, 4U, 5U, 6U}) {
        Frames frames = encode(Dice(1).from_node(kind));
        frames.push_back(Bytes(1));
        const auto result = decode_from_node(frames);
        ASSERT_FALSE(result) << kind;
        EXPECT_THAT(result.error().message, HasSubstr("second frame"));
    }
}

TEST(CodecHostile, RefusesAChunkWithoutPayloadOrWithTooMuch) {
    Frames frames = encode(FromNode(UpdateChunk{Sequence{1}, 0, Bytes(limits::kChunkBytes)}));
    EXPECT_TRUE(decode_from_node(frames));
    frames[1].push_back(std::byte{});
    expect_refused_by_all(frames);
    frames[1].clear();
    expect_refused_by_all(frames);
    frames.pop_back();
    expect_refused_by_all(frames);
}

TEST(CodecHostile, RefusesControlMessagesBeyondTheirLimit) {
    // An unknown field is skipped, so only the size of the frame can be the reason.
    const std::string goodbye = field(7, std::string());
    const auto padded = [&goodbye](std::size_t bytes) {
        std::string message = goodbye + varint(100U << 3U | 2U);
        message += varint(bytes - message.size() - 3);
        return message + std::string(bytes - message.size(), '\0');
    };
    EXPECT_EQ(why_not_from_node(padded(limits::kControlBytesMax)), "accepted");
    EXPECT_THAT(why_not_from_node(padded(limits::kControlBytesMax + 1)), HasSubstr("at most 65536"));
    Frames request = encode(Dice(1).join_request());
    EXPECT_TRUE(decode_join_request(request));
    const std::string padding = field(100, std::string(kJoinRequestBytesMax, '\0'));
    request[0].insert(request[0].end(), bytes_of(padding).begin(), bytes_of(padding).end());
    EXPECT_FALSE(decode_join_request(request));
}

TEST(CodecHostile, SkipsUnknownFieldsAndRefusesUnknownKinds) {
    const std::string newer =
        field(2, field(1, 5ULL) + field(2, 3ULL) + field(77, std::string("from a newer version")));
    const auto request = decode_from_node({frame(newer)});
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(std::get<LeaseRequest>(*request), (LeaseRequest{ModelVersion{5}, Tier::Heavy}));
    EXPECT_THAT(why_not_from_node(field(15, std::string())), HasSubstr("does not know"));
}

TEST(CodecHostile, RefusesMessagesOfTheOtherDirection) {
    for (std::size_t kind = 0; kind < std::variant_size_v<FromNode>; ++kind) {
        EXPECT_FALSE(decode_from_coordinator(encode(Dice(1).from_node(kind)))) << kind;
    }
    for (std::size_t kind = 0; kind < std::variant_size_v<FromCoordinator>; ++kind) {
        EXPECT_FALSE(decode_from_node(encode(Dice(1).from_coordinator(kind)))) << kind;
    }
    EXPECT_FALSE(decode_from_node(encode(Dice(1).join_request())));
    EXPECT_FALSE(decode_join_reply(encode(Dice(1).join_request())));
}

TEST(CodecHostile, RefusesAbsentAndUnknownChoices) {
    EXPECT_THAT(why_not_from_node(field(2, field(1, 5ULL))), HasSubstr("tier has the unknown value 0"));
    EXPECT_THAT(why_not_from_node(field(2, field(2, 4ULL))), HasSubstr("tier has the unknown value 4"));
    EXPECT_THAT(why_not_from_node(field(2, field(2, ~0ULL))), HasSubstr("tier has the unknown value -1"));
    EXPECT_THAT(why_not_from_coordinator(field(19, field(1, 4ULL))), HasSubstr("reason"));
    EXPECT_THAT(why_not_from_coordinator(field(22, field(2, 13ULL))), HasSubstr("refusal"));
    EXPECT_THAT(why_not_from_coordinator(field(24, field(1, 6ULL))), HasSubstr("reason"));
}

TEST(CodecHostile, RefusesAuditCountsThatAreNone) {
    const auto announcement = [](const Bytes& audits) {
        const std::string record = field(1, std::string("body")) + field(2, std::string(64, '\7'));
        return why_not_from_coordinator(field(17, field(1, record) + field(3, std::string(text_of(audits)))));
    };
    Bytes audits = encoded(Dice(1).audit_counts());
    EXPECT_EQ(announcement({}), "accepted");
    EXPECT_EQ(announcement(audits), "accepted");
    EXPECT_THAT(announcement(Bytes(audits.begin(), audits.end() - 1)), HasSubstr("1540 bytes"));
    std::fill_n(audits.begin() + 4, 12, std::byte{0});  // no requests in the first bin …
    audits[8] = std::byte{1};                           // … of which one differs
    EXPECT_THAT(announcement(audits), HasSubstr("1 of 0 requests differ"));
    EXPECT_THAT(announcement(Bytes(audits.size())), HasSubstr("without an audit"));
}

TEST(CodecHostile, RefusesAnEncodingOfWeightsThatNobodyKnows) {
    const std::string pull = field(1, 5ULL) + field(2, 3ULL) + field(3, 0ULL) + field(4, 1ULL);
    EXPECT_EQ(why_not_from_node(field(5, pull)), "accepted") << "of a node that knows of no encodings";
    EXPECT_EQ(why_not_from_node(field(5, pull + field(5, 3ULL))), "accepted");
    EXPECT_THAT(why_not_from_node(field(5, pull + field(5, 4ULL))), HasSubstr("the unknown encoding 4"));

    const std::string chunk = field(1, 5ULL) + field(2, 3ULL) + field(3, 0ULL);
    const std::vector<Bytes> frames{frame(field(23, chunk + field(4, 9ULL))), Bytes(10)};
    const auto heard = decode_from_coordinator(frames);
    ASSERT_FALSE(heard);
    EXPECT_THAT(heard.error().message, HasSubstr("the unknown encoding 9"));
}

TEST(CodecHostile, RefusesMoreEncodingsOfAVersionThanArePossible) {
    std::string announcement;
    for (std::size_t i = 0; i < kEncodingsMax; ++i)
        announcement += field(4, field(1, std::string("body")) + field(2, std::string(64, 's')));
    EXPECT_EQ(why_not_from_coordinator(field(17, announcement)), "accepted");
    announcement += field(4, std::string());
    EXPECT_THAT(why_not_from_coordinator(field(17, announcement)), HasSubstr("9 encodings; at most 8"));
}

// An alarm of class 2, in a report: fields of the schema by hand.
std::string alarm_of(std::uint64_t number, std::uint64_t label = 3, std::uint64_t detector = 3, double after = 0.5) {
    return field(11, field(1, number) + field(2, std::uint64_t{1}) + field(3, label) + field(4, detector) +
                         field(5, 0.25) + field(6, after));
}
std::string why_not_report(const std::string& alarms) {
    return why_not_from_node(field(6, field(1, std::uint64_t{1}) + alarms));
}

TEST(CodecHostile, RefusesAlarmsThatNoNodeCanRaise) {
    EXPECT_EQ(why_not_report(alarm_of(1) + alarm_of(4)), "accepted");
    EXPECT_THAT(why_not_report(alarm_of(0)), HasSubstr("out of its order"));
    EXPECT_THAT(why_not_report(alarm_of(4) + alarm_of(4)), HasSubstr("out of its order"));
    EXPECT_THAT(why_not_report(alarm_of(kAlarmNumberMax + 1)), HasSubstr("out of its order"));
    EXPECT_THAT(why_not_report(alarm_of(1, limits::kClassesMax + 1)), HasSubstr("which no model can have"));
    EXPECT_THAT(why_not_report(alarm_of(1, 3, 0)), HasSubstr("the alarm's detector"));
    EXPECT_THAT(why_not_report(alarm_of(1, 3, 9)), HasSubstr("the alarm's detector"));
    for (const double rate : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()})
        EXPECT_THAT(why_not_report(alarm_of(1, 3, 3, rate)), HasSubstr("the error rate after"));
    std::string many;
    for (std::uint64_t number = 1; number <= kReportedAlarmsMax; ++number)
        many += alarm_of(number);
    EXPECT_EQ(why_not_report(many), "accepted");
    EXPECT_THAT(why_not_report(many + alarm_of(100)), HasSubstr("at most 8"));
}

TEST(CodecHostile, RefusesADriftWithoutAnEnd) {
    const std::string record = field(1, field(1, std::string("manifest")) + field(2, std::string(64, 's')));
    const auto why_not = [&](const std::string& more) { return why_not_from_coordinator(field(17, record + more)); };
    EXPECT_EQ(why_not(field(5, std::uint64_t{7}) + field(6, field(1, std::uint64_t{1000}))), "accepted");
    EXPECT_THAT(why_not(field(5, kAlarmNumberMax + 1)), HasSubstr("so many drift alarms"));
    EXPECT_THAT(why_not(field(6, field(1, std::uint64_t{86'400'001}))), HasSubstr("longer than a day"));
}

TEST(CodecHostile, RefusesSoftLabelsThatAreNone) {
    const auto announcement = [](const Bytes& labels) {
        const std::string record = field(1, std::string("body")) + field(2, std::string(64, '\7'));
        return why_not_from_coordinator(field(17, field(1, record) + field(7, std::string(text_of(labels)))));
    };
    Bytes labels = encoded(Dice(1).soft_labels());
    EXPECT_EQ(announcement({}), "accepted");
    EXPECT_EQ(announcement(labels), "accepted");
    EXPECT_THAT(announcement(Bytes(labels.begin(), labels.end() - 1)), HasSubstr("soft labels of no model"));
    EXPECT_THAT(announcement(Bytes(soft_label_bytes(10))), HasSubstr("without a row"));
    labels[0] = labels[1] = labels[2] = labels[3] = std::byte{0};
    EXPECT_THAT(announcement(labels), HasSubstr("of 0 rows whose shares add up to 65535"));
}

TEST(CodecHostile, RefusesChunkNumbersWhoseArithmeticWouldOverflow) {
    const auto pull = [](std::uint64_t first, std::uint64_t count) {
        return why_not_from_coordinator(field(20, field(1, 1ULL) + field(2, first) + field(3, count)));
    };
    EXPECT_EQ(pull(kTransferChunksMax - 1, limits::kChunkCredit), "accepted");
    EXPECT_THAT(pull(kTransferChunksMax, 1), HasSubstr("beyond any transfer"));
    EXPECT_THAT(pull(0xFFFFFFFF, 4), HasSubstr("beyond any transfer"));
    EXPECT_THAT(pull(0, 0), HasSubstr("must be 1 to 4"));
    EXPECT_THAT(pull(0, 5), HasSubstr("must be 1 to 4"));
}

TEST(CodecHostile, RefusesNumbersOutOfTheirRange) {
    const auto report = [](const std::string& fields) { return why_not_from_node(field(6, fields)); };
    EXPECT_EQ(report(field(6, 1.0) + field(9, 0.5)), "accepted");
    EXPECT_THAT(report(field(6, 1.5)), HasSubstr("accuracy"));
    EXPECT_THAT(report(field(6, -0.5)), HasSubstr("accuracy"));
    EXPECT_THAT(report(field(6, std::numeric_limits<double>::quiet_NaN())), HasSubstr("accuracy"));
    EXPECT_THAT(report(field(9, std::numeric_limits<double>::infinity())), HasSubstr("learning rate"));
    EXPECT_THAT(report(field(8, field(2, 1ULL << 32U))), HasSubstr("latency"));
    const auto hello = [](std::uint64_t expires_ms) {
        return why_not_from_node(field(1, field(2, std::string(32, 'm')) + field(5, expires_ms)));
    };
    EXPECT_EQ(hello(253'402'300'799'999), "accepted");
    EXPECT_THAT(hello(253'402'300'800'000), HasSubstr("1970 and 9999"));
    EXPECT_THAT(hello(~0ULL), HasSubstr("1970 and 9999"));
}

TEST(CodecHostile, RefusesFieldsOfAnotherSize) {
    EXPECT_THAT(why_not_from_node(field(1, field(2, std::string(31, 'm')))), HasSubstr("31 bytes, must have 32"));
    EXPECT_THAT(why_not_from_node(field(1, std::string())), HasSubstr("0 bytes, must have 32"));
    const auto grant = [](std::size_t body, std::size_t signature) {
        const std::string record = field(1, std::string(body, 'b')) + field(2, std::string(signature, 's'));
        return why_not_from_coordinator(field(18, field(1, record)));
    };
    EXPECT_EQ(grant(kSignedBodyBytesMax, 64), "accepted");
    EXPECT_THAT(grant(kSignedBodyBytesMax + 1, 64), HasSubstr("at most 1024"));
    EXPECT_THAT(grant(10, 63), HasSubstr("signature has 63 bytes"));
    EXPECT_THAT(grant(10, 0), HasSubstr("signature has 0 bytes"));
    const std::string lease = field(1, field(1, std::string("b")) + field(2, std::string(64, 's')));
    EXPECT_THAT(why_not_from_node(field(3, lease + field(2, std::string(257, 'h')))), HasSubstr("at most 256"));
}

TEST(CodecHostile, RefusesTextsThatAreLongOrSteerTerminals) {
    const auto denied = [](const std::string& text) {
        return why_not_from_coordinator(field(24, field(1, 1ULL) + field(2, text)));
    };
    EXPECT_EQ(denied("ask the operator"), "accepted");
    EXPECT_EQ(denied(std::string(limits::kTextMax, 'x')), "accepted");
    EXPECT_THAT(denied(std::string(limits::kTextMax + 1, 'x')), HasSubstr("longer than 512"));
    EXPECT_THAT(denied("a\nevent=forged"), HasSubstr("control characters"));
    EXPECT_THAT(denied("\x1b[2J"), HasSubstr("control characters"));
    EXPECT_THAT(denied("\xFF"), HasSubstr("UTF-8"));
    JoinRequest request = Dice(1).join_request();
    request.name.clear();
    EXPECT_THAT(decode_join_request(encode(request)).error().message, HasSubstr("must not be empty"));
    request.name.assign(kNodeNameBytesMax + 1, 'n');
    EXPECT_THAT(decode_join_request(encode(request)).error().message, HasSubstr("at most 64"));
}

TEST(CodecHostile, RefusesLengthsThatReachBeyondTheFrame) {
    expect_refused_by_all({frame(varint(1U << 3U | 2U) + varint(0xFFFFFFFF) + "x")});
    expect_refused_by_all({frame(varint(1U << 3U | 2U) + varint(~0ULL))});
    expect_refused_by_all({frame(std::string(64, '\xFF'))});
    std::string nested;  // deeper than protobuf follows
    for (int i = 0; i < 5000; ++i)
        nested = field(17, nested).substr(0, 60000);
    expect_refused_by_all({frame(nested + "\xFF")});
}

TEST(CodecHostile, SurvivesTruncationAtEveryByte) {
    for (std::size_t kind = 0; kind < std::variant_size_v<FromCoordinator>; ++kind) {
        const Frames whole = encode(Dice(3).from_coordinator(kind));
        for (std::size_t size = 0; size < whole[0].size(); size += size < 300 ? 1 : 37) {
            Frames cut = whole;
            cut[0].resize(size);
            if (cut.size() == 2) cut[1].resize(1);
            const auto result = decode_from_coordinator(std::move(cut));
            EXPECT_TRUE(result || result.error().code == ErrorCode::InvalidInput);
        }
    }
}

TEST(CodecHostile, SurvivesRandomBytesAndRandomDamage) {
    for (std::uint64_t seed = 0; seed < 3000; ++seed) {
        SCOPED_TRACE(seed);
        Dice dice(seed);
        Frames frames = {dice.bytes(dice.below(400))};
        if (seed % 3 == 1) frames = encode(dice.from_node(dice.below(std::variant_size_v<FromNode>)));
        if (seed % 3 == 2) frames = encode(dice.from_coordinator(dice.below(std::variant_size_v<FromCoordinator>)));
        if (frames.size() == 2) frames[1].resize(8);
        for (std::uint64_t i = dice.below(6); i > 0 && !frames[0].empty(); --i) {
            frames[0][dice.below(frames[0].size())] = static_cast<std::byte>(dice.below(256));
        }
        const auto sound = [](const auto& result) { return result || result.error().code == ErrorCode::InvalidInput; };
        EXPECT_TRUE(sound(decode_from_node(frames)));
        EXPECT_TRUE(sound(decode_from_coordinator(frames)));
        EXPECT_TRUE(sound(decode_join_request(frames)));
        EXPECT_TRUE(sound(decode_join_reply(frames)));
    }
}

}  // namespace
}  // namespace skerry::wire
