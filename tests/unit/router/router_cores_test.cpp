#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "edge-node/router/audit_plan.hpp"
#include "edge-node/router/auroc.hpp"
#include "edge-node/router/binomial_interval.hpp"
#include "edge-node/router/online_correction.hpp"
#include "edge-node/router/path_profile.hpp"
#include "edge-node/router/rank_quantiles.hpp"
#include "edge-node/router/temperatures.hpp"
#include "tests/unit/router/stream.hpp"

namespace skerry::node {
namespace {

using testing::kCosts;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(ClopperPearson, AgreesWithPublishedValues) {
    const Interval one = clopper_pearson(1, 10, 0.95);
    EXPECT_NEAR(one.low, 0.00253, 1e-5);
    EXPECT_NEAR(one.high, 0.44502, 1e-5);
    // "The rule of three" at 97.5 %: 1 − 0.025^(1/n).
    EXPECT_NEAR(clopper_pearson(0, 600, 0.95).high, 1 - std::pow(0.025, 1.0 / 600), 1e-9);
    EXPECT_EQ(clopper_pearson(0, 600, 0.95).low, 0);
    EXPECT_EQ(clopper_pearson(600, 600, 0.95).high, 1);
    EXPECT_NEAR(clopper_pearson(5000, 10'000, 0.95).low, 0.49015, 1e-4);
}

TEST(ClopperPearson, KnowsNothingWithoutTrials) {
    const Interval none = clopper_pearson(0, 0, 0.95);
    EXPECT_EQ(none.low, 0);
    EXPECT_EQ(none.high, 1);
}

TEST(Auroc, IsTheChanceThatAHappeningScoresHigher) {
    EXPECT_EQ(auroc({{1, true}, {0, false}}), 1);
    EXPECT_EQ(auroc({{0, true}, {1, false}}), 0);
    EXPECT_EQ(auroc({{1, true}, {1, false}}), 0.5);
    EXPECT_EQ(auroc({{1, true}, {2, true, 3}, {0, false}, {1.5, false}}), (0.25 * 0.5 + 0.75));
    EXPECT_FALSE(auroc({}));
    EXPECT_FALSE(auroc({{1, true}}));
    EXPECT_FALSE(auroc({{1, false}}));
}

TEST(Path, StartsAtTheThresholdsAndRisesInEveryKnot) {
    const Knots base;
    const Knots there = at_position(base, 0);
    EXPECT_NEAR(there.light, 0.3, 1e-12);
    EXPECT_NEAR(there.medium, 0.7, 1e-12);
    double before = 0;
    for (std::size_t i = 0; i < kPathPositions; ++i) {
        const Knots knots = at_position(base, position_of(i));
        EXPECT_GT(knots.light, before);
        EXPECT_LT(knots.light, knots.skip);
        EXPECT_LT(knots.skip, 1);
        before = knots.light;
    }
}

TEST(Path, FindsTheFirstPositionBeyond) {
    EXPECT_EQ(first_beyond(-100), 0U);
    EXPECT_EQ(first_beyond(100), kPathPositions);
    EXPECT_EQ(first_beyond(std::numeric_limits<double>::infinity()), kPathPositions);
    for (const double position : {-6.0, -5.99, 0.0, 0.05, 1.234, 3.96}) {
        const std::size_t index = first_beyond(position);
        EXPECT_GT(position_of(index), position);
        EXPECT_LE(position_of(index - 1), position);
    }
}

TEST(Path, AnAuditIsLostFromWhereAnExitThatDiffersWouldAnswer) {
    Audit audit;
    audit.uncertainty = {0.9F, 0.3F};
    audit.differs = {true, false};
    const PathSteps light_wrong = steps_of(audit, Knots{});
    EXPECT_LT(light_wrong.medium, light_wrong.light);
    EXPECT_EQ(light_wrong.loss, light_wrong.light);
    audit.differs = {false, true};
    // Light is right again further on; the monotone loss remembers.
    EXPECT_EQ(steps_of(audit, Knots{}).loss, light_wrong.medium);
    audit.differs = {false, false};
    EXPECT_TRUE(std::isinf(steps_of(audit, Knots{}).loss));
}

AuditWindow window_of(int agreeing, int differing) {
    AuditWindow window;
    Audit audit;
    audit.uncertainty = {0.2F, 0.2F};
    audit.answered = Tier::Light;
    for (int i = 0; i < agreeing + differing; ++i) {
        audit.differs = {i < differing, i < differing};
        window.add(audit);
    }
    return window;
}

TEST(PathProfile, ControlsTheRiskAsTheTheoremSays) {
    const PathProfile clean = PathProfile::of(window_of(199, 0), Knots{}, kCosts, nullptr);
    EXPECT_EQ(clean.controlled_position(0.005), kPathMax);       // (0 + 1) / 200
    EXPECT_EQ(clean.controlled_position(0.0049), std::nullopt);  // 199 audits cannot prove less
    const PathProfile one = PathProfile::of(window_of(198, 1), Knots{}, kCosts, nullptr);
    const auto position = one.controlled_position(0.005);  // only where that one is not answered early
    ASSERT_TRUE(position);
    EXPECT_LE(at_position(Knots{}, *position).light, 0.2 + 1e-6);
    EXPECT_EQ(one.controlled_position(0.0101), kPathMax);
}

TEST(PathProfile, AllDisagreeMeansHeavyAndAllAgreeMeansLight) {
    const PathProfile differing = PathProfile::of(window_of(0, 500), Knots{}, kCosts, nullptr);
    EXPECT_LE(at_position(Knots{}, *differing.controlled_position(0.01)).light, 0.2 + 1e-6);
    const PathProfile agreeing = PathProfile::of(window_of(500, 0), Knots{}, kCosts, nullptr);
    EXPECT_EQ(agreeing.controlled_position(0.01), kPathMax);
    EXPECT_NEAR(agreeing.cost.back(), 0.1, 1e-9);
    EXPECT_NEAR(agreeing.cost.front(), 1, 1e-9);
}

TEST(PathProfile, WithoutAuditsProvesNothing) {
    const PathProfile nothing = PathProfile::of(AuditWindow(), Knots{}, kCosts, nullptr);
    EXPECT_EQ(nothing.controlled_position(0.5), std::nullopt);
    EXPECT_EQ(nothing.audits, 0);
}

TEST(PathProfile, AFleetCountsAsSoManyAudits) {
    const AuditHistogram fleet = AuditHistogram::of(window_of(4000, 0).audits());
    const PathProfile young = PathProfile::of(AuditWindow(), Knots{}, kCosts, &fleet);
    EXPECT_EQ(young.audits, kPriorAudits);
    EXPECT_EQ(young.controlled_position(0.0051), kPathMax);
    EXPECT_EQ(young.controlled_position(0.0049), std::nullopt);
    // A peculiar node departs from its fleet.
    const PathProfile own = PathProfile::of(window_of(0, 2000), Knots{}, kCosts, &fleet);
    EXPECT_LE(at_position(Knots{}, *own.controlled_position(0.01)).light, 0.2 + 1e-6);
}

TEST(PathProfile, APriceBuysTimeWhereItRisksLeast) {
    const PathProfile profile = PathProfile::of(window_of(98, 2), Knots{}, kCosts, nullptr);  // 2 % for 90 % of time
    EXPECT_LE(at_position(Knots{}, profile.position_at_price(0.01)).light, 0.2 + 1e-6);
    EXPECT_GT(at_position(Knots{}, profile.position_at_price(0.03)).light, 0.2);
}

/// The weighted share of answers at these knots that are not heavy's.
double risk_at(const Knots& knots, const AuditWindow& window) {
    double lost = 0, total = 0;
    for (const Audit& audit : window.audits()) {
        const double light = static_cast<double>(audit.uncertainty[0]);
        const double medium = static_cast<double>(audit.uncertainty[1]);
        const bool by_light = light < knots.light;
        const bool by_medium = !by_light && light < knots.skip && medium < knots.medium;
        const double weight = static_cast<double>(audit.weight);
        total += weight;
        lost += (by_light && audit.differs[0]) || (by_medium && audit.differs[1]) ? weight : 0;
    }
    return lost / total;
}

TEST(AuditHistogram, BoundsTheRiskOfItsAuditsFromAbove) {
    AuditWindow window;
    Random random(5);
    for (int i = 0; i < 3000; ++i) {
        Audit audit;
        audit.uncertainty = {static_cast<float>(random.uniform()), static_cast<float>(random.uniform())};
        audit.differs = {random.uniform() < 0.1, random.uniform() < 0.05};
        audit.weight = static_cast<float>(random.uniform(1, 20));
        window.add(audit);
    }
    const auto bound = AuditHistogram::of(window.audits()).risk_along(Knots{});
    for (std::size_t i = 0; i < kPathPositions; ++i) {
        const double exact = risk_at(at_position(Knots{}, position_of(i)), window);
        EXPECT_GE(bound[i], exact - 1e-9) << position_of(i);
        EXPECT_LE(bound[i], exact + 0.05) << position_of(i);
    }
}

TEST(AuditWindow, WeighsAuditsByWhatTheyStandFor) {
    AuditWindow window;
    Audit audit;
    audit.answered = Tier::Light;
    audit.differs = {true, true};
    audit.weight = 10;
    window.add(audit);
    audit.answered = Tier::Heavy;  // never lost, whatever the others would have said
    audit.weight = 1;
    for (int i = 0; i < 90; ++i)
        window.add(audit);
    EXPECT_NEAR(window.disagreement().share, 0.1, 1e-9);
    EXPECT_NEAR(window.effective(), 100.0 * 100.0 / 190.0, 1e-6);
    window.fade(0.5F);
    EXPECT_NEAR(window.disagreement().share, 0.1, 1e-6);
    for (int i = 0; i < 20; ++i)
        window.fade(0.5F);
    EXPECT_EQ(window.size(), 0U);
}

TEST(AuditWindow, IsBounded) {
    AuditWindow window = window_of(static_cast<int>(AuditWindow::kCapacity), 0);
    Audit lost;
    lost.answered = Tier::Light;
    lost.differs = {true, true};
    for (std::size_t i = 0; i < AuditWindow::kCapacity; ++i)
        window.add(lost);
    EXPECT_EQ(window.size(), AuditWindow::kCapacity);
    EXPECT_EQ(window.disagreement().share, 1);
}

TEST(AuditPlan, DrawsAsOftenAsItSaysAndMoreNearTheKnot) {
    for (const double nearness : {0.0, 0.5, 1.0}) {
        AuditPlan plan(0.05, 3);
        double drawn = 0, stands_for = 0;
        for (int i = 0; i < 100'000; ++i) {
            if (const auto weight = plan.draw(nearness)) drawn += 1, stands_for += *weight;
        }
        EXPECT_NEAR(drawn / 100'000, 0.05 * (0.25 + 1.5 * nearness), 0.003);
        EXPECT_NEAR(stands_for / 100'000, 1, 0.06);
    }
}

TEST(AuditPlan, AuditsFourTimesAsOftenWhileTheFleetDriftsAndNoLonger) {
    AuditPlan plan(0.05, 3);
    const auto share = [&plan] {
        double weights = 0;
        int audits = 0;
        for (int i = 0; i < 20'000; ++i) {
            if (const auto weight = plan.draw(0.5)) weights += *weight, ++audits;
        }
        EXPECT_NEAR(weights, 20'000, 2'000) << "what an audit stands for";
        return audits / 20'000.0;
    };
    plan.fleet_drifts(true);
    EXPECT_NEAR(share(), 0.2, 0.02);
    plan.fleet_drifts(false);
    EXPECT_NEAR(share(), 0.05, 0.01);
}

TEST(AuditPlan, AuditsMoreAfterNewWeightsAndCountsWhatIsDropped) {
    AuditPlan plan(0.05, 3);
    plan.boost();
    int drawn = 0;
    for (std::uint64_t i = 0; i < AuditPlan::kBoostRequests; ++i)
        drawn += plan.draw(0.5) ? 1 : 0;
    EXPECT_NEAR(drawn, 100, 30);
    double weight = 0;
    for (int i = 0; i < 2000 && weight == 0; ++i)
        weight = plan.draw(0.5).value_or(0);
    EXPECT_NEAR(weight, 20, 1e-9);
    for (int i = 0; i < 500; ++i)
        i % 2 == 0 ? plan.dropped() : plan.carried_out();
    weight = 0;
    for (int i = 0; i < 2000 && weight == 0; ++i)
        weight = plan.draw(0.5).value_or(0);
    EXPECT_NEAR(weight, 40, 4);
}

TEST(OnlineCorrection, StaysWithinItsBounds) {
    OnlineCorrection correction;
    for (int i = 0; i < 100; ++i)
        correction.lost(80);
    EXPECT_EQ(correction.theta(), OnlineCorrection::kMin);
    for (int i = 0; i < 100'000; ++i)
        correction.answered(0.01);
    EXPECT_EQ(correction.theta(), OnlineCorrection::kMax);
}

TEST(RankQuantiles, KeepsTheBaseUntilItHasSeenEnough) {
    RankQuantiles ranks;
    EXPECT_EQ(ranks.knots(Knots{}), Knots{});
    for (int i = 0; i < 1000; ++i) {
        ranks.light((i + 0.5) / 1000);
        ranks.medium((i + 0.5) / 1000);
    }
    EXPECT_NEAR(ranks.knots(Knots{}).light, 0.3, 0.01);
    EXPECT_NEAR(ranks.knots(Knots{}).medium, 4.0 / 7, 0.01);
    EXPECT_GT(ranks.knots(Knots{}).skip, 0.999);
}

TEST(RankQuantiles, SurvivesOneValueAndNoNumbers) {
    RankQuantiles ranks;
    for (int i = 0; i < 1000; ++i) {
        ranks.light(0);
        ranks.medium(static_cast<double>(kNan));
    }
    const Knots knots = ranks.knots(Knots{});
    EXPECT_GT(knots.light, 0);
    EXPECT_LT(knots.light, 1e-6);
    EXPECT_GT(knots.medium, 0.999);
}

/// Labels drawn from softmax(z), readings of z · sharpness: the temperature that undoes it is `sharpness`.
LabelledReadings drawn(float sharpness) {
    LabelledReadings readings;
    Random random(4);
    for (int row = 0; row < 500; ++row) {
        std::vector<float> logits;
        for (int c = 0; c < 4; ++c)
            logits.push_back(static_cast<float>(2 * random.bell()));
        double total = 0;
        for (const float z : logits)
            total += std::exp(static_cast<double>(z));
        double left = random.uniform() * total;
        std::uint32_t label = 0;
        while (label < 3 && (left -= std::exp(static_cast<double>(logits[label]))) > 0)
            ++label;
        std::vector<float> all;
        for (std::size_t exit = 0; exit < kTiers; ++exit)
            for (const float z : logits)
                all.push_back(z * sharpness);
        readings.add(all, std::vector<std::uint32_t>{label}, 4);
    }
    return readings;
}

TEST(LabelledReadings, FindTheTemperatureThatMakesTheExitHonest) {
    EXPECT_NEAR(drawn(1).fitted()[0], 1, 0.1);
    EXPECT_NEAR(drawn(2).fitted()[1], 2, 0.2);
    EXPECT_NEAR(drawn(100).fitted()[2], LabelledReadings::kTemperatureMax, 0.01);
    EXPECT_NEAR(drawn(0.01F).fitted()[0], LabelledReadings::kTemperatureMin, 0.01);
}

TEST(LabelledReadings, LeaveOutWhatIsNoReading) {
    LabelledReadings readings;
    EXPECT_EQ(readings.fitted(), (Router::Temperatures{1, 1, 1}));
    EXPECT_FALSE(readings.heavy_accuracy());
    readings.add(std::vector<float>{1, kNan, 1, 0, 1, 0}, std::vector<std::uint32_t>{0}, 2);
    readings.add(std::vector<float>{1, 0, 1, 0, 1, 0}, std::vector<std::uint32_t>{7}, 2);
    EXPECT_EQ(readings.size(), 0U);
    readings.add(std::vector<float>{0, 1, 0, 1, 1, 0}, std::vector<std::uint32_t>{0}, 2);
    EXPECT_EQ(readings.heavy_accuracy(), 1);
    EXPECT_FALSE(readings.gate_auroc(Router())) << "one event tells nothing of others";
}

}  // namespace
}  // namespace skerry::node
