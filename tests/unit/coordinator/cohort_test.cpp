#include "coordinator/round/cohort.hpp"

#include <gmock/gmock.h>

namespace skerry::coordinator {
namespace {

using ::testing::SizeIs;
using Call = Cohort::Call;

constexpr TimePoint kUntil{std::chrono::seconds(60)};

struct CohortTest : ::testing::Test {
    Cohort cohort;
    std::uint8_t next = 1;
    std::function<ByteArray<16>()> random = [this] {
        next = static_cast<std::uint8_t>(next * 37 + 11);
        return ByteArray<16>{std::byte{next}};
    };
    static NodeId node(std::uint8_t number) { return NodeId{ByteArray<16>{std::byte{number}}}; }
    static std::vector<NodeId> nodes(std::uint8_t count) {
        std::vector<NodeId> all;
        for (std::uint8_t number = 1; number <= count; ++number)
            all.push_back(node(number));
        return all;
    }
    std::size_t invited(std::uint8_t of) {
        std::size_t count = 0;
        for (const NodeId& each : nodes(of))
            count += cohort.invites(each) ? 1 : 0;
        return count;
    }
};

TEST_F(CohortTest, InvitesSoManyOfThoseThatAreThereAndTheSameUntilTheNextRound) {
    const Call first{ModelVersion{1}, RoundId{1}, 4};
    EXPECT_FALSE(cohort.answers(first));
    cohort.draw(first, kUntil, nodes(10), random);
    EXPECT_TRUE(cohort.answers(first));
    EXPECT_EQ(cohort.until(), kUntil);
    const std::set<NodeId> members = cohort.members();
    EXPECT_EQ(invited(10), 4U);
    EXPECT_EQ(cohort.members(), members);
    for (const Call& other : {Call{ModelVersion{2}, RoundId{1}, 4}, Call{ModelVersion{1}, RoundId{2}, 4},
                              Call{ModelVersion{1}, RoundId{1}, 5}})
        EXPECT_FALSE(cohort.answers(other));
    cohort.draw({ModelVersion{1}, RoundId{2}, 4}, kUntil, nodes(10), random);
    EXPECT_THAT(cohort.members(), SizeIs(4));
    EXPECT_NE(cohort.members(), members) << "an abandoned round is not tried again with the same nodes";
}

TEST_F(CohortTest, GivesThePlacesThatAreLeftToWhoComes) {
    cohort.draw({ModelVersion{1}, RoundId{1}, 3}, kUntil, nodes(1), random);
    EXPECT_TRUE(cohort.invites(node(7)));
    EXPECT_TRUE(cohort.invites(node(8)));
    EXPECT_FALSE(cohort.invites(node(9)));
    EXPECT_TRUE(cohort.invites(node(1)));
}

}  // namespace
}  // namespace skerry::coordinator
