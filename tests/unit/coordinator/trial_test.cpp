#include "coordinator/release/trial.hpp"

#include <gmock/gmock.h>

#include "coordinator/release/canaries.hpp"

namespace skerry::coordinator {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Outcome = ledger::TrialOutcome;

constexpr TimePoint kBegan{std::chrono::hours(24 * 365 * 50)};

NodeId node(std::uint8_t number) {
    return NodeId{ByteArray<16>{std::byte{number}}};
}

struct TrialTest : ::testing::Test {
    Trial trial{{kBegan, ModelVersion{8}, ModelVersion{7}, {node(1), node(2), node(3)}, kBegan + 1h, 2000}};

    void hear(std::uint8_t from, std::uint64_t samples, std::uint64_t better, std::uint64_t worse,
              std::uint64_t cheaper = 0, std::uint64_t dearer = 0) {
        trial.hear(node(from), {ModelVersion{8}, samples, better, worse, cheaper, dearer, false});
    }
    [[nodiscard]] std::optional<Trial::Verdict> verdict() const { return trial.verdict(kBegan + 1min); }
};

TEST_F(TrialTest, AVersionWhoseAnswersAreWorseIsWithdrawnOnceTwoCanariesAgree) {
    hear(1, 300, 2, 60);
    EXPECT_FALSE(verdict()) << "one canary alone decides nothing";
    hear(2, 300, 3, 40);
    ASSERT_TRUE(verdict());
    EXPECT_EQ(verdict()->outcome, Outcome::Withdrawn);
    EXPECT_THAT(verdict()->reason, HasSubstr("100 of 600 samples"));
}

TEST_F(TrialTest, AVersionThatIsNoWorseAndNoDearerIsPublished) {
    for (std::uint8_t canary = 1; canary <= 3; ++canary)
        hear(canary, 200, 30, 20, 30, 25);
    ASSERT_TRUE(verdict());
    EXPECT_EQ(verdict()->outcome, Outcome::Published);
    EXPECT_THAT(verdict()->reason, HasSubstr("no worse"));
}

TEST_F(TrialTest, OneLyingCanaryNeitherStopsAGoodVersionNorSavesABadOne) {
    hear(1, 1'000'000, 0, 1'000'000);
    hear(2, 200, 60, 20, 30, 25);
    hear(3, 200, 60, 20, 30, 25);
    EXPECT_FALSE(verdict()) << "the others say otherwise than the liar";
    EXPECT_EQ(trial.verdict(kBegan + 1h)->outcome, Outcome::Published);

    hear(1, 1'000'000, 1'000'000, 0, 0, 0);
    hear(2, 300, 2, 60);
    hear(3, 300, 2, 60);
    EXPECT_FALSE(verdict());
    trial.forget(node(1));
    EXPECT_EQ(verdict()->outcome, Outcome::Withdrawn) << "once the liar is in quarantine";
}

TEST_F(TrialTest, AVersionThatCostsMoreIsWithdrawnUnlessItsAnswersAreBetter) {
    for (std::uint8_t canary = 1; canary <= 3; ++canary)
        hear(canary, 200, 20, 20, 5, 60);
    ASSERT_TRUE(verdict());
    EXPECT_EQ(verdict()->outcome, Outcome::Withdrawn);
    EXPECT_THAT(verdict()->reason, HasSubstr("costs more"));
    for (std::uint8_t canary = 1; canary <= 3; ++canary)
        hear(canary, 200, 50, 5, 5, 60);
    EXPECT_EQ(verdict()->outcome, Outcome::Published);
}

TEST_F(TrialTest, AVersionThatTwoCanariesCannotUseIsWithdrawn) {
    trial.hear(node(1), {ModelVersion{8}, 0, 0, 0, 0, 0, true});
    EXPECT_FALSE(verdict());
    trial.hear(node(3), {ModelVersion{8}, 0, 0, 0, 0, 0, true});
    EXPECT_EQ(verdict()->outcome, Outcome::Withdrawn);
    EXPECT_THAT(verdict()->reason, HasSubstr("self-test of 2 of 3 canaries"));
}

TEST_F(TrialTest, AVersionAgainstWhichNothingIsShownIsPublishedAfterItsSamplesOrItsTime) {
    hear(1, 1000, 1, 1);
    hear(2, 1000, 1, 1);
    EXPECT_FALSE(verdict()) << "without either, 1000 samples are left";
    hear(3, 1000, 1, 1);
    EXPECT_EQ(verdict()->outcome, Outcome::Published);
    Trial silent(trial.began());
    EXPECT_FALSE(silent.verdict(kBegan + 59min));
    EXPECT_EQ(silent.verdict(kBegan + 1h)->outcome, Outcome::Published);
}

TEST_F(TrialTest, OnlyItsCanariesAreHeardOfItsVersionAndTheNewestWordReplacesTheOld) {
    EXPECT_FALSE(trial.hear(node(4), {ModelVersion{8}, 100, 0, 100, 0, 0, false}));
    EXPECT_FALSE(trial.hear(node(1), {ModelVersion{7}, 100, 0, 100, 0, 0, false}));
    hear(1, 100, 0, 50);
    hear(1, 10, 1, 2);
    EXPECT_EQ(trial.total().samples, 10U);
    EXPECT_EQ(trial.total().worse, 2U);
}

TEST_F(TrialTest, AfterARestartCanariesHaveAMinuteToSayAgainWhatTheyHaveSeen) {
    trial.count_from(kBegan + 5h);
    EXPECT_FALSE(trial.verdict(kBegan + 5h));
    EXPECT_TRUE(trial.verdict(kBegan + 5h + 1min));
    trial.count_from(kBegan - 24h * 365);
    EXPECT_EQ(trial.deadline(), kBegan - 24h * 365 + 1h) << "a clock that was set back";
}

TEST(CanariesTest, AreAShareOfThoseThatCanCompareAndAtLeastSoMany) {
    std::vector<NodeId> nodes;
    for (std::uint8_t number = 1; number <= 100; ++number)
        nodes.push_back(node(number));
    std::uint8_t next = 0;
    const auto random = [&next] { return ByteArray<16>{std::byte{static_cast<std::uint8_t>(next++ * 37)}}; };
    const auto drawn = draw_canaries({.canary_share = 0.1, .canaries_min = 3}, nodes, random);
    EXPECT_THAT(drawn, SizeIs(10));
    EXPECT_TRUE(std::is_sorted(drawn.begin(), drawn.end()));
    EXPECT_THAT(draw_canaries({.canary_share = 0.001, .canaries_min = 3}, nodes, random), SizeIs(3));
    EXPECT_THAT(draw_canaries({.canary_share = 0, .canaries_min = 3}, nodes, random), IsEmpty());
    nodes.resize(3);
    EXPECT_THAT(draw_canaries({.canary_share = 0.1, .canaries_min = 3}, nodes, random), IsEmpty())
        << "somebody has to keep the version before";
}

}  // namespace
}  // namespace skerry::coordinator
