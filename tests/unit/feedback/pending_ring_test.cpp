#include "feedback/pending_ring.hpp"

#include <csignal>
#include <cstdio>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace skerry::feedback {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

const TimePoint kStart{std::chrono::milliseconds(1'700'000'000'000)};
constexpr std::size_t kSampleBytes = 12;

Prediction prediction(std::uint64_t order, TimePoint at = kStart) {
    Prediction made;
    made.request = "request-" + std::to_string(order);
    made.order = order;
    made.at = at;
    made.version = {ModelVersion{7}, 3};
    made.tier = Tier::Medium;
    made.predicted = 5;
    made.probability = 0.75F;
    made.margin = 0.5F;
    made.score = 0.25F;
    made.sample = Bytes(kSampleBytes, std::byte{static_cast<unsigned char>(order)});
    return made;
}

/// What this process has mapped of the file and not let go. proc(5), /proc/pid/smaps.
std::size_t resident_kilobytes_of(const fs::path& file) {
    std::ifstream maps("/proc/self/smaps");
    bool of_file = false;
    std::size_t kilobytes = 0;
    for (std::string line; std::getline(maps, line);) {
        if (line.find(file.string()) != std::string::npos) of_file = true;
        if (of_file && std::sscanf(line.c_str(), "Rss: %zu kB", &kilobytes) == 1) return kilobytes;
    }
    ADD_FAILURE() << file << " is not mapped";
    return 0;
}

class PendingRingTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "skerry-ring-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
    }
    void TearDown() override { fs::remove_all(folder_); }
    [[nodiscard]] PendingRing open(std::size_t rows = 100, std::size_t sample_bytes = kSampleBytes) const {
        auto ring = PendingRing::open(path(), {.rows_max = rows}, sample_bytes);
        EXPECT_TRUE(ring) << ring.error().message;
        return std::move(*ring);
    }
    [[nodiscard]] fs::path path() const { return folder_ / "pending.ring"; }

    fs::path folder_;
};

TEST_F(PendingRingTest, GivesBackWhatWaitsUntilItIsRemoved) {
    PendingRing ring = open();
    ASSERT_TRUE(ring.push(prediction(1)));
    const auto found = ring.find("request-1");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->version.to_text(), "7.3");
    EXPECT_EQ(found->tier, Tier::Medium);
    EXPECT_EQ(found->predicted, 5U);
    EXPECT_EQ(found->score, 0.25F);
    EXPECT_EQ(found->at, kStart);
    EXPECT_EQ(found->sample, prediction(1).sample);
    ring.remove("request-1", 1);
    EXPECT_FALSE(ring.find("request-1"));
    EXPECT_EQ(ring.waiting(), 0U);
    EXPECT_EQ(ring.expired(), 0U);
}

TEST_F(PendingRingTest, PushesTheOldestOutWhenFullAndCountsItAsExpired) {
    PendingRing ring = open(10);
    for (std::uint64_t order = 1; order <= 25; ++order)
        ASSERT_TRUE(ring.push(prediction(order)));
    EXPECT_EQ(ring.waiting(), 10U);
    EXPECT_EQ(ring.expired(), 15U);
    EXPECT_EQ(ring.pushed_out(), 15U);
    EXPECT_FALSE(ring.find("request-15"));
    EXPECT_TRUE(ring.has_expired("request-15"));
    EXPECT_TRUE(ring.find("request-16"));
    EXPECT_FALSE(ring.has_expired("request-16"));
    EXPECT_FALSE(ring.has_expired("request-5"));  // remembers as many as there are slots
}

TEST_F(PendingRingTest, KeepsFewOfItsPagesInThisProcess) {
    constexpr std::size_t kLarge = 4000;
    PendingRing ring = open(4000, kLarge);
    for (std::uint64_t order = 1; order <= 4000; ++order) {
        Prediction large = prediction(order);
        large.sample.assign(kLarge, std::byte{1});
        ASSERT_TRUE(ring.push(large));
    }
    EXPECT_LT(resident_kilobytes_of(path()), 2048U) << "of a file of 17 MB";
    EXPECT_EQ(ring.find("request-1")->sample, Bytes(kLarge, std::byte{1}));
}

TEST_F(PendingRingTest, LetsGoWhatIsOlderThanTheAgeLimit) {
    auto ring = PendingRing::open(path(), {.age_max = seconds(60)}, kSampleBytes);
    ASSERT_TRUE(ring);
    for (std::uint64_t order = 1; order <= 10; ++order) {
        ASSERT_TRUE(ring->push(prediction(order, kStart + seconds(10 * order))));
    }
    ring->remove("request-2", 2);
    ring->expire(kStart + seconds(105));
    EXPECT_EQ(ring->waiting(), 6U);
    EXPECT_EQ(ring->expired(), 3U);
    EXPECT_EQ(ring->pushed_out(), 0U) << "their time was up";
    EXPECT_TRUE(ring->has_expired("request-4"));
    EXPECT_FALSE(ring->has_expired("request-2"));
    EXPECT_TRUE(ring->find("request-5"));
}

TEST_F(PendingRingTest, RemembersAcrossTheDeathOfTheProcess) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        PendingRing ring = open(10);
        for (std::uint64_t order = 1; order <= 12; ++order)
            static_cast<void>(ring.push(prediction(order)));
        ring.remove("request-12", 12);
        ::raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));

    PendingRing ring = open(10);
    EXPECT_EQ(ring.waiting(), 9U);
    EXPECT_EQ(ring.next_order(), 13U);
    EXPECT_FALSE(ring.find("request-12"));
    ASSERT_TRUE(ring.find("request-11"));
    EXPECT_EQ(ring.find("request-11")->sample, prediction(11).sample);
    EXPECT_TRUE(ring.push(prediction(13)));
}

TEST_F(PendingRingTest, IgnoresATornSlotAndKeepsTheOthers) {
    {
        PendingRing ring = open(10);
        for (std::uint64_t order = 1; order <= 5; ++order)
            ASSERT_TRUE(ring.push(prediction(order)));
    }
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096 + 3 * 192 + 100);  // somewhere inside the slot of order 3
    file.put('x');
    file.close();
    PendingRing ring = open(10);
    EXPECT_EQ(ring.waiting(), 4U);
    EXPECT_FALSE(ring.find("request-3"));
    EXPECT_TRUE(ring.find("request-4"));
}

TEST_F(PendingRingTest, BeginsAnewForAnotherModelsSamples) {
    {
        PendingRing ring = open();
        ASSERT_TRUE(ring.push(prediction(1)));
    }
    EXPECT_EQ(open(100, 99).waiting(), 0U);
}

TEST_F(PendingRingTest, RefusesWhatItCannotKeep) {
    PendingRing ring = open();
    ASSERT_TRUE(ring.push(prediction(1)));
    EXPECT_EQ(ring.push(prediction(1)).error().code, ErrorCode::InvalidInput);  // the order was used
    Prediction long_id = prediction(2);
    long_id.request = std::string(65, 'x');
    EXPECT_EQ(ring.push(long_id).error().code, ErrorCode::InvalidInput);
    Prediction other_size = prediction(2);
    other_size.sample.pop_back();
    EXPECT_EQ(ring.push(other_size).error().code, ErrorCode::InvalidInput);
    EXPECT_FALSE(PendingRing::open(path(), {.bytes_max = 100}, kSampleBytes));
    EXPECT_EQ(PendingRing::open(folder_ / "absent" / "ring", {}, kSampleBytes).error().code, ErrorCode::Unavailable);
}

TEST_F(PendingRingTest, KeepsTheNewestOfTwoThatWaitUnderOneIdAlsoAfterARestart) {
    {
        PendingRing ring = open();
        EXPECT_FALSE(ring.push(prediction(1)).value());
        Prediction same_id = prediction(2);
        same_id.request = "request-1";
        EXPECT_TRUE(ring.push(same_id).value());
        ring.remove("request-1", 1);  // the older one's label became durable only now
        EXPECT_EQ(ring.waiting(), 1U);
        EXPECT_EQ(ring.replaced(), 1U);
        EXPECT_EQ(ring.expired(), 0U);
    }
    const auto found = open().find("request-1");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->order, 2U);
    EXPECT_TRUE(found->id_reused);
    EXPECT_EQ(found->sample, prediction(2).sample);
}

TEST_F(PendingRingTest, KeepsWhatOnlyAClockThatJumpedMakesOld) {
    PendingRing ring = open();
    ASSERT_TRUE(ring.push(prediction(1, TimePoint())));  // a clock that was not set yet
    ASSERT_TRUE(ring.push(prediction(2)));
    ring.expire(kStart);
    EXPECT_EQ(ring.waiting(), 2U);
    ring.expire(kStart + std::chrono::hours(24 * 365 * 80));
    EXPECT_EQ(ring.waiting(), 2U);
}

}  // namespace
}  // namespace skerry::feedback
