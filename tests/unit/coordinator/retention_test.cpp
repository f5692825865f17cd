#include "coordinator/round/retention.hpp"

#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ledger::RetentionLimit;

// A history of rounds of one update each.
class RetentionTest : public ::testing::Test {
protected:
    void publish(std::uint64_t bytes) {
        ++round_;
        ledger::UpdateAccepted accepted;
        accepted.update.sequence = Sequence{round_};
        accepted.bytes = bytes;
        retention_.apply(accepted);
        retention_.apply(ledger::RoundFrozen{kStart, RoundId{round_}, ModelVersion{round_}, {accepted.update}});
        ledger::VersionPublished published;
        published.round = RoundId{round_};
        published.version = ModelVersion{round_ + 1};
        retention_.apply(published);
    }
    std::vector<RoundId> erased_until_kept(const RetentionPolicy& policy) {
        std::vector<RoundId> erased;
        while (const auto due = retention_.due(policy, kStart)) {
            erased.push_back(due->round);
            last_ = *due;
            retention_.apply(*due);
        }
        return erased;
    }

    Retention retention_;
    ledger::UpdatesErased last_;
    std::uint64_t round_ = 0;
};

TEST_F(RetentionTest, KeepsTheNewestRounds) {
    for (int i = 0; i < 5; ++i)
        publish(100);
    EXPECT_EQ(erased_until_kept({5, 1000}), std::vector<RoundId>{});
    EXPECT_EQ(erased_until_kept({3, 1000}), (std::vector{RoundId{1}, RoundId{2}}));
    EXPECT_EQ(last_, (ledger::UpdatesErased{kStart, RoundId{2}, 1, 100, RetentionLimit::RoundsVerifiable}));
    EXPECT_EQ(retention_.bytes(), 300U);
    EXPECT_EQ(erased_until_kept({0, 1000}).size(), 3U);
    EXPECT_EQ(retention_.bytes(), 0U);
}

TEST_F(RetentionTest, KeepsNoMoreBytesThanItMay) {
    publish(500);
    publish(100);
    publish(300);
    EXPECT_EQ(erased_until_kept({10, 400}), std::vector{RoundId{1}});
    EXPECT_EQ(last_.limit, RetentionLimit::UpdatesKept);
    EXPECT_EQ(erased_until_kept({10, 299}), (std::vector{RoundId{2}, RoundId{3}}))
        << "what is larger alone than all may be is not kept either";
}

TEST_F(RetentionTest, NeverCountsWhatWaitsOrIsBeingSummed) {
    ledger::UpdateAccepted waiting;
    waiting.update.sequence = Sequence{77};
    waiting.bytes = 1000;
    retention_.apply(waiting);
    EXPECT_FALSE(retention_.due({0, 1}, kStart));
    retention_.apply(ledger::RoundFrozen{kStart, RoundId{1}, ModelVersion{1}, {waiting.update}});
    EXPECT_FALSE(retention_.due({0, 1}, kStart));
    waiting.update.sequence = Sequence{78};
    retention_.apply(waiting);
    retention_.apply(ledger::UpdateSetAside{kStart, RoundId{2}, waiting.update, "its node was revoked"});
    ledger::VersionPublished published;
    published.round = RoundId{1};
    retention_.apply(published);
    EXPECT_EQ(retention_.bytes(), 1000U) << "what was set aside is not of it";
}

TEST_F(RetentionTest, LetsGoOfWhatGoesWithItsVersion) {
    publish(100);
    publish(100);
    retention_.apply(ledger::VersionDropped{kStart, ModelVersion{1}});  // the initial weights
    EXPECT_EQ(retention_.bytes(), 200U);
    retention_.apply(ledger::VersionDropped{kStart, ModelVersion{2}});
    EXPECT_EQ(retention_.bytes(), 100U);
    EXPECT_EQ(erased_until_kept({0, 1000}), std::vector{RoundId{2}});
    retention_.apply(ledger::VersionDropped{kStart, ModelVersion{3}});
    EXPECT_EQ(retention_.bytes(), 0U) << "nothing goes twice";
}

}  // namespace
}  // namespace skerry::coordinator
