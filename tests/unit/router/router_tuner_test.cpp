#include "edge-node/router/router_tuner.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/unit/router/stream.hpp"

namespace skerry::node {
namespace {

using testing::config_of;
using testing::kCosts;
using testing::serve;
using testing::Stream;
using testing::Tally;

void serve_many(RouterTuner& tuner, int requests, std::uint64_t seed) {
    Stream stream(seed);
    Tally tally;
    for (int i = 0; i < requests; ++i)
        serve(tuner, stream.next(false), tally);
}

RouterTuner::Routed by_heavy(float light_margin, float medium_margin, std::uint32_t light_says) {
    RouterTuner::Routed routed;
    routed.answered = Tier::Heavy;
    routed.glances = {ExitGlance{light_says, light_margin}, ExitGlance{light_says, medium_margin}, ExitGlance{0, 1}};
    return routed;
}

TEST(RouterTuner, RoutesAsTheIdentityUntilEnoughAuditsExist) {
    RouterTuner tuner(RouterConfig{}, kCosts, 1);
    serve_many(tuner, 200, 2);
    EXPECT_EQ(tuner.certificate().mode, RouterMode::Identity);
    EXPECT_EQ(tuner.certificate().knots, (Knots{0.3F, 0.7F, 0.7F}));
    serve_many(tuner, 20'000, 3);
    EXPECT_EQ(tuner.certificate().mode, RouterMode::Risk);
    EXPECT_NE(tuner.certificate().knots, (Knots{0.3F, 0.7F, 0.7F}));
}

TEST(RouterTuner, StaysAtTheIdentityWhereItIsToldTo) {
    RouterTuner tuner(config_of(RouterMode::Identity), kCosts, 1);
    const auto router = tuner.router();
    serve_many(tuner, 20'000, 3);
    EXPECT_EQ(tuner.router(), router) << "the same one, not an equal one";
    EXPECT_GT(tuner.certificate().audits_kept, 300U) << "the certificate needs audits all the same";
}

TEST(RouterTuner, IsStrictBeforeItKnowsAnythingWhereRiskIsAskedFor) {
    RouterTuner tuner(config_of(RouterMode::Risk), kCosts, 1);
    EXPECT_LT(tuner.certificate().knots.light, 0.01);
}

TEST(RouterTuner, ARequestThatReachedHeavyAuditsTheExitsBeforeItForFree) {
    RouterTuner tuner(RouterConfig{}, kCosts, 1);
    EXPECT_FALSE(tuner.answered(by_heavy(0.5F, 0.1F, 1)));
    const RouterCertificate certificate = tuner.certificate();
    EXPECT_EQ(certificate.audits_free, 1U);
    EXPECT_EQ(certificate.disagreement.share, 0) << "heavy's own answer never differs from heavy's";
    EXPECT_EQ(tuner.histogram().audits(), 1);
}

TEST(RouterTuner, ANodeInAFleetStartsCalibrated) {
    RouterTuner old(RouterConfig{}, kCosts, 1);
    serve_many(old, 30'000, 3);
    RouterTuner young(RouterConfig{}, kCosts, 2);
    young.fleet_knows(old.histogram());
    EXPECT_EQ(young.certificate().mode, RouterMode::Risk);
    Stream stream(9);
    Tally tally;
    for (int i = 0; i < 10'000; ++i)
        serve(young, stream.next(false), tally);
    EXPECT_LE(tally.disagreement(), 0.01 * kAccuracyAssumed * 1.5);
    EXPECT_GT(tally.share(Tier::Light), 0.5);
}

TEST(RouterTuner, KeepsThetaAndLosesTrustInOldAuditsWithNewWeights) {
    RouterTuner tuner(config_of(RouterMode::Risk), kCosts, 1);
    serve_many(tuner, 20'000, 3);
    const RouterCertificate before = tuner.certificate();
    tuner.weights_changed(RouterTuner::NewWeights::Version);
    EXPECT_EQ(tuner.certificate().theta, before.theta);
    for (int i = 0; i < 20; ++i)
        tuner.weights_changed(RouterTuner::NewWeights::Version);
    EXPECT_EQ(tuner.certificate().audits_kept, 0U);
    EXPECT_EQ(tuner.certificate().accuracy(), RouterCertificate::Verdict::Open);
}

TEST(RouterTuner, TheCertificateCoversTheTruth) {
    RouterTuner tuner(config_of(RouterMode::Identity), kCosts, 1);
    Stream stream(3);
    Tally tally;
    for (int i = 0; i < 30'000; ++i)
        serve(tuner, stream.next(false), tally);
    const RouterCertificate certificate = tuner.certificate();
    EXPECT_LT(certificate.disagreement.interval.low, tally.disagreement());
    EXPECT_GT(certificate.disagreement.interval.high, tally.disagreement());
    EXPECT_GT(*certificate.gate_auroc, 0.9);
    EXPECT_NEAR(certificate.share[0], tally.share(Tier::Light), 0.02);
}

TEST(RouterTuner, TakesTheTargetFromHeavysAccuracyOnceLabelsTellIt) {
    RouterTuner tuner(RouterConfig{}, kCosts, 1);
    EXPECT_NEAR(tuner.certificate().disagreement_target, 0.01 * kAccuracyAssumed, 1e-12);
    for (int i = 0; i < 100; ++i)
        tuner.labelled(std::vector<float>{1, 0, 1, 0, 1, 0}, std::vector<std::uint32_t>{i < 50 ? 0U : 1U}, 2);
    EXPECT_NEAR(tuner.certificate().disagreement_target, 0.01 * 0.5, 1e-12);
}

TEST(RouterTuner, ANewTemperatureMakesANewRouter) {
    RouterTuner tuner(RouterConfig{}, kCosts, 1);
    const auto before = tuner.router();
    for (int i = 0; i < 100; ++i)
        tuner.labelled(std::vector<float>{3, 0, 3, 0, 3, 0}, std::vector<std::uint32_t>{i % 4 == 0 ? 1U : 0U}, 2);
    EXPECT_NE(tuner.router(), before);
    EXPECT_GT(tuner.certificate().temperatures[0], 2);
    EXPECT_LT(tuner.router()->read(Tier::Light, std::vector<float>{3, 0}).margin, 0.9F);
}

TEST(RouterTuner, ReadsWhatIsNoNumberAsATie) {
    RouterTuner tuner(config_of(RouterMode::Risk), kCosts, 1);
    for (int i = 0; i < 2000; ++i)
        EXPECT_FALSE(tuner.answered(
            by_heavy(std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::quiet_NaN(), 1)));
    const Knots knots = tuner.certificate().knots;
    EXPECT_GT(knots.light, 0);
    EXPECT_LT(knots.skip, 1);
    tuner.audited(
        {std::vector<float>{std::numeric_limits<float>::quiet_NaN(), 1},
         std::vector<float>{1, std::numeric_limits<float>::quiet_NaN()},
         std::vector<float>{std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::quiet_NaN()}},
        Tier::Light, 20);
    EXPECT_FALSE(std::isnan(tuner.certificate().theta));
}

TEST(RouterTuner, IgnoresAuditsOfAnotherShape) {
    RouterTuner tuner(RouterConfig{}, kCosts, 1);
    tuner.audited({}, Tier::Light, 20);
    tuner.audited({std::vector<float>{1, 2}, std::vector<float>{1, 2, 3}, std::vector<float>{1, 2}}, Tier::Light, 20);
    tuner.audited({std::vector<float>{1}, std::vector<float>{1}, std::vector<float>{1}}, Tier::Light, 20);
    EXPECT_EQ(tuner.certificate().audits_kept, 0U);
}

TEST(RouterTuner, GoesToLightWhereAllAgreeAndToHeavyWhereNoneDoes) {
    const auto all = [](bool differ) {
        RouterTuner tuner(config_of(RouterMode::Risk), kCosts, 1);
        Tally tally;
        for (int i = 0; i < 20'000; ++i)
            serve(tuner, testing::reading(-2 + i % 4, differ, -2, differ), tally);
        return tally;
    };
    EXPECT_GT(all(false).share(Tier::Light), 0.8);
    EXPECT_GT(all(true).share(Tier::Heavy), 0.97);
}

}  // namespace
}  // namespace skerry::node
