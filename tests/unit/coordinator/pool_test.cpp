#include "coordinator/round/pool.hpp"

#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

NodeId pool_node(int number) {
    NodeId id;
    id.value[0] = static_cast<std::byte>(number);
    return id;
}

ledger::UpdateAccepted accepted(NodeId from, std::uint64_t sequence, std::uint64_t weight = 64) {
    ledger::UpdateAccepted event;
    event.at = kStart;
    event.update = {from, Sequence{sequence}};
    event.lease.value = from.value;
    event.lease.value[15] = static_cast<std::byte>(sequence);
    event.lease_expires = kStart + 1h;
    event.weight = weight;
    return event;
}

TEST(Pool, CountsWhatWasFrozenAndKeepsWhatCameLater) {
    Pool pool;
    pool.apply(accepted(pool_node(2), 5));
    pool.apply(accepted(pool_node(1), 3));
    pool.apply(ledger::RoundFrozen{kStart, RoundId{1}, ModelVersion{1}, pool.next_set()});
    EXPECT_FALSE(pool.waits(pool_node(1)));
    pool.apply(accepted(pool_node(1), 4));
    pool.apply(ledger::VersionPublished{});
    EXPECT_EQ(pool.of(pool_node(1)).counted, Sequence{3});
    EXPECT_EQ(pool.of(pool_node(2)).counted, Sequence{5});
    EXPECT_THAT(pool.waiting(), SizeIs(1));
    EXPECT_TRUE(pool.waits(pool_node(1)));
    EXPECT_TRUE(pool.frozen().empty());
}

TEST(Pool, LetsGoOfWhatIsSetAside) {
    Pool pool;
    pool.apply(accepted(pool_node(1), 3));
    pool.apply(accepted(pool_node(2), 5));
    pool.apply(ledger::UpdateSetAside{kStart, RoundId{1}, {pool_node(1), Sequence{3}}, "its node was revoked"});
    EXPECT_THAT(pool.next_set(), ElementsAre(UpdateId{pool_node(2), Sequence{5}}));
    EXPECT_FALSE(pool.waits(pool_node(1)));
    EXPECT_EQ(pool.of(pool_node(1)).decided, Sequence{3}) << "its sequence stays spent";
}

TEST(Pool, HoldsWhatANodeInQuarantineHasSentUntilItIsReleased) {
    Pool pool;
    pool.apply(accepted(pool_node(1), 3));
    pool.apply(accepted(pool_node(2), 5));
    pool.apply(ledger::NodeQuarantined{kStart, pool_node(1), {}, "odd"});
    EXPECT_THAT(pool.next_set(), ElementsAre(UpdateId{pool_node(2), Sequence{5}}));
    ASSERT_NE(pool.held_of(pool_node(1)), nullptr);
    EXPECT_EQ(pool.held_of(pool_node(1))->update.sequence, Sequence{3});
    EXPECT_TRUE(pool.waits(pool_node(1))) << "it has its turn behind it";
    pool.apply(ledger::NodeReleased{kStart, pool_node(1)});
    EXPECT_THAT(pool.next_set(), SizeIs(2));
    EXPECT_TRUE(pool.held().empty());

    pool.apply(ledger::NodeQuarantined{kStart, pool_node(3), {}, "odd"});
    pool.apply(accepted(pool_node(3), 1));
    EXPECT_THAT(pool.held(), SizeIs(1)) << "what comes later is held too";
    pool.apply(ledger::UpdateSetAside{kStart, RoundId{1}, {pool_node(3), Sequence{1}}, "discarded"});
    EXPECT_TRUE(pool.held().empty());
    EXPECT_FALSE(pool.waits(pool_node(3)));
}

TEST(Pool, TakesNoMoreIntoOneSetThanOneSumHolds) {
    Pool pool;
    const std::uint64_t fit = limits::kRoundWeightMax / limits::kUpdateWeightMax;
    for (std::uint64_t k = 0; k < fit + 2; ++k) {
        pool.apply(accepted(pool_node(static_cast<int>(k % 200) + 1), k + 1, limits::kUpdateWeightMax));
    }
    const auto set = pool.next_set();
    EXPECT_THAT(set, SizeIs(fit));
    EXPECT_TRUE(std::is_sorted(set.begin(), set.end()));
    pool.apply(ledger::RoundFrozen{kStart, RoundId{1}, ModelVersion{1}, set});
    EXPECT_THAT(pool.waiting(), SizeIs(2));
    EXPECT_EQ(pool.waiting().front().update.sequence, Sequence{fit + 1}) << "the oldest go first";
}

TEST(Pool, RemembersASpentLeaseUntilItHasExpired) {
    Pool pool;
    const auto event = accepted(pool_node(1), 3);
    pool.apply(event);
    EXPECT_EQ(pool.spent_by(event.lease), event.update);
    pool.forget_expired(kStart + 59min);
    EXPECT_EQ(pool.spent_by(event.lease), event.update);
    pool.forget_expired(kStart + 1h);
    EXPECT_EQ(pool.spent_by(event.lease), std::nullopt);
}

TEST(Pool, BoundsTheRefusalsThatOneNodeCanWrite) {
    Pool pool;
    ledger::UpdateRefused refused;
    refused.at = kStart;
    refused.round = RoundId{4};
    refused.update = {pool_node(1), Sequence{1}};
    for (int k = 0; k < 16; ++k) {
        EXPECT_TRUE(pool.may_record_refusal(pool_node(1), RoundId{4}, kStart));
        pool.apply(refused);
    }
    EXPECT_FALSE(pool.may_record_refusal(pool_node(1), RoundId{4}, kStart));
    EXPECT_TRUE(pool.may_record_refusal(pool_node(2), RoundId{4}, kStart));
    EXPECT_TRUE(pool.may_record_refusal(pool_node(1), RoundId{5}, kStart)) << "a new round, a new chance";
    EXPECT_TRUE(pool.may_record_refusal(pool_node(1), RoundId{4}, kStart + 1h)) << "nothing waits for ever";
}

}  // namespace
}  // namespace skerry::coordinator
