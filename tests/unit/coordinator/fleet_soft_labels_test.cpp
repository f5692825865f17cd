#include "coordinator/round/fleet_soft_labels.hpp"

#include <gtest/gtest.h>

#include "tests/support/sample_soft_labels.hpp"
#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using wire::SoftLabels;
using Rows = std::vector<std::uint32_t>;

UpdateId reported_by(int node) {
    UpdateId id;
    id.node.value[0] = static_cast<std::byte>(node);
    id.sequence = Sequence{1};
    return id;
}

ledger::UpdateAccepted accepted(int node, SoftLabels labels) {
    ledger::UpdateAccepted event;
    event.update = reported_by(node);
    event.soft_labels = std::move(labels);
    return event;
}

std::vector<Contribution> contributions_of(std::initializer_list<int> nodes) {
    std::vector<Contribution> set;
    for (const int node : nodes)
        set.push_back({reported_by(node), {}, Tier::Heavy, 64});
    return set;
}

TEST(FleetSoftLabels, AreTheMeanOfWhatAVersionCountsByTheRowsBehindIt) {
    FleetSoftLabels fleet;
    fleet.apply(accepted(1, sample_soft_labels({300, 0, 8}, 60'000)));
    fleet.apply(accepted(2, sample_soft_labels({100, 5, 0}, 40'000)));
    EXPECT_TRUE(fleet.known().empty()) << "no version counts them";
    const SoftLabels announced = fleet.with(contributions_of({1, 2}));
    fleet.count(contributions_of({1, 2}));
    EXPECT_EQ(fleet.known(), announced);
    EXPECT_EQ(announced.rows, (Rows{400, 5, 8}));
    EXPECT_EQ(announced.shares[0], 55'000) << "(3 · 60,000 + 40,000) / 4";
    EXPECT_EQ(announced.shares[4], 40'000) << "of the second class only one node says something";
    EXPECT_EQ(announced.shares[8], 60'000);
}

TEST(FleetSoftLabels, HearNoNodeLouderThanAnother) {
    for (const std::size_t classes : {10U, 77U, 128U}) {
        SCOPED_TRACE(classes);
        const auto fair = static_cast<std::uint32_t>(FleetSoftLabels::kVoiceRowsMax / classes);
        FleetSoftLabels fleet;
        fleet.apply(accepted(1, sample_soft_labels(Rows(classes, fair), 60'000)));
        fleet.apply(accepted(2, sample_soft_labels(Rows(classes, ~0U), 0)));
        fleet.count(contributions_of({1, 2}));
        EXPECT_EQ(fleet.known().rows, Rows(classes, 2 * fair));
        EXPECT_EQ(fleet.known().shares[0], 30'000);
    }
}

TEST(FleetSoftLabels, HearOfNoClassMoreThanAnHonestNodeMaySay) {
    FleetSoftLabels fleet;
    fleet.apply(accepted(1, sample_soft_labels({512, 7}, 60'000)));
    fleet.apply(accepted(2, sample_soft_labels({4'000'000, 0}, 0)));
    fleet.count(contributions_of({1, 2}));
    EXPECT_EQ(fleet.known().rows, (Rows{1024, 7}));
    EXPECT_EQ(fleet.known().shares[0], 30'000);
}

TEST(FleetSoftLabels, FadeWithEachVersionThatBringsNewOnes) {
    FleetSoftLabels fleet;
    fleet.apply(accepted(1, sample_soft_labels({400, 40}, 60'000)));
    fleet.count(contributions_of({1}));
    fleet.count(contributions_of({3}));
    EXPECT_EQ(fleet.known().rows, (Rows{400, 40})) << "there is nothing newer";
    fleet.apply(accepted(2, sample_soft_labels({200, 0}, 20'000)));
    fleet.count(contributions_of({2}));
    EXPECT_EQ(fleet.known().rows, (Rows{400, 20}));
    EXPECT_EQ(fleet.known().shares[0], 40'000);
    EXPECT_EQ(fleet.known().shares[3], 60'000) << "what nobody says anything newer of stays as it was";
}

TEST(FleetSoftLabels, ForgetAClassOfWhichNobodySaysAnythingAnyMore) {
    FleetSoftLabels fleet;
    fleet.apply(accepted(1, sample_soft_labels({9, 3}, 60'000)));
    fleet.count(contributions_of({1}));
    for (int version = 0; version < 2; ++version) {
        fleet.apply(accepted(2, sample_soft_labels({9, 0}, 60'000)));
        fleet.count(contributions_of({2}));
        EXPECT_TRUE(wire::soft_labels_of(wire::encoded(fleet.known()))) << "every node drops an announcement of none";
    }
    EXPECT_EQ(fleet.known().rows[1], 0U);
    EXPECT_EQ(fleet.known().shares[3], 0U);
}

TEST(FleetSoftLabels, LeaveOutWhatIsSetAsideOrStillWaits) {
    FleetSoftLabels fleet;
    fleet.apply(accepted(1, sample_soft_labels({100, 0}, 60'000)));
    fleet.apply(accepted(2, sample_soft_labels({50, 0}, 50'000)));
    fleet.apply(ledger::UpdateSetAside{kStart, RoundId{1}, reported_by(1), "its node was revoked"});
    fleet.count(contributions_of({1}));
    EXPECT_TRUE(fleet.known().empty());
    fleet.count(contributions_of({2}));
    EXPECT_EQ(fleet.known().rows, (Rows{50, 0}));
}

TEST(FleetSoftLabels, StaySoundAndBoundedHoweverManyVersionsThereAre) {
    FleetSoftLabels fleet;
    const SoftLabels uneven{{~0U, 3, 5}, {21845, 21845, 21844, 1, 65533, 0, 0, 65534, 1}};
    ASSERT_TRUE(wire::soft_labels_of(wire::encoded(uneven)));
    for (int version = 0; version < 100; ++version) {
        fleet.apply(accepted(1, uneven));
        fleet.apply(accepted(2, sample_soft_labels({512, 1, 0}, 33'333)));
        fleet.count(contributions_of({1, 2}));
        ASSERT_TRUE(wire::soft_labels_of(wire::encoded(fleet.known()))) << version;
    }
    EXPECT_LE(fleet.known().rows[0], 4 * FleetSoftLabels::kRowsMax);
}

}  // namespace
}  // namespace skerry::coordinator
