#include <algorithm>

#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;

constexpr std::size_t kParameters = 64;

/// Ten nodes; each knows other optima of a quadratic loss than all others, and takes steps towards them.
struct OppositionInTheFleet : ::testing::Test {
    FederationBench bench{policy(), {kParameters, kParameters, kParameters}};
    std::vector<FakeNode> nodes;
    std::vector<std::vector<float>> optima;

    OppositionInTheFleet() {
        for (std::size_t k = 0; k < 10; ++k) {
            nodes.push_back(bench.enrolled());
            optima.emplace_back(kParameters);
            for (std::size_t i = 0; i < kParameters; ++i)
                optima[k][i] = i % 10 == k ? 4.0F : 3.0F;
        }
    }
    static Policy policy() {
        Policy policy = FederationBench::small_policy();
        policy.admission = {};
        policy.rounds.goal = 10;
        policy.rounds.quorum = 5;
        return policy;
    }
    [[nodiscard]] std::vector<float> learned(std::size_t node) const {
        std::vector<float> update = bench.newest_weights();
        for (std::size_t i = 0; i < kParameters; ++i)
            update[i] = 0.1F * (optima[node][i] - update[i]);
        return update;
    }
    /// The first node sends `first` of what it learned.
    template <class Make>
    void play(int rounds, Make first) {
        for (int round = 0; round < rounds; ++round) {
            for (std::size_t k = 0; k < nodes.size(); ++k) {
                const auto update = k == 0 ? first(learned(k)) : learned(k);
                const auto said = bench.say(nodes[k], wire::LeaseRequest{bench.core->newest().version, Tier::Light});
                if (said.empty() || !std::holds_alternative<wire::LeaseGrant>(said[0])) continue;
                bench.deliver(nodes[k],
                              bench.sealed_under(nodes[k], std::get<wire::LeaseGrant>(said[0]).lease, update));
            }
            bench.wait(61s);
        }
    }
    void play_flipped(int rounds) {
        play(rounds, [](std::vector<float> update) {
            for (float& value : update)
                value = -value;
            return update;
        });
    }
    void play_honest(int rounds) {
        play(rounds, [](std::vector<float> update) { return update; });
    }
    [[nodiscard]] Opposition::Standing standing(std::size_t node) const {
        return bench.core->opposition().of(nodes[node].id());
    }
    [[nodiscard]] const std::optional<Quarantine>& quarantine(std::size_t node) const {
        return bench.core->registry().node(nodes[node].id())->quarantine;
    }
    [[nodiscard]] std::vector<ledger::UpdateAccepted> sent_by(std::size_t node) const {
        std::vector<ledger::UpdateAccepted> sent;
        for (const ledger::Event& event : bench.journal.events(ledger::kFederationStream)) {
            const auto* const accepted = std::get_if<ledger::UpdateAccepted>(&event);
            if (accepted != nullptr && accepted->update.node == nodes[node].id()) sent.push_back(*accepted);
        }
        return sent;
    }
};

TEST_F(OppositionInTheFleet, OfHonestNodesIsNone) {
    play_honest(40);
    for (std::size_t k = 0; k < nodes.size(); ++k)
        EXPECT_EQ(standing(k).doubts, 0U) << k;
    EXPECT_TRUE(sent_by(0).back().along);
}

TEST_F(OppositionInTheFleet, MakesTheUpdatesOfANodeThatSendsTheOppositeCountAsOneExample) {
    play_flipped(20);
    ASSERT_TRUE(standing(0).doubted);
    const auto sent = sent_by(0);
    EXPECT_EQ(sent.front().weight, 6400U);
    EXPECT_FALSE(sent.front().doubted);
    EXPECT_EQ(sent.back().weight, 64U);
    EXPECT_TRUE(sent.back().doubted);
    EXPECT_EQ(sent_by(1).back().weight, 6400U);
    EXPECT_FALSE(quarantine(0)) << "once it may be right";
}

TEST_F(OppositionInTheFleet, PutsANodeThatRelapsesIntoQuarantineWithASentenceThatSaysWhy) {
    play_flipped(20);
    ASSERT_TRUE(standing(0).doubted);
    for (auto& optimum : optima)
        for (float& value : optimum)
            value += 8;  // the model moves again, and it goes along
    play_honest(15);
    ASSERT_FALSE(standing(0).doubted);
    for (auto& optimum : optima)
        for (float& value : optimum)
            value -= 20;
    play_flipped(15);
    ASSERT_TRUE(quarantine(0));
    EXPECT_EQ(quarantine(0)->by, ledger::QuarantinedBy::Opposition);
    EXPECT_THAT(quarantine(0)->reason, HasSubstr("pull the model back from where the fleet moves it, by 2."));
    EXPECT_THAT(quarantine(0)->reason,
                HasSubstr("where 2 pass, and it was doubted for that before; look at its labels"));
    bench.tell(OperatorReleasesNode{1, nodes[0].id(), true});
    EXPECT_EQ(standing(0).doubts, 0U);
}

TEST_F(OppositionInTheFleet, IsForgottenWhenTheOperatorReleasesANodeThatIsDoubted) {
    play_flipped(20);
    ASSERT_TRUE(standing(0).doubted);
    bench.restart();
    ASSERT_TRUE(standing(0).doubted) << "a restart does not forget it";
    bench.tell(OperatorReleasesNode{1, nodes[0].id(), false});
    EXPECT_TRUE(bench.answers.back());
    EXPECT_FALSE(standing(0).doubted);
    bench.tell(OperatorReleasesNode{2, nodes[0].id(), false});
    EXPECT_THAT(bench.answers.back().error().message, HasSubstr("neither in quarantine nor doubted"));
}

TEST_F(OppositionInTheFleet, IsRememberedThroughARestart) {
    play_flipped(8);
    const double before = standing(0).against;
    ASSERT_GT(before, 0.5);
    bench.restart();
    EXPECT_EQ(standing(0).against, before);
    play_flipped(2);
    EXPECT_EQ(standing(0).against, before) << "how the model had moved is not known any more";
    play_flipped(2);
    EXPECT_GT(standing(0).against, before);
}

TEST_F(OppositionInTheFleet, IsNotLookedForWhereThatIsSwitchedOff) {
    bench.policy.admission.opposition = 0;
    bench.restart();
    play_flipped(20);
    for (const auto& sent : sent_by(0)) {
        EXPECT_FALSE(sent.along);
        EXPECT_EQ(sent.weight, 6400U);
    }
}

TEST_F(OppositionInTheFleet, IsNoneOfHonestNodesAfterARollback) {
    play_honest(6);
    const ModelVersion early{bench.core->newest().version.value - 2};
    bench.tell(OperatorRollsBack{1, early, "worse", false});
    ASSERT_TRUE(bench.answers.back());
    const std::size_t before = sent_by(0).size();
    play_honest(2);
    const auto sent = sent_by(0);
    ASSERT_GT(sent.size(), before);
    EXPECT_FALSE(sent[before].along) << "the model has not come to its base";
    play_honest(30);
    for (std::size_t k = 0; k < nodes.size(); ++k)
        EXPECT_EQ(standing(k).doubts, 0U) << k;
}

}  // namespace
}  // namespace skerry::coordinator
