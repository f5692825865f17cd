#include "edge-node/tools/status_text.hpp"
#include "tests/support/sample_audits.hpp"
#include "tests/unit/node/node_fixture.hpp"

namespace skerry::node::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::uint64_t audited(const NodeFacts& facts) {
    return facts.router ? facts.router->audits_free + facts.router->audits_idle : 0;
}

TEST_F(NodeTest, ComparesItsAnswersWithHeavysAndShowsTheEvidence) {
    options_.config.router.audit_share = 1;
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(200));
    EXPECT_TRUE(
        eventually([](const auto&, const NodeFacts& facts) { return audited(facts) >= 20 && facts.totals.steps > 0; }));

    const Json router = status()["router"];
    EXPECT_EQ(router["configured"], "auto");
    EXPECT_EQ(router["mode"], "identity") << "too few audits for another";
    EXPECT_GT(router["audits"]["kept"].get<std::uint64_t>(), 0U);
    EXPECT_LE(router["disagreement"]["low"].get<double>(), router["disagreement"]["share"].get<double>());
    EXPECT_LE(router["disagreement"]["share"].get<double>(), router["disagreement"]["high"].get<double>());
    EXPECT_GT(router["labelled"].get<std::uint64_t>(), 0U) << "labels set temperatures and heavy's accuracy";
    EXPECT_THAT(*status_text(get("/skerry/status").body), HasSubstr("of answers are not heavy's"));
    EXPECT_THAT(get("/metrics").body, HasSubstr("skerry_node_router_knot{knot=\"light\"} 0."));
}

TEST_F(NodeTest, RoutesByTheAuditsOnceThereAreEnough) {
    options_.config.router.audit_share = 1;
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(1000));
    EXPECT_TRUE(eventually([](const auto&, const NodeFacts& facts) {
        return facts.router && facts.router->mode == RouterMode::Risk && facts.router->accuracy_retention == 0.99;
    }));
}

TEST_F(NodeTest, TellsTheFleetOfItsAuditsWithAnUpdate) {
    options_.config.router.audit_share = 1;
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(400));
    ASSERT_TRUE(eventually([](const FakeCoordinator& seen, const auto&) { return !seen.accepted.empty(); }));
    coordinator([](const FakeCoordinator& seen) {
        const wire::AuditCounts& audits = seen.accepted.front().audits;
        EXPECT_GT(audits.audits, 0U);
        std::array<std::uint64_t, wire::AuditCounts::kExits> requests{};
        for (std::size_t i = 0; i < audits.bins.size(); ++i)
            requests[i / wire::AuditCounts::kBins] += audits.bins[i].requests;
        EXPECT_EQ(requests[0], requests[1]) << "each audit is in one bin of each exit";
        EXPECT_GT(requests[0], 0U);
    });
}

TEST_F(NodeTest, BeginsWithWhatTheFleetsAuditsHaveShown) {
    coordinator([](FakeCoordinator& coordinator) { coordinator.fleet_audits = sample_audits(400, 0); });
    start();
    EXPECT_TRUE(eventually([](const auto&, const NodeFacts& facts) {
        return facts.router && facts.router->audits_fleet == 400 && facts.router->mode == RouterMode::Risk;
    }));
    EXPECT_EQ(status()["router"]["audits"]["kept"], 0) << "it has none of its own";
}

TEST_F(NodeTest, WithoutHeavyThereIsNothingToCompareWith) {
    join_as(Tier::Light);
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(50));
    EXPECT_TRUE(status()["router"].is_null());
    EXPECT_THAT(*status_text(get("/skerry/status").body), Not(HasSubstr("heavy's")));
}

}  // namespace
}  // namespace skerry::node::testing
