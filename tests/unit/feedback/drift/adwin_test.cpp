#include "feedback/drift/adwin.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace skerry::feedback {
namespace {

// A stream of error bits in batches of 100, with one check a batch, as the learning policy uses it.
class AdwinTest : public testing::Test {
protected:
    Adwin::Verdict batch(double error_rate) {
        for (int i = 0; i < 100; ++i) {
            const bool error = random_.uniform() < error_rate;
            bits_.push_back(error ? 1 : 0);
            adwin_.add(error);
        }
        return adwin_.check();
    }
    [[nodiscard]] double exact_mean_of_window() const {
        const auto size = static_cast<std::ptrdiff_t>(adwin_.size());
        return std::accumulate(bits_.end() - size, bits_.end(), 0.0) / static_cast<double>(size);
    }

    Random random_{7};
    Adwin adwin_;
    std::vector<int> bits_;
};

TEST_F(AdwinTest, KeepsTheWholeWindowAndStaysSilentWhileNothingChanges) {
    for (int i = 0; i < 1500; ++i)
        ASSERT_FALSE(batch(0.2).changed) << i;
    EXPECT_EQ(adwin_.size(), 150'000U);
    EXPECT_NEAR(adwin_.mean(), 0.2, 0.01);
}

TEST_F(AdwinTest, NoticesAJumpOfFortyPointsWithinOneBatchAndSaysThatItRose) {
    for (int i = 0; i < 50; ++i)
        static_cast<void>(batch(0.1));
    const auto verdict = batch(0.5);
    EXPECT_TRUE(verdict.changed);
    EXPECT_TRUE(verdict.rose);
    EXPECT_LT(adwin_.size(), 1500U);
}

TEST_F(AdwinTest, TellsAnImprovementFromAWorsening) {
    for (int i = 0; i < 50; ++i)
        static_cast<void>(batch(0.6));
    const auto verdict = batch(0.2);
    EXPECT_TRUE(verdict.changed);
    EXPECT_FALSE(verdict.rose);
}

TEST_F(AdwinTest, KnowsTheExactMeanOfTheBitsItStillHolds) {
    for (const double rate : {0.1, 0.5, 0.2, 0.9, 0.1}) {
        for (int i = 0; i < 20; ++i) {
            static_cast<void>(batch(rate));
            ASSERT_NEAR(adwin_.mean(), exact_mean_of_window(), 1e-9);
        }
    }
}

TEST_F(AdwinTest, CutsThisRecordedStreamWhereItWasRecorded) {
    std::vector<std::pair<int, std::uint64_t>> cuts;  // batch, window left
    for (int i = 0; i < 60; ++i) {
        if (batch(i < 20 ? 0.1 : i < 26 ? 0.4 : i < 46 ? 0.1 : 0.2).changed) cuts.emplace_back(i, adwin_.size());
    }
    EXPECT_EQ(cuts, (std::vector<std::pair<int, std::uint64_t>>{
                        {20, 212}, {21, 280}, {26, 268}, {27, 272}, {29, 408}, {49, 1384}, {55, 1728}}));
}

TEST_F(AdwinTest, GoesOnFromASavedWindowAsIfNothingHadHappened) {
    for (int i = 0; i < 30; ++i)
        static_cast<void>(batch(0.15));
    ByteWriter saved;
    adwin_.save(saved);
    ByteReader reader(saved.bytes());
    auto restored = Adwin::load(reader, 0.002);
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_TRUE(reader.finished());
    for (int i = 0; i < 300; ++i) {
        const bool error = random_.uniform() < 0.5;
        adwin_.add(error);
        restored->add(error);
    }
    EXPECT_EQ(adwin_.check().changed, restored->check().changed);
    EXPECT_EQ(adwin_.size(), restored->size());
    EXPECT_DOUBLE_EQ(adwin_.mean(), restored->mean());
}

TEST_F(AdwinTest, RefusesADamagedSavedWindow) {
    for (int i = 0; i < 5; ++i)
        static_cast<void>(batch(0.15));
    ByteWriter saved;
    adwin_.save(saved);
    for (std::size_t cut = 0; cut < saved.bytes().size(); cut += 7) {
        ByteReader shortened(ByteView(saved.bytes()).first(cut));
        EXPECT_FALSE(Adwin::load(shortened, 0.002)) << cut;
    }
    Bytes inflated = saved.bytes();
    inflated[0] ^= std::byte{0x40};
    ByteReader reader(inflated);
    EXPECT_FALSE(Adwin::load(reader, 0.002));
}

}  // namespace
}  // namespace skerry::feedback
