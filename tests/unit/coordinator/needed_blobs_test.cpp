#include "coordinator/ledger/needed_blobs.hpp"

#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator::ledger {
namespace {

NeededBlobs needed_by(const FederationBench& bench) {
    NeededBlobs needed;
    for (const Event& event : bench.journal.events(kFederationStream))
        needed.apply(event);
    return needed;
}

TEST(NeededBlobs, AreTheWeightsThatAreHeldAndTheUpdatesThatWaitOrWereCountedInThem) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    for (int round = 0; round < 4; ++round) {
        bench.contribute(first, kOnes);
        bench.contribute(second, kOnes);
    }
    bench.contribute(first, kOnes);
    ASSERT_EQ(bench.core->versions().size(), 3U) << "3 of 5 are kept, each with two updates; one update waits";
    const NeededBlobs needed = needed_by(bench);
    EXPECT_EQ(needed.all().size(), 3U + 6U + 1U);
    for (const auto& [number, version] : bench.core->versions())
        EXPECT_EQ(needed.all().at(version.weights).what, "the weights of version " + std::to_string(number.value));
    EXPECT_TRUE(needed.all().contains(bench.core->pool().waiting().front().content));
    for (const auto& [name, blob] : needed.all())
        EXPECT_TRUE(*bench.blobs.has(name)) << blob.what;
}

TEST(NeededBlobs, AreThoseThatAreBeingSummedToo) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    bench.hold_sums();
    bench.contribute(first, kOnes);
    bench.contribute(second, kOnes);
    ASSERT_TRUE(bench.core->frozen_round());
    EXPECT_EQ(needed_by(bench).all().size(), 1U + 2U);
}

TEST(NeededBlobs, AreNotThoseOfUpdatesThatWereSetAside) {
    FederationBench bench;
    FakeNode node = bench.enrolled();
    bench.contribute(node, kOnes);
    bench.tell(OperatorRevokesNode{1, node.id(), "stolen"});
    EXPECT_EQ(needed_by(bench).all().size(), 1U);
}

TEST(NeededBlobs, AreNotTheUpdatesThatWereErasedBeforeTheirVersion) {
    Policy policy = FederationBench::small_policy();
    policy.retention.rounds_verifiable = 1;
    FederationBench bench(policy);
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    for (int round = 0; round < 4; ++round) {
        bench.contribute(first, kOnes);
        bench.contribute(second, kOnes);
    }
    ASSERT_EQ(bench.core->versions().size(), 3U);
    EXPECT_EQ(needed_by(bench).all().size(), 3U + 2U) << "of the newest round alone";
}

TEST(NeededBlobs, KeepWeightsThatAnotherVersionShares) {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    for (int round = 0; round < 3; ++round) {
        bench.contribute(first, std::vector<float>(8, 0.0F));
        bench.contribute(second, std::vector<float>(8, 0.0F));
    }
    EXPECT_TRUE(needed_by(bench).all().contains(bench.core->newest().weights));
}

}  // namespace
}  // namespace skerry::coordinator::ledger
