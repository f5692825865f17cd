#include <algorithm>

#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct QuarantineTest : ::testing::Test {
    FederationBench bench;
    FakeNode node = bench.enrolled();
    FakeNode other = bench.enrolled();
    FakeNode third = bench.enrolled();

    void quarantine() { bench.tell(OperatorQuarantinesNode{1, node.id(), "its camera was moved"}); }
    void release(bool discard = false) { bench.tell(OperatorReleasesNode{1, node.id(), discard}); }
    void publish_without_it() {
        bench.contribute(other, kOnes);
        bench.contribute(third, kOnes);
    }
    [[nodiscard]] std::string set_aside_because() const {
        const auto& events = bench.journal.events(ledger::kFederationStream);
        const auto aside = std::find_if(events.begin(), events.end(), [](const ledger::Event& event) {
            return std::holds_alternative<ledger::UpdateSetAside>(event);
        });
        return aside == events.end() ? "" : std::get<ledger::UpdateSetAside>(*aside).reason;
    }
};

TEST_F(QuarantineTest, ReceiptsWhatTheNodeSendsAndCountsItNowhere) {
    quarantine();
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(node, kOnes)));
    EXPECT_FALSE(bench.core->open_round()) << "a held update begins no round";
    bench.contribute(other, kOnes);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{1}) << "one that waits is no quorum of two";
    bench.restart();
    bench.contribute(third, kOnes);
    EXPECT_EQ(bench.newest_manifest().updates, 2U);
    EXPECT_EQ(bench.core->pool().of(node.id()).counted, Sequence{0});
    EXPECT_THAT(bench.core->pool().held(), SizeIs(1));
}

TEST_F(QuarantineTest, DeniesASecondLeaseWithASentenceThatSaysWhy) {
    quarantine();
    bench.contribute(node, kOnes);
    const auto said = bench.say(node, wire::LeaseRequest{ModelVersion{1}, Tier::Heavy});
    const auto& denied = std::get<wire::LeaseDenied>(said.at(0));
    EXPECT_EQ(denied.reason, wire::LeaseDenied::Reason::Wait);
    EXPECT_THAT(denied.text, HasSubstr("its camera was moved"));
    EXPECT_THAT(denied.text, HasSubstr("update 1"));
}

TEST_F(QuarantineTest, GoesOnServingVersions) {
    quarantine();
    publish_without_it();
    wire::Hello hello;
    hello.protocol = limits::kProtocolVersion;
    hello.model = bench.core->model().identity;
    const auto welcome = std::get<wire::Welcome>(bench.say(node, hello).at(0));
    EXPECT_EQ(wire::open_manifest(welcome.newest.manifest, bench.keys.signing.verify_key())->version, ModelVersion{2});
    const wire::ModelPull pull{ModelVersion{2}, Tier::Heavy, 0, 1};
    EXPECT_TRUE(std::holds_alternative<wire::ModelChunk>(bench.say(node, pull).at(0)));
}

TEST_F(QuarantineTest, HoldsWhatWaitedAndLeavesAFrozenSetAsItIs) {
    bench.contribute(node, kOnes);
    quarantine();
    EXPECT_THAT(bench.core->pool().waiting(), IsEmpty());
    release();
    bench.hold_sums();
    bench.contribute(other, kOnes);
    ASSERT_TRUE(bench.core->frozen_round());
    quarantine();
    EXPECT_THAT(bench.core->pool().held(), IsEmpty());
    bench.finish_sums();
    EXPECT_EQ(bench.newest_manifest().updates, 2U);
    EXPECT_EQ(bench.core->pool().of(node.id()).counted, Sequence{1});
}

TEST_F(QuarantineTest, LetsWhatIsReleasedWaitForTheNextRound) {
    quarantine();
    bench.contribute(node, std::vector<float>(8, 3.0F));
    bench.restart();
    release();
    EXPECT_THAT(bench.core->pool().held(), IsEmpty());
    bench.contribute(other, kOnes);
    EXPECT_EQ(bench.newest_weights()[0], 2.5F);
    EXPECT_EQ(bench.core->pool().of(node.id()).counted, Sequence{1});
}

TEST_F(QuarantineTest, SetsAsideForEverWhatTheOperatorDiscards) {
    quarantine();
    bench.contribute(node, kOnes);
    release(true);
    EXPECT_THAT(set_aside_because(), HasSubstr("discarded"));
    publish_without_it();
    EXPECT_EQ(bench.newest_manifest().updates, 2U);
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(node, kOnes))) << "its next one is welcome";
    bench.contribute(other, kOnes);
    EXPECT_EQ(bench.core->pool().of(node.id()).counted, Sequence{2});
}

TEST_F(QuarantineTest, SetsAsideWhatHasGrownTooOldMeanwhile) {
    bench.policy.versions_kept = 20;
    bench.restart();
    quarantine();
    bench.contribute(node, kOnes);
    for (std::uint64_t round = 0; round < limits::kStalenessMax; ++round)
        publish_without_it();
    release();
    EXPECT_THAT(bench.core->pool().waiting(), SizeIs(1)) << "just young enough";
    quarantine();
    publish_without_it();
    release();
    EXPECT_THAT(bench.core->pool().waiting(), IsEmpty());
    EXPECT_THAT(set_aside_because(), HasSubstr("too old"));
}

TEST_F(QuarantineTest, EndsWithARevocationWhichSetsAsideWhatIsHeld) {
    quarantine();
    bench.contribute(node, kOnes);
    bench.tell(OperatorRevokesNode{1, node.id(), "stolen"});
    EXPECT_THAT(bench.core->pool().held(), IsEmpty());
    EXPECT_EQ(set_aside_because(), "its node was revoked");
    release();
    EXPECT_FALSE(bench.core->registry().node(node.id())->quarantine);
    const auto& events = bench.journal.events(ledger::kFederationStream);
    EXPECT_FALSE(std::holds_alternative<ledger::NodeReleased>(events.back())) << "nothing is left to release";
}

struct StrikesTest : QuarantineTest {
    const std::vector<float> kHuge = std::vector<float>(8, 1000.0F);
    StrikesTest() {
        bench.policy.admission.strikes = 3;
        bench.policy.admission.strike_window = 1h;
        bench.restart();
    }
    [[nodiscard]] const std::optional<Quarantine>& found() const {
        return bench.core->registry().node(node.id())->quarantine;
    }
};

TEST_F(StrikesTest, PutANodeIntoQuarantineOfThemselvesAndSayWhatToLookAt) {
    bench.contribute(node, kHuge);
    bench.contribute(node, kHuge);
    EXPECT_FALSE(found());
    EXPECT_EQ(bench.core->strikes_of(node.id(), bench.now), 2U);
    bench.restart();
    EXPECT_TRUE(std::holds_alternative<wire::Refusal>(bench.contribute(node, kHuge)));
    ASSERT_TRUE(found());
    EXPECT_EQ(found()->by, ledger::QuarantinedBy::Strikes);
    EXPECT_THAT(found()->reason, HasSubstr("3 refusals in 1 h"));
    EXPECT_THAT(found()->reason, HasSubstr("norm: its norm 2828"));
    EXPECT_THAT(found()->reason, HasSubstr("learning rate"));
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(node, kOnes)));
    EXPECT_THAT(bench.core->pool().held(), SizeIs(1));
}

TEST_F(StrikesTest, AreForgottenAfterAWhileAndAfterARelease) {
    bench.contribute(node, kHuge);
    bench.contribute(node, kHuge);
    bench.wait(1h);
    bench.contribute(node, kHuge);
    bench.contribute(node, kHuge);
    EXPECT_FALSE(found()) << "two of them are too long ago";
    bench.contribute(node, kHuge);
    ASSERT_TRUE(found());
    release();
    bench.contribute(node, kHuge);
    EXPECT_FALSE(found()) << "the operator has looked";
}

TEST_F(StrikesTest, AreNoRefusalsThatTimeAlonePutsUponANode) {
    const auto lease = bench.lease(node, ModelVersion{1});
    bench.wait(2h);
    for (int k = 0; k < 5; ++k)
        bench.deliver(node, bench.sealed_under(node, lease, kOnes));
    EXPECT_FALSE(found());
    EXPECT_EQ(bench.core->strikes_of(node.id(), bench.now), 0U);
}

TEST_F(StrikesTest, CanBeSwitchedOff) {
    bench.policy.admission.strikes = 0;
    bench.restart();
    for (int k = 0; k < 10; ++k)
        bench.contribute(node, kHuge);
    EXPECT_FALSE(found());
}

struct OutlierTest : QuarantineTest {
    const std::vector<float> kTiny = std::vector<float>(8, 0.01F);
    OutlierTest() {
        bench.policy.admission.norm_outlier = 6;
        bench.restart();
        for (int round = 0; round < 4; ++round) {
            bench.contribute(other, kTiny);
            bench.contribute(third, kTiny);
        }
    }
    [[nodiscard]] const std::optional<Quarantine>& found() const {
        return bench.core->registry().node(node.id())->quarantine;
    }
};

TEST_F(OutlierTest, IsHeldFromItsBeginningAndItsNodeGoesIntoQuarantine) {
    bench.restart();
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(bench.contribute(node, kOnes)));
    ASSERT_TRUE(found());
    EXPECT_EQ(found()->by, ledger::QuarantinedBy::Outlier);
    EXPECT_THAT(found()->reason, HasSubstr("is 100 times what is usual"));
    EXPECT_THAT(bench.core->pool().held(), SizeIs(1));
    EXPECT_FALSE(bench.core->open_round());
}

TEST_F(OutlierTest, IsNoneAgainWhereTheOperatorHasLetOneCount) {
    bench.contribute(node, kOnes);
    release();
    bench.contribute(other, kTiny);
    EXPECT_EQ(bench.core->pool().of(node.id()).counted, Sequence{1});
    bench.restart();
    bench.contribute(node, kOnes);
    EXPECT_FALSE(found());
}

TEST_F(OutlierTest, IsNoneWhereItIsSwitchedOffOrOnlySomewhatLarger) {
    bench.contribute(node, std::vector<float>(8, 0.15F));
    EXPECT_FALSE(found());
    bench.contribute(other, kTiny);
    bench.policy.admission.norm_outlier = 0;
    bench.restart();
    bench.contribute(node, kOnes);
    EXPECT_FALSE(found());
}

TEST_F(QuarantineTest, HastensNoRoundWithAnAlarm) {
    quarantine();
    wire::Report report;
    report.alarms.resize(1);
    report.alarms[0].number = 1;
    bench.say(node, report);
    const auto& last = bench.journal.events(ledger::kFederationStream).back();
    EXPECT_EQ(std::get<ledger::DriftReported>(last).early, RoundId{0});
}

}  // namespace
}  // namespace skerry::coordinator
