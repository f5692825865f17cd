#include "coordinator/round/fleet_audits.hpp"

#include <gtest/gtest.h>

#include "tests/support/sample_audits.hpp"
#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using wire::AuditCounts;

UpdateId update_of(int node) {
    UpdateId id;
    id.node.value[0] = static_cast<std::byte>(node);
    id.sequence = Sequence{1};
    return id;
}

ledger::UpdateAccepted accepted(int node, AuditCounts audits) {
    ledger::UpdateAccepted event;
    event.update = update_of(node);
    event.audits = std::move(audits);
    return event;
}

std::vector<Contribution> set_of(std::initializer_list<int> nodes) {
    std::vector<Contribution> set;
    for (const int node : nodes)
        set.push_back({update_of(node), {}, Tier::Heavy, 64});
    return set;
}

std::uint64_t requests_in(const AuditCounts& counts) {
    std::uint64_t requests = 0;
    for (std::size_t i = 0; i < AuditCounts::kBins && i < counts.bins.size(); ++i)
        requests += counts.bins[i].requests;
    return requests;
}

double light_differs(const AuditCounts& counts) {
    std::uint64_t differ = 0;
    for (std::size_t i = 0; i < AuditCounts::kBins; ++i)
        differ += counts.bins[i].differ[0];
    return static_cast<double>(differ) / static_cast<double>(requests_in(counts));
}

TEST(FleetAudits, AreTheSumOfWhatAVersionCounts) {
    FleetAudits fleet;
    fleet.apply(accepted(1, sample_audits(100, 10)));
    fleet.apply(accepted(2, sample_audits(300, 0)));
    EXPECT_TRUE(fleet.known().empty()) << "no version counts them";
    const AuditCounts announced = fleet.with(set_of({1, 2}));
    fleet.count(set_of({1, 2}));
    EXPECT_EQ(fleet.known(), announced);
    EXPECT_EQ(fleet.known().audits, 400U);
    EXPECT_NEAR(light_differs(fleet.known()), 0.025, 1e-4);
}

TEST(FleetAudits, HearNoNodeLouderThanAnother) {
    FleetAudits fleet;
    fleet.apply(accepted(1, sample_audits(512, 0)));
    AuditCounts loud = sample_audits(4'000'000, 4'000'000);
    loud.audits = ~0U;
    fleet.apply(accepted(2, std::move(loud)));
    fleet.count(set_of({1, 2}));
    EXPECT_EQ(fleet.known().audits, 2 * FleetAudits::kAuditsMax);
    EXPECT_NEAR(light_differs(fleet.known()), 0.5, 1e-3);
}

TEST(FleetAudits, BelieveAFewAuditsNoMoreThanTheyAreHoweverLargeTheirNumbers) {
    FleetAudits fleet;
    AuditCounts few = sample_audits(1'000'000, 1'000'000);
    few.audits = 8;
    fleet.apply(accepted(1, sample_audits(512, 0)));
    fleet.apply(accepted(2, std::move(few)));
    fleet.count(set_of({1, 2}));
    EXPECT_NEAR(light_differs(fleet.known()), 8.0 / 520, 1e-3);
}

TEST(FleetAudits, StayCountsWhateverANodeClaims) {
    FleetAudits fleet;
    AuditCounts thin{1, std::vector<AuditCounts::Bin>(AuditCounts::kExits * AuditCounts::kBins, {1'000'000, {1, 0}})};
    thin.bins[5].requests -= 63;
    fleet.apply(accepted(1, std::move(thin)));
    fleet.count(set_of({1}));
    EXPECT_TRUE(wire::audit_counts_of(wire::encoded(fleet.known()))) << "every node drops an announcement of none";
}

TEST(FleetAudits, FadeWithEachVersionThatBringsNewOnes) {
    FleetAudits fleet;
    fleet.apply(accepted(1, sample_audits(400, 400)));
    fleet.count(set_of({1}));
    fleet.count(set_of({3}));
    EXPECT_EQ(fleet.known().audits, 400U) << "there is nothing newer";
    fleet.apply(accepted(2, sample_audits(200, 0)));
    fleet.count(set_of({2}));
    EXPECT_EQ(fleet.known().audits, 400U);
    EXPECT_NEAR(light_differs(fleet.known()), 0.5, 1e-3);
}

TEST(FleetAudits, LeaveOutWhatIsSetAsideOrStillWaits) {
    FleetAudits fleet;
    fleet.apply(accepted(1, sample_audits(100, 0)));
    fleet.apply(accepted(2, sample_audits(100, 0)));
    fleet.apply(ledger::UpdateSetAside{kStart, RoundId{1}, update_of(1), "its node was revoked"});
    fleet.count(set_of({1}));
    EXPECT_TRUE(fleet.known().empty());
    fleet.count(set_of({2}));
    EXPECT_EQ(fleet.known().audits, 100U);
}

TEST(FleetAudits, StayBoundedHoweverManyVersionsThereAre) {
    FleetAudits fleet;
    for (int version = 0; version < 100; ++version) {
        fleet.apply(accepted(1, sample_audits(8192, 1)));
        fleet.count(set_of({1}));
    }
    EXPECT_LE(fleet.known().audits, 2 * FleetAudits::kAuditsMax);
    EXPECT_LE(requests_in(fleet.known()), 2 * FleetAudits::kAuditsMax * FleetAudits::kUnits);
}

}  // namespace
}  // namespace skerry::coordinator
