#include "edge-node/memory/memory_sources.hpp"

#include <fstream>
#include <numeric>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace skerry::node {
namespace {

using std::chrono::microseconds;

constexpr const char* kStatus =
    "Name:\tskerry-node\nVmRSS:\t   12000 kB\nRssAnon:\t    4000 kB\nRssFile:\t    7500 kB\nRssShmem:\t     500 kB\n";

TEST(MemorySources, CountsWhatTheKernelCannotTakeBack) {
    EXPECT_EQ(memory_in_status(kStatus), 4500U * 1024);
    EXPECT_FALSE(memory_in_status("Name:\tkthreadd\nThreads:\t1\n")) << "of a thread of the kernel";
    EXPECT_FALSE(memory_in_status("RssAnon: 18446744073709551615 kB\nRssShmem: 1 kB\n"));
}

TEST(MemorySources, SeesThisProcessGrow) {
    const MemorySources sources = MemorySources::of_system();
    const auto before = sources.memory_of(::getpid());
    ASSERT_TRUE(before);
    std::vector<int> numbers(std::size_t{1} << 24U);
    std::iota(numbers.begin(), numbers.end(), 0);
    const auto after = sources.memory_of(::getpid());
    ASSERT_TRUE(after);
    EXPECT_GE(*after, *before + (std::size_t{60} << 20U)) << numbers.back();
    EXPECT_FALSE(sources.memory_of(0x7fffffff)) << "no such process";
}

TEST(MemorySources, ReadsTheStallTimeOfAnyTask) {
    EXPECT_EQ(stalled_in_pressure("some avg10=0.00 avg60=0.00 avg300=0.05 total=1850071\nfull avg10=0.00 total=7\n"),
              microseconds(1850071));
    EXPECT_FALSE(stalled_in_pressure("full avg10=0.00 avg60=0.00 avg300=0.02 total=1126517\n"));
    EXPECT_FALSE(stalled_in_pressure("some avg10=0.00\nfull total=3\n"));
    EXPECT_FALSE(stalled_in_pressure("some total=99999999999999999999\n"));
    EXPECT_FALSE(stalled_in_pressure(""));
}

class CgroupTest : public ::testing::Test {
protected:
    void write(const std::string& file, const std::string& text) {
        const auto path = folder_.path() / file;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text;
    }
    std::optional<std::uint64_t> limit() { return cgroup_limit(folder_ / "membership", folder_.path()); }

    TemporaryFolder folder_;
};

TEST_F(CgroupTest, TakesTheLeastLimitOnTheWayUp) {
    write("membership", "4:memory:/old\n0::/system.slice/skerry.service\n");
    write("system.slice/skerry.service/memory.max", "1073741824\n");
    write("system.slice/skerry.service/memory.high", "max\n");
    EXPECT_EQ(limit(), 1073741824U);
    write("system.slice/memory.high", "500000000\n");
    EXPECT_EQ(limit(), 500000000U);
    write("memory.max", "400000000\n");
    EXPECT_EQ(limit(), 400000000U);
}

TEST_F(CgroupTest, NoLimitAndNoSuchGroupAreNormal) {
    EXPECT_FALSE(limit()) << "no file";
    write("membership", "4:memory:/old\n");
    EXPECT_FALSE(limit()) << "only version 1";
    write("membership", "0::/\n");
    EXPECT_FALSE(limit());
    write("memory.max", "max\n");
    EXPECT_FALSE(limit());
}

}  // namespace
}  // namespace skerry::node
