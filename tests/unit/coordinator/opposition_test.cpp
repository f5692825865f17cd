#include "coordinator/admission/opposition.hpp"

#include <cmath>
#include <cstring>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "coordinator/admission/admission_policy.hpp"
#include "coordinator/admission/movements.hpp"

namespace skerry::coordinator {
namespace {

constexpr double kLimit = 2;

NodeId node_number(std::uint32_t number) {
    NodeId id;
    std::memcpy(id.value.data(), &number, sizeof(number));
    return id;
}

ledger::UpdateAccepted goes(std::uint32_t node, std::optional<double> along, Tier tier = Tier::Heavy) {
    ledger::UpdateAccepted event;
    event.update.node = node_number(node);
    event.tier = tier;
    event.along = along;
    event.norm = 1;
    return event;
}

/// As the coordinator does.
void accept(Opposition& opposition, ledger::UpdateAccepted event) {
    event.doubted = opposition.with(event).doubted;
    opposition.apply(event);
}

struct OppositionTest : ::testing::Test {
    Opposition opposition{kLimit};

    OppositionTest() { fleet(0.4); }
    void fleet(double along, std::uint32_t nodes = 20, Tier tier = Tier::Heavy) {
        for (std::uint32_t k = 0; k < nodes; ++k)
            accept(opposition, goes(100 + k, along, tier));
    }
    void send(double along, int times = 1) {
        for (int k = 0; k < times; ++k)
            accept(opposition, goes(1, along));
    }
    [[nodiscard]] Opposition::Standing standing() const { return opposition.of(node_number(1)); }
};

TEST_F(OppositionTest, IsDoubtedWhenItsUpdatesHavePulledBackForLong) {
    send(-1, 8);
    EXPECT_DOUBLE_EQ(standing().against, 2) << "a quarter each";
    EXPECT_FALSE(standing().doubted);
    EXPECT_TRUE(opposition.with(goes(1, -0.1)).doubted) << "the update that is judged, too";
    send(-0.1);
    EXPECT_TRUE(standing().doubted);
    EXPECT_EQ(standing().updates, 9U);
    EXPECT_EQ(standing().doubts, 1U);
}

TEST_F(OppositionTest, IsNotSavedUpFor) {
    send(1, 100);
    for (int k = 0; k < 4; ++k)
        fleet(0.4);
    send(-1, 9);
    EXPECT_TRUE(standing().doubted) << "whoever went along for long is found as soon";
}

TEST_F(OppositionTest, EndsWhenTheNodeGoesAlongAgainAndNotBefore) {
    send(-1, 20);
    EXPECT_DOUBLE_EQ(standing().against, 3) << "no more than half above the limit";
    for (int k = 0; k < 10'000; ++k) {
        fleet(0.4, 5);
        send(k % 2 == 0 ? 0.015 : -0.015);
    }
    EXPECT_TRUE(standing().doubted) << "noise around nothing says nothing";
    send(0.3, 11);
    EXPECT_TRUE(standing().doubted);
    send(0.3);
    EXPECT_FALSE(standing().doubted);
    EXPECT_EQ(standing().doubts, 1U);
}

TEST_F(OppositionTest, IsNotClearedByWhatMovesNothing) {
    send(-1, 8);
    ledger::UpdateAccepted tiny = goes(1, 1);
    tiny.norm = 1e-3;
    for (int k = 0; k < 20; ++k)
        accept(opposition, tiny);
    EXPECT_GT(standing().against, 1.99);
    send(1, 8);
    EXPECT_EQ(standing().against, 0);
}

TEST_F(OppositionTest, IsWhatTheLedgerSaysAndNotWhatAnotherLimitMakesOfIt) {
    std::vector<ledger::UpdateAccepted> history;
    for (int k = 0; k < 6; ++k) {
        history.push_back(goes(1, -1));
        accept(opposition, history.back());
    }
    ASSERT_FALSE(standing().doubted);
    Opposition stricter(0.5);
    for (std::uint32_t k = 0; k < 20; ++k)
        stricter.apply(goes(100 + k, 0.4));
    for (const auto& event : history)
        stricter.apply(event);
    EXPECT_EQ(stricter.of(node_number(1)).doubts, 0U);
    EXPECT_TRUE(stricter.with(goes(1, -1)).doubted) << "from its next update on";
    EXPECT_FALSE(stricter.relapses(goes(1, -1)));
}

TEST_F(OppositionTest, OfANodeInQuarantineIsNoPartOfWhatIsUsual) {
    opposition.apply(ledger::NodeQuarantined{{}, node_number(1), ledger::QuarantinedBy::Operator, ""});
    send(-1, 200);
    EXPECT_TRUE(opposition.with(goes(2, -0.5)).against > 0);
}

TEST_F(OppositionTest, IsARelapseTheSecondTime) {
    send(-1, 8);
    EXPECT_FALSE(opposition.relapses(goes(1, -1))) << "it is the first time";
    send(-1, 4);
    send(1, 12);
    ASSERT_FALSE(standing().doubted);
    send(-1, 8);
    EXPECT_TRUE(opposition.relapses(goes(1, -1)));
    EXPECT_FALSE(opposition.relapses(goes(1, 1)));
    send(-1);
    EXPECT_FALSE(opposition.relapses(goes(1, -1))) << "that is the same doubt";
    opposition.apply(ledger::NodeReleased{{}, node_number(1)});
    EXPECT_EQ(standing().doubts, 0U) << "the operator has looked";
}

TEST_F(OppositionTest, IsNothingInAFleetThatIsDivided) {
    for (std::uint32_t k = 0; k < 64; ++k)
        accept(opposition, goes(100 + k % 20, k % 2 == 0 ? 0.4 : -0.4));
    EXPECT_EQ(opposition.with(goes(1, -0.4)).against, 0);
}

TEST_F(OppositionTest, IsNothingBeforeFiveNodesAreHeardFrom) {
    Opposition small(kLimit);
    for (int k = 0; k < 60; ++k)
        accept(small, goes(static_cast<std::uint32_t>(k % 4), 0.4));
    EXPECT_EQ(small.with(goes(1, -1)).against, 0);
    accept(small, goes(4, 0.4));
    EXPECT_GT(small.with(goes(1, -1)).against, 0);
    EXPECT_GT(small.with(goes(1, -1, Tier::Light)).against, 0) << "nor does another tier hide it";
}

TEST_F(OppositionTest, IsNothingWhereItIsSwitchedOffAndOfAnUpdateOfWhichNothingIsKnown) {
    Opposition off(0);
    for (std::uint32_t k = 0; k < 40; ++k)
        accept(off, goes(k % 10, k % 10 == 0 ? -1.0 : 0.4));
    EXPECT_EQ(off.of(node_number(0)).against, 0);
    send(-1, 3);
    accept(opposition, goes(1, std::nullopt));
    EXPECT_DOUBLE_EQ(standing().against, 0.75);
}

TEST_F(OppositionTest, OfHonestNoiseNeverAddsUp) {
    Random random(3);
    double most = 0;
    for (std::uint32_t k = 0; k < 200'000; ++k) {
        accept(opposition, goes(k % 10, 0.04 * random.bell()));
        most = std::max(most, opposition.of(node_number(k % 10)).against);
    }
    EXPECT_LT(most, kLimit / 4);
}

/// Nodes with a quadratic loss each, one step a round; the model takes their mean, by weights that the opposition
/// rules.
struct QuadraticFleet {
    static constexpr std::size_t kParameters = 300;
    static constexpr SketchKey kKey{77};
    double noise = 0.02;
    double common = 1;  ///< how much the optima have in common
    std::size_t hostile = 0;
    ModelShape model{{}, {kParameters, kParameters, kParameters}};
    Movements movements;
    Opposition opposition{AdmissionPolicy{}.opposition};
    Random random{7};
    std::vector<std::vector<double>> optima;
    std::vector<float> weights = std::vector<float>(kParameters);
    std::uint64_t version = 1;

    [[nodiscard]] std::vector<double> drawn(std::uint64_t seed) const {
        Random own(seed);
        Random shared(1);
        std::vector<double> optimum(kParameters);
        for (double& value : optimum)
            value = common * shared.bell() + own.bell();
        return optimum;
    }
    void join(std::size_t nodes) {
        for (std::size_t k = 0; k < nodes; ++k)
            optima.push_back(drawn(100 + optima.size()));
    }
    void play(int rounds) {
        for (int round = 0; round < rounds; ++round)
            play_round();
    }
    [[nodiscard]] std::uint64_t doubts(std::size_t node) const {
        return opposition.of(node_number(static_cast<std::uint32_t>(node))).doubts;
    }
    [[nodiscard]] bool doubted(std::size_t node) const {
        return opposition.of(node_number(static_cast<std::uint32_t>(node))).doubted;
    }

private:
    [[nodiscard]] Digest name() const {
        Digest digest{};
        std::memcpy(digest.data(), &version, sizeof(version));
        return digest;
    }
    void play_round() {
        std::vector<double> sum(kParameters);
        double weight = 0;
        for (std::size_t k = 0; k < optima.size(); ++k) {
            std::vector<float> update(kParameters);
            for (std::size_t i = 0; i < kParameters; ++i) {
                const double step = 0.1 * (optima[k][i] - static_cast<double>(weights[i])) + noise * random.bell();
                update[i] = static_cast<float>(k < hostile ? -step : step);
            }
            Sketcher sketcher(kKey);
            sketcher.take(update);
            auto event = goes(static_cast<std::uint32_t>(k), movements.along(name(), Tier::Heavy, sketcher.sketch()));
            const double counts = opposition.with(event).doubted ? 0.01 : 1;
            accept(opposition, event);
            for (std::size_t i = 0; i < kParameters; ++i)
                sum[i] += counts * static_cast<double>(update[i]);
            weight += counts;
        }
        for (std::size_t i = 0; i < kParameters; ++i)
            weights[i] += static_cast<float>(sum[i] / weight);
        ++version;
        movements.published(name(), sketches_of(weights, model, kKey), opposition.share_of(optima.size()));
    }
};

TEST(AFleet, OfHonestNodesDoubtsNobody) {
    for (const double noise : {0.005, 0.02, 0.1}) {
        for (const double common : {0.5, 1.0, 3.0}) {
            QuadraticFleet fleet;
            fleet.noise = noise;
            fleet.common = common;
            fleet.join(20);
            fleet.play(500);
            for (std::size_t k = 0; k < 20; ++k)
                EXPECT_EQ(fleet.doubts(k), 0U) << k << " at noise " << noise << ", in common " << common;
        }
    }
}

TEST(AFleet, DoubtsThoseWhoSendTheOppositeOfWhatTheyLearned) {
    QuadraticFleet fleet;
    fleet.hostile = 4;
    fleet.join(20);
    fleet.play(60);
    for (std::size_t k = 0; k < 20; ++k)
        EXPECT_EQ(fleet.doubted(k), k < 4) << k;
    fleet.play(500);
    for (std::size_t k = 0; k < 20; ++k)
        EXPECT_EQ(fleet.doubted(k), k < 4) << k << ": they stay so while they add nothing";
}

TEST(AFleet, DoesNotDoubtANodeWhoseWorldChanges) {
    QuadraticFleet fleet;
    fleet.join(20);
    fleet.play(60);
    fleet.optima[7] = fleet.drawn(9999);
    fleet.play(100);
    for (std::size_t k = 0; k < 20; ++k)
        EXPECT_EQ(fleet.doubts(k), 0U) << k;
}

TEST(AFleet, WhoseWorldChangesDoubtsHardlyAnybodyAndNobodyTwice) {
    QuadraticFleet fleet;
    fleet.join(20);
    fleet.play(60);
    for (int turn = 0; turn < 5; ++turn) {
        for (std::size_t k = 0; k < 20; ++k)
            fleet.optima[k] = fleet.drawn(1000 + 20 * static_cast<std::uint64_t>(turn) + k);
        fleet.play(60);
    }
    std::uint64_t doubts = 0;
    for (std::size_t k = 0; k < 20; ++k) {
        EXPECT_LE(fleet.doubts(k), 1U) << k;
        doubts += fleet.doubts(k);
    }
    EXPECT_LE(doubts, 2U) << "of 100 changes";
}

TEST(AFleet, ThatOthersJoinNeverPutsItsFoundersIntoQuarantine) {
    QuadraticFleet fleet;
    fleet.join(1);
    fleet.play(100);
    fleet.join(9);
    fleet.play(500);
    EXPECT_LE(fleet.doubts(0), 1U) << "for a while the model leaves it, and it is doubted";
}

}  // namespace
}  // namespace skerry::coordinator
