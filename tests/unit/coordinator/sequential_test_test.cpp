#include "coordinator/release/sequential_test.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace skerry::coordinator {
namespace {

TEST(SequentialTestTest, DecidesWhereTheLikelihoodRatioOfWaldDoes) {
    // Of n differing cases, all lost: n·ln(4/3) reaches ln 95 at 16. All won: n·ln(2/3) reaches −ln 19.8 at 8.
    EXPECT_EQ(shown_by(0, 15), Shown::Nothing);
    EXPECT_EQ(shown_by(0, 16), Shown::Worse);
    EXPECT_EQ(shown_by(7, 0), Shown::Nothing);
    EXPECT_EQ(shown_by(8, 0), Shown::NotWorse);
    EXPECT_EQ(shown_by(0, 0), Shown::Nothing);
    EXPECT_EQ(shown_by(1000, 1000), Shown::NotWorse);
    EXPECT_EQ(shown_by(1000, 2000), Shown::Worse);
}

struct Fates {
    double worse = 0, not_worse = 0, cases = 0;
};

Fates play(double wins, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::bernoulli_distribution win(wins);
    constexpr int kTests = 4000;
    Fates fates;
    for (int test = 0; test < kTests; ++test) {
        std::uint64_t won = 0, lost = 0;
        Shown shown = Shown::Nothing;
        while (shown == Shown::Nothing) {
            (win(random) ? won : lost) += 1;
            shown = shown_by(won, lost);
        }
        fates.worse += shown == Shown::Worse ? 1.0 / kTests : 0;
        fates.not_worse += shown == Shown::NotWorse ? 1.0 / kTests : 0;
        fates.cases += static_cast<double>(won + lost) / kTests;
    }
    return fates;
}

TEST(SequentialTestTest, CallsFewerThanOneOfAHundredGoodOnesWorseHoweverOftenOneLooks) {
    const Fates fates = play(0.5, 1);
    EXPECT_LE(fates.worse, 0.01 + 0.005) << "three deviations of 4000 tests";
    EXPECT_LT(fates.cases, 60) << "and asks for few cases";
}

TEST(SequentialTestTest, LetsFewerThanFiveOfAHundredBadOnesPass) {
    EXPECT_LE(play(1.0 / 3.0, 2).not_worse, 0.05 + 0.01);
}

}  // namespace
}  // namespace skerry::coordinator
