#include "common/wire/token.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/hash.hpp"
#include "tests/unit/wire/golden.hpp"

namespace skerry::wire {
namespace {

using testing::HasSubstr;

JoinToken token() {
    JoinToken made;
    made.id.value.fill(std::byte{0xD0});
    std::fill(made.secret.writable().begin(), made.secret.writable().end(), std::byte{0xD1});
    made.root.value.fill(std::byte{0xD2});
    made.transport.fill(std::byte{0xD3});
    made.enrol_endpoint = "tcp://fleet.example:7601";
    return made;
}

std::string why_not(std::string_view text) {
    const auto parsed = parse_token(text);
    if (parsed) return "accepted";
    EXPECT_EQ(parsed.error().code, ErrorCode::InvalidInput);
    return parsed.error().message;
}

TEST(Token, IsTheGoldenWordAndReadsBack) {
    EXPECT_EQ(to_text(token()), golden::kToken);
    const auto parsed = parse_token("  " + to_text(token()) + "\n");
    ASSERT_TRUE(parsed) << parsed.error().message;
    const JoinToken made = token();
    EXPECT_EQ(parsed->id, made.id);
    EXPECT_TRUE(crypto::equal_in_constant_time(parsed->secret.view(), made.secret.view()));
    EXPECT_EQ(parsed->root, token().root);
    EXPECT_EQ(parsed->transport, token().transport);
    EXPECT_EQ(parsed->enrol_endpoint, token().enrol_endpoint);
}

TEST(Token, NoticesEveryMistypedCharacter) {
    const std::string text = to_text(token());
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const char typed : {'A', '7', '_', '!'}) {
            if (text[i] == typed) continue;
            std::string mistyped = text;
            mistyped[i] = typed;
            EXPECT_NE(why_not(mistyped), "accepted") << "character " << i;
        }
    }
    std::string swapped = text;
    std::swap(swapped[10], swapped[150]);
    ASSERT_NE(swapped, text);
    EXPECT_THAT(why_not(swapped), HasSubstr("mistyped"));
}

TEST(Token, NoticesWhereverItIsCutOff) {
    const std::string text = to_text(token());
    for (std::size_t size = 4; size < text.size(); ++size) {
        EXPECT_THAT(why_not(std::string_view(text).substr(0, size)), HasSubstr("cut off")) << size;
    }
    EXPECT_THAT(why_not(text + "AAAA"), HasSubstr("more after its end"));
    EXPECT_THAT(why_not(text + std::string(100'000, 'A')), HasSubstr("more after its end"));
}

TEST(Token, SaysThatAnotherVersionNeedsAnotherProgram) {
    std::string newer = to_text(token());
    newer[2] = '2';
    EXPECT_THAT(why_not(newer), HasSubstr("version 2"));
    EXPECT_THAT(why_not("sk12.AAAA"), HasSubstr("version 12"));
    EXPECT_THAT(why_not(""), HasSubstr("sk1."));
    EXPECT_THAT(why_not("hello"), HasSubstr("sk1."));
    EXPECT_THAT(why_not("sk.AAAA"), HasSubstr("sk1."));
}

TEST(Token, NamesAnEndpointThatCanBeDialled) {
    JoinToken other = token();
    other.enrol_endpoint = "ipc:///tmp/x";
    EXPECT_THAT(why_not(to_text(other)), HasSubstr("tcp://"));
    other.enrol_endpoint = "tcp://host\n:1";
    EXPECT_THAT(why_not(to_text(other)), HasSubstr("tcp://"));
}

TEST(Token, NeverAppearsInWhatIsSaidAboutIt) {
    const std::string text = to_text(token());
    std::string mistyped = text;
    mistyped.back() = mistyped.back() == 'A' ? 'B' : 'A';
    EXPECT_THAT(why_not(mistyped), testing::Not(HasSubstr(text.substr(4, 12))));
}

TEST(Token, LeavesTheLedgerOnlyAHash) {
    const JoinToken made = token();
    EXPECT_EQ(secret_hash(made), crypto::sha256(made.secret.view()));
}

}  // namespace
}  // namespace skerry::wire
