#include <span>

#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Policy with_canaries() {
    Policy policy = FederationBench::small_policy();
    policy.release = {.canary_share = 0.1, .canaries_min = 2, .trial_time = 1h, .trial_samples = 1000};
    return policy;
}

struct TrialsTest : ::testing::Test {
    FederationBench bench{with_canaries()};
    std::vector<FakeNode> nodes;

    void SetUp() override {
        for (int i = 0; i < 5; ++i)
            nodes.push_back(bench.enrolled());
        all_report(ModelVersion{1});
    }
    void report(const FakeNode& node, ModelVersion installed, std::optional<wire::TrialCounts> counts = {}) {
        wire::Report said;
        said.global = installed;
        said.labelled = 100;
        said.trial = counts;
        bench.say(node, said);
    }
    void all_report(ModelVersion installed) {
        for (const FakeNode& node : nodes)
            report(node, installed);
    }
    void start_trial() {
        bench.contribute(nodes[0], kOnes);
        bench.contribute(nodes[1], kOnes);
        ASSERT_TRUE(bench.core->trial());
    }
    [[nodiscard]] bool is_canary(const FakeNode& node) const { return bench.core->trial()->is_canary(node.id()); }
    [[nodiscard]] std::vector<FakeNode*> canaries() {
        std::vector<FakeNode*> found;
        for (FakeNode& node : nodes)
            if (is_canary(node)) found.push_back(&node);
        return found;
    }
    FakeNode& bystander() {
        for (FakeNode& node : nodes)
            if (!is_canary(node)) return node;
        return nodes.front();
    }
    void canaries_say(const wire::TrialCounts& counts) {
        for (const FakeNode* canary : canaries()) {
            report(*canary, ModelVersion{2}, counts);
            if (!bench.core->trial()) return;
        }
    }
    [[nodiscard]] wire::Welcome welcome(const FakeNode& node, std::uint64_t installed) {
        wire::Hello hello;
        hello.protocol = limits::kProtocolVersion;
        hello.model = bench.core->model().identity;
        hello.installed = ModelVersion{installed};
        const auto said = bench.say(node, hello);
        return std::get<wire::Welcome>(said.at(0));
    }
    [[nodiscard]] ModelVersion announced(const wire::Announcement& said) const {
        return wire::open_manifest(said.manifest, bench.keys.signing.verify_key())->version;
    }
};

TEST_F(TrialsTest, ANewVersionGoesToItsCanariesAloneUntilTheTrialEnds) {
    start_trial();
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
    EXPECT_THAT(canaries(), SizeIs(2));
    for (const FakeNode& node : nodes) {
        const wire::Announcement said = welcome(node, 1).newest;
        EXPECT_EQ(announced(said), is_canary(node) ? ModelVersion{2} : ModelVersion{1});
        EXPECT_EQ(said.trial_against, is_canary(node) ? ModelVersion{1} : ModelVersion{});
        const auto pulled = bench.say(node, wire::ModelPull{ModelVersion{2}, Tier::Heavy, 0, 1});
        EXPECT_EQ(std::holds_alternative<wire::ModelChunk>(pulled.at(0)), is_canary(node))
            << "also for a node that guesses its number";
    }
}

TEST_F(TrialsTest, AVersionThatIsNoWorseIsToldToAll) {
    start_trial();
    std::vector<wire::FromCoordinator> said;
    for (const FakeNode* canary : canaries()) {
        wire::Report report;
        report.global = ModelVersion{2};
        report.labelled = 100;
        report.trial = {ModelVersion{2}, 400, 40, 30, 20, 15, false};
        said = bench.say(*canary, report);
    }
    EXPECT_FALSE(bench.core->trial());
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
    ASSERT_THAT(said, SizeIs(5)) << "all that are there";
    for (const auto& message : said) {
        const auto& to_all = std::get<wire::Announcement>(message);
        EXPECT_EQ(announced(to_all), ModelVersion{2});
        EXPECT_EQ(to_all.trial_against, ModelVersion{});
    }
}

TEST_F(TrialsTest, AWorseVersionIsWithdrawnAndTheOneBeforeItPublishedAgain) {
    const Digest before = bench.core->newest().weights;
    start_trial();
    canaries_say({ModelVersion{2}, 400, 2, 60, 0, 0, false});
    EXPECT_FALSE(bench.core->trial());
    EXPECT_EQ(bench.core->newest().version, ModelVersion{3}) << "numbers never go back";
    EXPECT_EQ(bench.core->newest().weights, before);
    bench.restart();
    EXPECT_EQ(bench.core->newest().version, ModelVersion{3});
    EXPECT_FALSE(bench.core->trial());
}

TEST_F(TrialsTest, NoRoundClosesMeanwhileAndUpdatesWait) {
    start_trial();
    bench.contribute(bystander(), kOnes);
    bench.contribute(*canaries()[0], kOnes);
    bench.wait(30min);
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
    EXPECT_THAT(bench.core->pool().waiting(), SizeIs(2));
    bench.tell(OperatorPinsVersion{1, "demo"});
    EXPECT_THAT(bench.answers.back().error().message, HasSubstr("'skerry model promote'"));
    bench.wait(31min);
    EXPECT_FALSE(bench.core->trial() && bench.core->trial()->began().version == ModelVersion{2}) << "its time is up";
    EXPECT_EQ(bench.core->newest().version, ModelVersion{3}) << "and the round has closed";
}

TEST_F(TrialsTest, ABystandersUpdateIsNotOlderForATrialThatItKnowsNothingOf) {
    start_trial();
    FakeNode& other = bystander();
    bench.contribute(other, kOnes);
    bool found = false;
    for (const auto& event : bench.journal.events(ledger::kFederationStream)) {
        const auto* accepted = std::get_if<ledger::UpdateAccepted>(&event);
        if (accepted == nullptr || accepted->update.node != other.id() || accepted->base != ModelVersion{1}) continue;
        found = true;
        EXPECT_EQ(accepted->staleness, 0U);
    }
    EXPECT_TRUE(found);
}

TEST_F(TrialsTest, ABystanderIsToldWhatItsOwnVersionCountsAndNotWhatTheOneOnTrialDoes) {
    start_trial();
    for (const FakeNode& node : std::span(nodes).first(2)) {
        const Sequence counted = welcome(node, 1).newest.counted;
        EXPECT_EQ(counted, is_canary(node) ? Sequence{1} : Sequence{0});
    }
    bench.tell(OperatorPromotesVersion{1, "fine"});
    EXPECT_EQ(welcome(nodes[0], 1).newest.counted, Sequence{1});
}

TEST_F(TrialsTest, TheOperatorEndsATrialEitherWay) {
    start_trial();
    bench.tell(OperatorPromotesVersion{1, "the demo is tomorrow"});
    ASSERT_TRUE(bench.answers.back());
    EXPECT_FALSE(bench.core->trial());
    EXPECT_EQ(bench.core->newest().version, ModelVersion{2});
    bench.tell(OperatorPromotesVersion{1, "again"});
    EXPECT_THAT(bench.answers.back().error().message, HasSubstr("no version is on trial"));

    all_report(ModelVersion{2});
    start_trial();
    bench.tell(OperatorRollsBack{1, ModelVersion{1}, "no", false});
    ASSERT_TRUE(bench.answers.back());
    EXPECT_FALSE(bench.core->trial());
    EXPECT_EQ(bench.core->newest().version, ModelVersion{4});
    const ledger::TrialEnded* ended = nullptr;
    for (const auto& event : bench.journal.events(ledger::kFederationStream)) {
        if (const auto* one = std::get_if<ledger::TrialEnded>(&event)) ended = one;
    }
    ASSERT_TRUE(ended != nullptr);
    EXPECT_EQ(ended->outcome, ledger::TrialOutcome::Withdrawn);
    EXPECT_THAT(ended->reason, HasSubstr("by the operator"));
}

TEST_F(TrialsTest, NoTierOfAVersionOnTrialGoesToAllNodesWithARollbackOfTheOthers) {
    start_trial();
    bench.tell(OperatorRollsBack{1, ModelVersion{1}, "no", false, {}, {}, bench.joined(ModelVersion{1}, Tier::Heavy)});
    EXPECT_EQ(bench.answers.back().error().code, ErrorCode::Conflict);
    EXPECT_THAT(bench.answers.back().error().message, HasSubstr("version 2 is on trial: roll back all tiers"));
    EXPECT_TRUE(bench.core->trial());
}

TEST_F(TrialsTest, AfterARestartTheTrialGoesOnWithWhatTheCanariesSayAgain) {
    start_trial();
    const auto which = canaries();
    report(*which[0], ModelVersion{2}, wire::TrialCounts{ModelVersion{2}, 400, 2, 60, 0, 0, false});
    bench.restart();
    ASSERT_TRUE(bench.core->trial());
    EXPECT_THAT(bench.core->trial()->heard(), IsEmpty());
    canaries_say({ModelVersion{2}, 400, 2, 60, 0, 0, false});
    EXPECT_EQ(bench.core->newest().version, ModelVersion{3});
}

TEST_F(TrialsTest, WhatANodeInQuarantineSaysDecidesNothing) {
    start_trial();
    const auto which = canaries();
    const wire::TrialCounts bad{ModelVersion{2}, 400, 2, 60, 0, 0, false};
    report(*which[0], ModelVersion{2}, bad);
    bench.tell(OperatorQuarantinesNode{1, which[0]->id(), "odd"});
    report(*which[1], ModelVersion{2}, bad);
    report(*which[0], ModelVersion{2}, bad);
    EXPECT_TRUE(bench.core->trial());
    EXPECT_THAT(bench.core->trial()->heard(), SizeIs(1));
}

TEST_F(TrialsTest, WithoutEnoughNodesThatCanCompareAVersionIsPublishedAtOnce) {
    FederationBench small{with_canaries()};
    FakeNode one = small.enrolled();
    FakeNode two = small.enrolled();
    small.contribute(one, kOnes);
    small.contribute(two, kOnes);
    EXPECT_EQ(small.core->newest().version, ModelVersion{2});
    EXPECT_FALSE(small.core->trial());
}

TEST_F(TrialsTest, WhatATrialComparesWithIsKeptWhileItLasts) {
    Policy policy = with_canaries();
    policy.versions_kept = 1;
    FederationBench tight(policy);
    std::vector<FakeNode> fleet;
    for (int i = 0; i < 4; ++i) {
        fleet.push_back(tight.enrolled());
        wire::Report said;
        said.global = ModelVersion{1};
        said.labelled = 10;
        tight.say(fleet.back(), said);
    }
    tight.contribute(fleet[0], kOnes);
    tight.contribute(fleet[1], kOnes);
    ASSERT_TRUE(tight.core->trial());
    EXPECT_THAT(tight.core->versions(), SizeIs(2));
    tight.tell(OperatorPromotesVersion{1, "fine"});
    EXPECT_THAT(tight.core->versions(), SizeIs(1));
}

}  // namespace
}  // namespace skerry::coordinator
