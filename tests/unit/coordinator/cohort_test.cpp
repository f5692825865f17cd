#include "coordinator/round/cohort.hpp"

#include <gmock/gmock.h>

namespace skerry::coordinator {
namespace {

using ::testing::SizeIs;

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
    cohort.draw(ModelVersion{1}, RoundId{1}, 4, nodes(10), random);
    const std::set<NodeId> first = cohort.members();
    EXPECT_EQ(invited(10), 4U);
    cohort.draw(ModelVersion{1}, RoundId{1}, 4, nodes(10), random);
    EXPECT_EQ(cohort.members(), first);
    cohort.draw(ModelVersion{1}, RoundId{2}, 4, nodes(10), random);
    EXPECT_THAT(cohort.members(), SizeIs(4));
    EXPECT_NE(cohort.members(), first) << "an abandoned round is not tried again with the same nodes";
}

TEST_F(CohortTest, GivesThePlacesThatAreLeftToWhoComes) {
    cohort.draw(ModelVersion{1}, RoundId{1}, 3, nodes(1), random);
    EXPECT_TRUE(cohort.invites(node(7)));
    EXPECT_TRUE(cohort.invites(node(8)));
    EXPECT_FALSE(cohort.invites(node(9)));
    EXPECT_TRUE(cohort.invites(node(1)));
}

}  // namespace
}  // namespace skerry::coordinator
