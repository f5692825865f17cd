#include "edge-node/learning/replay_share.hpp"

#include <gtest/gtest.h>

namespace skerry::node {
namespace {

std::vector<bool> errors(std::size_t wrong, std::size_t of) {
    std::vector<bool> bits(of, false);
    std::fill_n(bits.begin(), wrong, true);
    return bits;
}

TEST(ReplayShare, GrowsToTwiceWhileThePastIsForgotten) {
    ReplayShare share;
    share.observe(errors(5, 100), errors(80, 200));
    EXPECT_NEAR(share.factor(), 1.2, 1e-9);
    for (int i = 0; i < 20; ++i)
        share.observe(errors(5, 100), errors(80, 200));
    EXPECT_EQ(share.factor(), 2);
    EXPECT_EQ(share.rows(10), 20U);
    EXPECT_EQ(share.rows(0), 0U);
}

TEST(ReplayShare, ShrinksToHalfWhileWhatComesNowIsHarder) {
    ReplayShare share;
    for (int i = 0; i < 20; ++i)
        share.observe(errors(60, 100), errors(10, 200));
    EXPECT_EQ(share.rows(10), 5U);
}

TEST(ReplayShare, ReturnsWhereBothAreAlikeAndStaysWhereTooFewSaySo) {
    ReplayShare share;
    for (int i = 0; i < 20; ++i)
        share.observe(errors(0, 100), errors(100, 100));
    share.observe(errors(0, 100), errors(19, 19));
    EXPECT_EQ(share.factor(), 2);
    for (int i = 0; i < 60; ++i)
        share.observe(errors(9, 100), errors(20, 200));
    EXPECT_NEAR(share.factor(), 1, 0.01);
}

TEST(ReplayShare, BeginsAnewInAChangedWorldAndGoesOnAfterARestart) {
    ReplayShare share, other;
    share.observe(errors(0, 100), errors(100, 100));
    ByteWriter saved;
    share.save(saved);
    ByteReader from(saved.bytes());
    ASSERT_TRUE(other.load(from));
    EXPECT_EQ(other.factor(), share.factor());
    ByteWriter damaged;
    damaged.put(2.5);
    ByteReader nonsense(damaged.bytes());
    EXPECT_FALSE(other.load(nonsense));
    share.begin_anew();
    EXPECT_EQ(share.factor(), 1);
}

}  // namespace
}  // namespace skerry::node
