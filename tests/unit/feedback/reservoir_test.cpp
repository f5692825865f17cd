#include "feedback/reservoir.hpp"

#include <set>

#include <gtest/gtest.h>

namespace skerry::feedback {
namespace {

Example example(std::uint32_t label, std::uint64_t trigger = 0) {
    return Example{Bytes{std::byte{static_cast<unsigned char>(label)}, std::byte{7}}, label, trigger, {0.5F, 1.5F, 2}};
}

class ReservoirTest : public testing::Test {
protected:
    Random random_{11};
};

TEST_F(ReservoirTest, KeepsClassesLevelHoweverSkewedTheStreamIs) {
    Reservoir reservoir(Reservoir::Keeps::History, 30, 3);
    for (int i = 0; i < 2000; ++i)
        reservoir.offer(example(i % 50 == 0 ? 1 : i % 77 == 0 ? 2 : 0), random_);
    for (std::uint32_t label = 0; label < 3; ++label)
        EXPECT_NEAR(double(reservoir.held()[label]), 10, 1) << label;
}

TEST_F(ReservoirTest, MakesRoomForAClassThatComesLate) {
    Reservoir reservoir(Reservoir::Keeps::History, 20, 3);
    for (int i = 0; i < 500; ++i)
        reservoir.offer(example(0), random_);
    for (int i = 0; i < 50; ++i)
        reservoir.offer(example(2), random_);
    EXPECT_EQ(reservoir.held()[2], 10U);
}

TEST_F(ReservoirTest, HistoryGivesEachExampleOfAClassTheSameChance) {
    double age = 0;
    for (int run = 0; run < 50; ++run) {
        Reservoir reservoir(Reservoir::Keeps::History, 20, 1);
        for (std::uint64_t i = 0; i < 1000; ++i)
            reservoir.offer(example(0, i), random_);
        for (const Example& kept : reservoir.examples())
            age += static_cast<double>(kept.trigger);
    }
    EXPECT_NEAR(age / (50 * 20), 500, 30);
}

TEST_F(ReservoirTest, NewestHoldsTheLatestOfEachClass) {
    Reservoir reservoir(Reservoir::Keeps::Newest, 20, 2);
    for (std::uint64_t i = 0; i < 1000; ++i)
        reservoir.offer(example(i % 2, i), random_);
    for (const Example& kept : reservoir.examples())
        EXPECT_GE(kept.trigger, 980U);
}

TEST_F(ReservoirTest, DrawsNothingTwice) {
    Reservoir reservoir(Reservoir::Keeps::History, 20, 3);
    for (int i = 0; i < 20; ++i)
        reservoir.offer(example(0), random_);
    const auto drawn = reservoir.draw(20, random_);
    EXPECT_EQ(std::set<std::size_t>(drawn.begin(), drawn.end()).size(), 20U);
    EXPECT_EQ(reservoir.draw(50, random_).size(), 20U) << "a few rows must not stand for many";
    EXPECT_TRUE(Reservoir(Reservoir::Keeps::History, 5, 1).draw(3, random_).empty());
}

TEST_F(ReservoirTest, DrawsNothingThatRestsUntilItIsWoken) {
    Reservoir reservoir(Reservoir::Keeps::History, 3, 3);
    for (int i = 0; i < 3; ++i)
        reservoir.offer(example(0), random_);
    reservoir.rest({true, false, true});
    EXPECT_EQ(reservoir.draw(4, random_), (std::vector<std::size_t>{1}));
    EXPECT_EQ(reservoir.awake(), (std::vector<std::size_t>{1, 0, 0}));
    reservoir.offer(example(1), random_);  // takes a place, rested
    EXPECT_EQ(reservoir.held()[1], 1U);
    reservoir.rest({true, true, true});
    EXPECT_TRUE(reservoir.draw(4, random_).empty());
    reservoir.wake();
    EXPECT_EQ(reservoir.draw(4, random_).size(), 3U);
}

TEST_F(ReservoirTest, ForgetsWhatRests) {
    Reservoir reservoir(Reservoir::Keeps::History, 3, 3);
    for (std::uint32_t label = 0; label < 3; ++label)
        reservoir.offer(example(label), random_);
    reservoir.rest({true, false, true});
    EXPECT_EQ(reservoir.erase_resting(), 2U);
    EXPECT_EQ(reservoir.held(), (std::vector<std::size_t>{0, 1, 0}));
    EXPECT_EQ(reservoir.erase_resting(), 0U);
}

TEST_F(ReservoirTest, KnowsWhoRestsAfterARestart) {
    Reservoir reservoir(Reservoir::Keeps::History, 3, 3);
    for (std::uint32_t label = 0; label < 3; ++label)
        reservoir.offer(example(label), random_);
    reservoir.rest({true, false, true});
    ByteWriter saved;
    reservoir.save(saved);
    reservoir.save_resting(saved);
    ByteReader from(saved.bytes());
    auto loaded = Reservoir::load(from, Reservoir::Keeps::History, 2, 3, reservoir.examples()[0].sample.size());
    ASSERT_TRUE(loaded);
    ASSERT_TRUE(loaded->load_resting(from)) << "fewer fit than were saved";
    EXPECT_EQ(loaded->awake(), (std::vector<std::size_t>{0, 1, 0}));
    EXPECT_FALSE(loaded->load_resting(from)) << "nothing is left to read";
}

TEST_F(ReservoirTest, ForgetsWhatItIsToldTo) {
    Reservoir reservoir(Reservoir::Keeps::History, 10, 3);
    for (std::uint64_t i = 0; i < 6; ++i)
        reservoir.offer(example(static_cast<std::uint32_t>(i % 3), i), random_);
    reservoir.erase({0, 4});
    EXPECT_EQ(reservoir.held(), (std::vector<std::size_t>{1, 1, 2}));
    ASSERT_EQ(reservoir.examples().size(), 4U);
    EXPECT_EQ(reservoir.examples()[0].trigger, 1U);
    EXPECT_EQ(reservoir.examples()[3].trigger, 5U);
}

TEST_F(ReservoirTest, CallsItsExamplesByNewNamesAndWakesThoseThatHaveOne) {
    Reservoir reservoir(Reservoir::Keeps::History, 12, 3);
    for (std::uint32_t i = 0; i < 6; ++i)
        reservoir.offer(example(i < 3 ? 0 : i < 5 ? 1 : 2), random_);
    reservoir.rest(std::vector<bool>(6, true));
    reservoir.rename({1, 0, 2});
    EXPECT_EQ(reservoir.held(), (std::vector<std::size_t>{2, 3, 1}));
    EXPECT_EQ(reservoir.awake(), (std::vector<std::size_t>{2, 3, 0}));
    std::vector<std::uint32_t> labels;
    for (const Example& kept : reservoir.examples()) {
        labels.push_back(kept.label);
        EXPECT_TRUE(kept.logits.empty()) << "they are by the old names";
    }
    EXPECT_EQ(labels, (std::vector<std::uint32_t>{1, 1, 1, 0, 0, 2}));
}

TEST_F(ReservoirTest, IsTheSameAfterItWasSavedAndLoaded) {
    Reservoir reservoir(Reservoir::Keeps::History, 10, 3);
    for (int i = 0; i < 100; ++i)
        reservoir.offer(example(static_cast<std::uint32_t>(i % 3)), random_);
    ByteWriter saved;
    reservoir.save(saved);
    ByteReader reader(saved.bytes());
    auto loaded = Reservoir::load(reader, Reservoir::Keeps::History, 10, 3, 2);
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(reader.finished());
    ByteWriter again;
    loaded->save(again);
    EXPECT_EQ(again.bytes(), saved.bytes());

    ByteReader lower_capacity(saved.bytes());
    EXPECT_EQ(Reservoir::load(lower_capacity, Reservoir::Keeps::History, 4, 3, 2)->examples().size(), 4U);
    for (std::size_t cut = 0; cut < saved.bytes().size(); cut += 3) {
        ByteReader shortened(ByteView(saved.bytes()).first(cut));
        EXPECT_FALSE(Reservoir::load(shortened, Reservoir::Keeps::History, 10, 3, 2)) << cut;
    }
    ByteReader other_model(saved.bytes());
    EXPECT_FALSE(Reservoir::load(other_model, Reservoir::Keeps::History, 10, 3, 99));
}

TEST(ValidationSplit, TakesOnePredictionInTenAndAlwaysTheSame) {
    for (std::uint64_t hundred = 0; hundred < 50; ++hundred) {
        int chosen = 0;
        for (std::uint64_t i = 0; i < 100; ++i)
            chosen += is_for_validation(100 * hundred + i) ? 1 : 0;
        EXPECT_GE(chosen, 1) << hundred;
        EXPECT_LE(chosen, 25) << hundred;
    }
    EXPECT_EQ(is_for_validation(7), is_for_validation(7));
}

}  // namespace
}  // namespace skerry::feedback
