#include "coordinator/registry/join_limits.hpp"

#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;

crypto::Secret<32> guessed() {
    return wire::proof_key(Digest{});
}

TEST(JoinLimits, StopGuessesAtATokenForAWhileAndSaysForHowLong) {
    FederationBench bench;
    const auto token = bench.make_token();
    FakeNode guesser;
    for (std::uint32_t k = 0; k < JoinLimits::kWrongSecrets; ++k)
        EXPECT_THAT(bench.join(guesser, token.id, guessed()).text, HasSubstr("secret is wrong"));
    bench.wait(20s);
    FakeNode owner;
    EXPECT_THAT(bench.join(owner, token.id, token.key).text, HasSubstr("too many attempts to join: try again in 40 s"));
    const auto other = bench.make_token();
    FakeNode third;
    EXPECT_TRUE(bench.join(third, other.id, other.key).admitted) << "another token is not concerned";
    bench.wait(40s);
    EXPECT_TRUE(bench.join(owner, token.id, token.key).admitted);
}

TEST(JoinLimits, StrangersDoNotKeepTheHoldersOfATokenOut) {
    FederationBench bench;
    const auto token = bench.make_token();
    FakeNode stranger;
    for (std::uint32_t k = 0; k < JoinLimits::kStrangers; ++k)
        EXPECT_THAT(bench.join(stranger, TokenId{}, guessed()).text, HasSubstr("no such token"));
    EXPECT_THAT(bench.join(stranger, TokenId{}, guessed()).text, HasSubstr("too many attempts"));
    FakeNode node;
    EXPECT_TRUE(bench.join(node, token.id, token.key).admitted);
}

TEST(JoinLimits, BoundAllAttemptsAlsoThoseThatAreProven) {
    JoinLimits limits;
    const TokenId token{};
    for (std::uint32_t k = 0; k < JoinLimits::kHolders; ++k)
        EXPECT_FALSE(limits.knock(token, kStart));
    EXPECT_EQ(limits.knock(token, kStart + 59s), 1s);
    EXPECT_FALSE(limits.knock(token, kStart + 60s));
}

TEST(JoinLimits, BeginAgainWhenTheClockIsSetBack) {
    JoinLimits limits;
    for (std::uint32_t k = 0; k <= JoinLimits::kStrangers; ++k)
        static_cast<void>(limits.knock(std::nullopt, kStart));
    EXPECT_TRUE(limits.knock(std::nullopt, kStart));
    EXPECT_FALSE(limits.knock(std::nullopt, kStart - 24h));
}

TEST(JoinLimits, AnUnknownTokenIsToldTheSameAsAWrongSecret) {
    FederationBench bench;
    const auto token = bench.make_token();
    FakeNode guesser;
    const auto unknown = bench.join(guesser, TokenId{}, guessed());
    const auto wrong = bench.join(guesser, token.id, guessed());
    EXPECT_FALSE(unknown.admitted || wrong.admitted);
    EXPECT_EQ(unknown.text, wrong.text);
    EXPECT_NE(unknown.proof, (ByteArray<32>{})) << "both answers are made with the same work";
    EXPECT_NE(wrong.proof, (ByteArray<32>{}));
}

}  // namespace
}  // namespace skerry::coordinator
