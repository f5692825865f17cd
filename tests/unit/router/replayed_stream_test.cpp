#include <gtest/gtest.h>

#include "tests/unit/router/stream.hpp"

namespace skerry::node {
namespace {

using testing::config_of;
using testing::kCosts;
using testing::serve;
using testing::Stream;
using testing::Tally;

constexpr int kRequests = 60'000;
constexpr double kTarget = 0.01 * kAccuracyAssumed;  // ε where no label has told heavy's accuracy

/// A tuner that has seen `requests` of the easy world.
RouterTuner tuned(const RouterConfig& config, std::uint64_t seed, int requests = 30'000) {
    RouterTuner tuner(config, kCosts, seed);
    Stream stream(seed);
    Tally ignored;
    for (int i = 0; i < requests; ++i)
        serve(tuner, stream.next(false), ignored);
    return tuner;
}

/// The middle third is of another world. `frozen`: this router answers all, nothing is learned.
Tally replay_with_shift(RouterTuner tuner, bool frozen, std::uint64_t seed) {
    const std::shared_ptr<const Router> router = tuner.router();
    Stream stream(seed);
    Tally tally;
    for (int i = 0; i < kRequests; ++i) {
        const auto logits = stream.next(i >= kRequests / 3 && i < 2 * kRequests / 3);
        if (!frozen) {
            serve(tuner, logits, tally);
            continue;
        }
        const auto routed = testing::routed_by(*router, logits);
        tally.requests += 1;
        tally.lost += routed.glances[static_cast<std::size_t>(routed.answered)]->predicted != 0 ? 1 : 0;
    }
    return tally;
}

class ReplayedStream : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(ReplayedStream, KeepsItsTargetUnderAShiftThatFixedKnotsDoNot) {
    const Tally controlled = replay_with_shift(tuned(config_of(RouterMode::Risk), GetParam()), false, GetParam() + 100);
    // Each early exit is audited, so that these are the very knots that the world before the shift asks for.
    RouterConfig all_audited = config_of(RouterMode::Risk);
    all_audited.audit_share = 1;
    const Tally fixed = replay_with_shift(tuned(all_audited, GetParam()), true, GetParam() + 100);
    EXPECT_LE(controlled.audited_disagreement(), 1.2 * kTarget);
    EXPECT_GT(controlled.audited_disagreement(), 0.5 * kTarget) << "it buys its rate with needless time";
    EXPECT_GT(fixed.disagreement(), 1.2 * kTarget);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ReplayedStream, ::testing::Range<std::uint64_t>(1, 6));

TEST(ReplayedStream, RankGivesThirtyFortyThirty) {
    RouterTuner tuner = tuned(config_of(RouterMode::Rank), 7, 20'000);
    Stream stream(8);
    Tally tally;
    for (int i = 0; i < 20'000; ++i)
        serve(tuner, stream.next(false), tally);
    EXPECT_NEAR(tally.share(Tier::Light), 0.3, 0.02);
    EXPECT_NEAR(tally.share(Tier::Medium), 0.4, 0.02);
    EXPECT_NEAR(tally.share(Tier::Heavy), 0.3, 0.02);
}

TEST(ReplayedStream, MeetsAMeanLatencyAlone) {
    RouterConfig config = config_of(RouterMode::Risk);
    config.accuracy_retention = 0;
    config.latency_mean = std::chrono::microseconds(80);
    RouterTuner tuner = tuned(config, 11, 20'000);
    Stream stream(12);
    Tally tally;
    for (int i = 0; i < 20'000; ++i)
        serve(tuner, stream.next(false), tally);
    EXPECT_NEAR(tally.microseconds / tally.requests, 80, 8);
    EXPECT_EQ(tuner.certificate().accuracy(), RouterCertificate::Verdict::Open);
}

TEST(ReplayedStream, MeetsALatencyQuantileAlone) {
    RouterConfig config = config_of(RouterMode::Risk);
    config.accuracy_retention = 0;
    config.latency_p95 = std::chrono::microseconds(100);  // what heavy takes longer than
    RouterTuner tuner = tuned(config, 13, 20'000);
    Stream stream(14);
    Tally tally;
    for (int i = 0; i < 20'000; ++i)
        serve(tuner, stream.next(false), tally);
    EXPECT_NEAR(tally.share(Tier::Heavy), 0.05, 0.025);
}

TEST(ReplayedStream, LatencyBindsAndAccuracyIsReportedWhereBothCannotBeKept) {
    RouterConfig config = config_of(RouterMode::Risk);
    config.accuracy_retention = 0.995;
    config.latency_mean = std::chrono::microseconds(30);
    RouterTuner tuner = tuned(config, 15);
    Stream stream(16);
    Tally tally;
    for (int i = 0; i < 20'000; ++i)
        serve(tuner, stream.next(false), tally);
    EXPECT_NEAR(tally.microseconds / tally.requests, 30, 3);
    const RouterCertificate certificate = tuner.certificate();
    EXPECT_EQ(certificate.accuracy(), RouterCertificate::Verdict::Missed);
    EXPECT_LT(certificate.retained_at_least(), 0.995);
    EXPECT_LT(certificate.disagreement.interval.low, tally.disagreement());
    EXPECT_GT(certificate.disagreement.interval.high, tally.disagreement());
}

TEST(ReplayedStream, LatencyYieldsWhereItIsToldTo) {
    RouterConfig config = config_of(RouterMode::Risk);
    config.accuracy_retention = 0.995;
    config.latency_mean = std::chrono::microseconds(30);
    config.yields = RouterYields::Latency;
    RouterTuner tuner = tuned(config, 15);
    Stream stream(16);
    Tally tally;
    for (int i = 0; i < 20'000; ++i)
        serve(tuner, stream.next(false), tally);
    EXPECT_GT(tally.microseconds / tally.requests, 33);
    EXPECT_LE(tally.disagreement(), 1.5 * 0.005 * kAccuracyAssumed);
    EXPECT_EQ(tuner.certificate().latency(), RouterCertificate::Verdict::Missed);
}

TEST(ReplayedStream, ALatencyThatCostsNoAccuracyChangesNothing) {
    RouterConfig config = config_of(RouterMode::Risk);
    RouterTuner accurate = tuned(config, 17);
    config.latency_mean = std::chrono::microseconds(190);
    RouterTuner both = tuned(config, 17);
    EXPECT_EQ(both.certificate().knots, accurate.certificate().knots);
    EXPECT_EQ(both.certificate().latency(), RouterCertificate::Verdict::Kept);
}

}  // namespace
}  // namespace skerry::node
