#include "edge-node/serving/executors/placement.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace skerry::node {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr std::size_t kCpu = 0;
constexpr std::size_t kGpu = 1;

/// A processor that shares the host's memory, and a card that is ten times as fast behind a slow bus.
class PlacementTest : public ::testing::Test {
protected:
    void know_costs(std::size_t unit = 0) {
        for (std::size_t timed = 0; timed < kTimedBatches.size(); ++timed) {
            const auto samples = static_cast<nanoseconds::rep>(kTimedBatches[timed]);
            placement_.expect_cost(kCpu, unit, timed, 100us * samples);
            placement_.expect_cost(kGpu, unit, timed, 10us * samples);
        }
    }
    std::size_t device_for(const PlacementRequest& request, nanoseconds now = 0ns) {
        const auto placed = placement_.place(request, now);
        EXPECT_TRUE(placed);
        return placed ? placed->device : 99;
    }

    Placement placement_{{{"cpu", 1'000'000, 0ns, 0}, {"gpu", 1'000, 50us, 0.01}}};
};

TEST_F(PlacementTest, ChoosesTheDeviceThatIsPredictedToFinishFirst) {
    know_costs();
    EXPECT_EQ(device_for({.unit = 0, .batch = 1}), kGpu);  // 50 + 10 against 100 µs
    const auto second = placement_.place({.unit = 0, .batch = 1}, 0ns);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->device, kCpu);  // 60 + 50 + 10 against 100 µs
    EXPECT_EQ(second->finishes, 100us);
}

TEST_F(PlacementTest, CountsTheCopyOfAMapUnlessItLiesThereAlready) {
    know_costs();
    const PlacementRequest far{.unit = 0, .batch = 1, .map_bytes = 500};  // 50 + 50 + 10 against 100 µs
    EXPECT_EQ(device_for(far), kCpu);
    PlacementRequest near = far;
    near.lies_on = kGpu;
    EXPECT_EQ(device_for(near), kGpu);
}

TEST_F(PlacementTest, GivesNoDeviceMoreThanItsMemory) {
    know_costs();
    const PlacementRequest large{.unit = 0, .batch = 8, .memory_bytes = 600};
    const auto first = placement_.place(large, 0ns);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->device, kGpu);
    EXPECT_EQ(placement_.memory_free(kGpu), 400U);
    EXPECT_EQ(device_for(large), kCpu);
    placement_.finished(*first, 80us, 130us);
    EXPECT_EQ(placement_.memory_free(kGpu), 1000U);
    EXPECT_EQ(device_for(large, 130us), kGpu);
    EXPECT_FALSE(placement_.place({.unit = 0, .memory_bytes = 2'000'000}, 0ns));
}

TEST_F(PlacementTest, TriesWhatWasNeverMeasuredWithOneBatch) {
    placement_.expect_cost(kCpu, 0, 0, 100us);
    const auto trial = placement_.place({.unit = 0}, 0ns);
    ASSERT_TRUE(trial);
    EXPECT_EQ(trial->device, kGpu);
    EXPECT_EQ(placement_.cost(kGpu, 0, 1), std::nullopt);
    EXPECT_EQ(device_for({.unit = 0}), kCpu);
    placement_.finished(*trial, 500us, 500us);
    EXPECT_EQ(placement_.cost(kGpu, 0, 1), 500us);
    EXPECT_EQ(device_for({.unit = 0}, 500us), kCpu);
}

TEST_F(PlacementTest, FollowsADeviceThatBecomesSlower) {
    know_costs();
    nanoseconds now{0};
    std::size_t on_gpu = 0;
    for (int i = 0; i < 100; ++i) {
        const auto placed = placement_.place({.unit = 0, .batch = 1}, now);
        ASSERT_TRUE(placed);
        const nanoseconds took = placed->device == kGpu ? 300us : 100us;  // throttled
        now = placed->starts + took;
        placement_.finished(*placed, took, now);
        on_gpu += placed->device == kGpu ? 1 : 0;
    }
    EXPECT_LE(on_gpu, 2U);
    EXPECT_GT(*placement_.cost(kGpu, 0, 1), 50us);
}

TEST_F(PlacementTest, ForgetsABacklogThatDidNotHappen) {
    know_costs();
    const auto placed = placement_.place({.unit = 0, .batch = 8}, 0ns);
    ASSERT_TRUE(placed);
    placement_.finished(*placed, 1us, 51us);
    const auto next = placement_.place({.unit = 0, .batch = 8}, 51us);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->starts, (next->device == kGpu ? 101us : 51us));
}

// Two devices together finish a stream sooner than the faster one alone, and never hold more than they have.
TEST_F(PlacementTest, KeepsBothDevicesBusyUnderLoad) {
    know_costs();
    Random random(5);
    struct Running {
        Placement::Placed placed;
        nanoseconds ends;
    };
    std::vector<Running> running;
    std::array<nanoseconds, 2> busy_until{};
    std::array<std::size_t, 2> count{};
    nanoseconds now{0};
    for (int i = 0; i < 2000;) {
        const auto placed = placement_.place({.unit = 0, .batch = 8, .map_bytes = 3000, .memory_bytes = 100}, now);
        if (placed) {
            const nanoseconds cost = placed->device == kGpu ? 80us : 800us;
            const nanoseconds copy = placed->device == kGpu ? 350us : 0us;
            nanoseconds& until = busy_until[placed->device];
            until = std::max(until, now) + copy + cost;
            running.push_back({*placed, until});
            ++count[placed->device];
            ++i;
            if (running.size() < 6) continue;
        }
        ASSERT_FALSE(running.empty());
        const auto soonest = std::min_element(running.begin(), running.end(),
                                              [](const Running& a, const Running& b) { return a.ends < b.ends; });
        now = std::max(now, soonest->ends);
        placement_.finished(soonest->placed, soonest->placed.device == kGpu ? 80us : 800us, now);
        running.erase(soonest);
        EXPECT_LE(placement_.memory_free(kGpu), 1000U);
    }
    EXPECT_GT(count[kCpu], 400U);
    EXPECT_GT(count[kGpu], 900U);
    EXPECT_LT(*std::max_element(busy_until.begin(), busy_until.end()), 2000 * 430us * 3 / 4);
}

}  // namespace
}  // namespace skerry::node
