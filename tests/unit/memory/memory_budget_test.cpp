#include "edge-node/memory/memory_budget.hpp"

#include <limits>
#include <random>
#include <vector>

#include <gmock/gmock.h>

#include "edge-node/memory/memory_config.hpp"
#include "edge-node/memory/steady_yes.hpp"

namespace skerry::node {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr std::uint64_t kMega = 1'000'000;
constexpr std::uint64_t kGiga = 1000 * kMega;

TEST(MemoryBudget, AdmitsWhatFitsBesideSharedAndReserve) {
    const auto budget = MemoryBudget::of(80 * kMega);
    budget->set_shared(20 * kMega);
    ASSERT_EQ(budget->reserve(), 10 * kMega);
    EXPECT_TRUE(budget->fits(50 * kMega));
    EXPECT_FALSE(budget->fits(50 * kMega + 1));
    const auto first = budget->admit(MemoryUse::Batch, 30 * kMega);
    ASSERT_TRUE(first);
    EXPECT_FALSE(budget->admit(MemoryUse::Install, 20 * kMega + 1));
    EXPECT_TRUE(budget->admit(MemoryUse::Install, 20 * kMega));
}

TEST(MemoryBudget, ReserveIsAnEighthOfSmallBudgetsAGigabyteOfMiddleAndEightPercentOfLarge) {
    EXPECT_EQ(MemoryBudget::of(64 * kMega)->reserve(), 8 * kMega);
    EXPECT_EQ(MemoryBudget::of(10 * kGiga)->reserve(), kGiga);
    EXPECT_EQ(MemoryBudget::of(16 * kGiga)->reserve(), 1280 * kMega);
}

TEST(MemoryBudget, BaseAndEnhancedSlotsAreTwoShapesOfOneRule) {
    const auto budget = MemoryBudget::of(16 * kGiga);
    budget->set_shared(0);
    EXPECT_EQ(budget->slots(1600 * kMega), 9U);
    EXPECT_EQ(budget->slots(5 * kGiga), 2U);
    const auto enhanced = budget->admit(MemoryUse::Learning, 5 * kGiga);
    ASSERT_TRUE(enhanced);
    EXPECT_EQ(budget->slots(1600 * kMega), 6U) << "what one shape takes, the other lacks";
    EXPECT_EQ(budget->slots(5 * kGiga), 1U);
}

TEST(MemoryBudget, ALeaseGivesBackWhatItTook) {
    const auto budget = MemoryBudget::of(80 * kMega);
    {
        auto lease = budget->admit(MemoryUse::Batch, 30 * kMega);
        ASSERT_TRUE(lease);
        MemoryLease moved = std::move(*lease);
        EXPECT_EQ(budget->promised(MemoryUse::Batch), 30 * kMega);
        moved = MemoryLease();
        EXPECT_EQ(budget->promised(), 0U);
    }
    EXPECT_EQ(budget->promised(), 0U);
}

TEST(MemoryBudget, ARefusalTellsTheNumbersAndWhatToDo) {
    const auto budget = MemoryBudget::of(64 * kMega);
    budget->set_shared(20 * kMega);
    const auto learning = budget->admit(MemoryUse::Learning, 30 * kMega);
    ASSERT_TRUE(learning);
    EXPECT_THAT(budget->fits(10 * kMega).error().message,
                AllOf(HasSubstr("10.0 MB are needed"), HasSubstr("budget of 64.0 MB 6.0 MB are free"),
                      HasSubstr("20.0 MB are held"), HasSubstr("30.0 MB are promised to learning"),
                      HasSubstr("8.0 MB stay in reserve"), ::testing::Not(HasSubstr("alone"))));
}

TEST(MemoryBudget, TheBudgetThatItNamesTakesWhatDidNotFit) {
    for (const std::uint64_t need : {70 * kMega, 268 * kMega, 20 * kGiga}) {
        const auto small = MemoryBudget::of(64 * kMega);
        small->set_shared(21 * kMega);
        const std::string sentence = small->fits(need).error().message;
        const std::size_t at = sentence.find("a budget of ");
        ASSERT_NE(at, std::string::npos) << sentence;
        const double named = std::stod(sentence.substr(at + 12));
        const auto enough = MemoryBudget::of(static_cast<std::uint64_t>(named * 1e6));
        enough->set_shared(21 * kMega);
        EXPECT_TRUE(enough->fits(need)) << sentence;
    }
}

TEST(MemoryBudget, WithoutABudgetEverythingIsAdmittedAndCounted) {
    const auto budget = MemoryBudget::of(std::nullopt);
    const auto lease = budget->admit(MemoryUse::Batch, 500 * kGiga);
    ASSERT_TRUE(lease);
    EXPECT_EQ(budget->promised(), 500 * kGiga);
    EXPECT_FALSE(budget->slots(1));
}

TEST(MemoryBudget, NoClaimIsSoLargeThatItFitsAgain) {
    const auto budget = MemoryBudget::of(64 * kMega);
    budget->set_shared(kMega);
    const auto lease = budget->admit(MemoryUse::Batch, kMega);
    ASSERT_TRUE(lease);
    EXPECT_FALSE(budget->fits(std::numeric_limits<std::uint64_t>::max()));
    budget->set_shared(std::numeric_limits<std::uint64_t>::max());
    EXPECT_FALSE(budget->fits(1));
    EXPECT_EQ(budget->slots(1), 0U);
}

// Whatever comes and goes, in any order, the promises never exceed the budget and end at nothing.
TEST(MemoryBudget, NeverPromisesMoreThanThereIs) {
    std::mt19937 random(7);
    const auto budget = MemoryBudget::of(100 * kMega);
    budget->set_shared(10 * kMega);
    std::vector<MemoryLease> leases;
    for (int step = 0; step < 20'000; ++step) {
        if (random() % 2 == 0) {
            auto lease = budget->admit(static_cast<MemoryUse>(random() % kMemoryUses), random() % (40 * kMega));
            if (lease) leases.push_back(std::move(*lease));
        } else if (!leases.empty()) {
            std::swap(leases[random() % leases.size()], leases.back());
            leases.pop_back();
        }
        ASSERT_LE(budget->promised() + budget->shared() + budget->reserve(), 100 * kMega);
    }
    leases.clear();
    EXPECT_EQ(budget->promised(), 0U);
}

TEST(SteadyYes, AYesAfterANoHasToHold) {
    SteadyYes steady(milliseconds(2000));
    const TimePoint start{};
    EXPECT_TRUE(steady.believes(true, start)) << "nothing was refused yet";
    EXPECT_FALSE(steady.believes(false, start));
    EXPECT_FALSE(steady.believes(true, start + milliseconds(100)));
    EXPECT_FALSE(steady.believes(false, start + milliseconds(1000)));
    EXPECT_FALSE(steady.believes(true, start + milliseconds(2100)));
    EXPECT_FALSE(steady.believes(true, start + milliseconds(4000)));
    EXPECT_TRUE(steady.believes(true, start + milliseconds(4100)));
    EXPECT_TRUE(steady.believes(true, start + milliseconds(4101)));
}

TEST(MemoryConfig, NamesWhatCannotBe) {
    EXPECT_TRUE(MemoryConfig{}.problems().empty());
    EXPECT_THAT(MemoryConfig({.budget = 1000}).problems(), ::testing::ElementsAre(HasSubstr("at least 16MB")));
    EXPECT_THAT(MemoryConfig({.pressure_max = 0}).problems(), ::testing::ElementsAre(HasSubstr("memory.pressure")));
}

}  // namespace
}  // namespace skerry::node
