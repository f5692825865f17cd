#include <array>
#include <chrono>
#include <limits>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/observe/log.hpp"
#include "common/observe/metrics.hpp"
#include "common/observe/process_usage.hpp"

namespace skerry::observe {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;

class LogTest : public testing::Test {
protected:
    LogTest() {
        log::initialise(log::Level::Info, [this](std::string_view line) { lines_.emplace_back(line); });
    }
    ~LogTest() override { log::initialise(log::Level::Info); }

    std::vector<std::string> lines_;
};

TEST_F(LogTest, WritesTimeLevelEventAndFields) {
    log::warning("update_refused", {{"node", NodeId{}},
                                    {"round", RoundId{7}},
                                    {"reason", "too old"},
                                    {"bytes", std::size_t{1048576}},
                                    {"change", -3},
                                    {"share", 0.25},
                                    {"late", true},
                                    {"hash", Digest{std::byte{0xab}}}});
    ASSERT_EQ(lines_.size(), 1U);
    const std::string time = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z";
    EXPECT_THAT(lines_[0], MatchesRegex(time + " warning event=update_refused .*"));
    EXPECT_THAT(lines_[0], EndsWith(" node=00000000000000000000000000000000 round=7 reason=\"too old\" bytes=1048576 "
                                    "change=-3 share=0.25 late=true hash=ab0000000000"));
}

TEST_F(LogTest, DropsWhatIsBelowItsLevel) {
    log::debug("quiet");
    log::info("loud");
    EXPECT_THAT(lines_, ElementsAre(EndsWith(" info event=loud")));
    EXPECT_EQ(*log::level_named("warning"), log::Level::Warning);
    EXPECT_EQ(log::level_named("loud").error().code, ErrorCode::InvalidInput);
}

TEST_F(LogTest, NoValueCanBreakItsLineOrPassForAnotherField) {
    log::info("hello", {{"name", "x\nevent=forged a=\"b\" \\ \r\x1b[2J\x7f"},
                        {"half", "\xc3"},
                        {"c1", "\xc2\x9b"},
                        {"order", "\xe2\x80\xae"},
                        {"word", "größe"},
                        {"empty", ""},
                        {"forged", "a=b"},
                        {"bad key\n", 1}});
    ASSERT_EQ(lines_.size(), 1U);
    EXPECT_THAT(lines_[0], EndsWith(R"(name="x\nevent=forged a=\"b\" \\ \r\x1b[2J\x7f" half="\xc3" c1="\xc2\x9b" )"
                                    R"(order="\xe2\x80\xae" word=größe empty="" forged="a=b" bad_key_=1)"));
}

TEST_F(LogTest, CutsAnEndlessValue) {
    log::info("long", {{"text", std::string(1 << 20, 'x')}});
    EXPECT_LT(lines_.at(0).size(), 2200U);
    EXPECT_THAT(lines_[0], EndsWith("…\""));
}

TEST_F(LogTest, WritesNumbersAtTheirLimits) {
    log::info("limits", {{"max", std::numeric_limits<std::uint64_t>::max()},
                         {"min", std::numeric_limits<std::int64_t>::min()},
                         {"none", std::numeric_limits<double>::quiet_NaN()}});
    EXPECT_THAT(lines_.at(0), EndsWith("max=18446744073709551615 min=-9223372036854775808 none=nan"));
}

std::vector<MetricFamily> table() {
    return {
        {.name = "skerry_updates_total",
         .help = "Updates by fate.",
         .kind = MetricKind::Counter,
         .label = "fate",
         .values = {"accepted", "late"},
         .buckets = {}},
        {.name = "skerry_nodes", .help = "Nodes.", .kind = MetricKind::Gauge, .label = "", .values = {}, .buckets = {}},
        {.name = "skerry_round_seconds",
         .help = "Rounds.",
         .kind = MetricKind::Histogram,
         .label = "",
         .values = {},
         .buckets = {1, 10}}};
}

TEST(Metrics, RendersEverySeriesFromTheStart) {
    const Registry registry(table());
    const std::string text = registry.text();
    EXPECT_THAT(text, HasSubstr("# HELP skerry_updates_total Updates by fate.\n# TYPE skerry_updates_total counter\n"));
    EXPECT_THAT(text, HasSubstr("skerry_updates_total{fate=\"accepted\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("skerry_updates_total{fate=\"late\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("skerry_nodes 0\n"));
    EXPECT_THAT(text, HasSubstr("skerry_round_seconds_bucket{le=\"+Inf\"} 0\n"));
}

TEST(Metrics, CountsFromManyThreads) {
    Registry registry(table());
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&registry] {
            Counter late = registry.counter("skerry_updates_total", "late");
            for (int n = 0; n < 1000; ++n)
                late.add();
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    registry.gauge("skerry_nodes").set(3);
    registry.gauge("skerry_nodes").add(-1);
    registry.histogram("skerry_round_seconds").observe(2);
    const std::string text = registry.text();
    EXPECT_THAT(text, HasSubstr("skerry_updates_total{fate=\"late\"} 4000\n"));
    EXPECT_THAT(text, HasSubstr("skerry_nodes 2\n"));
    EXPECT_THAT(text, HasSubstr("skerry_round_seconds_bucket{le=\"1\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("skerry_round_seconds_bucket{le=\"10\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("skerry_round_seconds_sum 2\n"));
}

TEST(MetricsDeathTest, ANameOutsideTheTableIsOurMistake) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    Registry registry(table());
    EXPECT_DEATH(static_cast<void>(registry.counter("skerry_unknown")), "assertion_failed");
    EXPECT_DEATH(static_cast<void>(registry.counter("skerry_updates_total", "node-17")), "assertion_failed");
    EXPECT_DEATH(static_cast<void>(registry.gauge("skerry_updates_total", "late")), "assertion_failed");
}

TEST(ProcessUsage, LooksLikeThisProcess) {
    const ProcessUsage usage = process_usage();
    EXPECT_GT(usage.resident_memory_bytes, 1U << 20U);
    EXPECT_GE(usage.open_fds, 3U);
    const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    EXPECT_LE(usage.start_time_seconds, now + 1);
    EXPECT_GT(usage.start_time_seconds, now - 3600);
    const Registry registry({});
    for (const char* name : {"process_resident_memory_bytes ", "process_cpu_seconds_total ", "process_open_fds ",
                             "process_start_time_seconds "}) {
        EXPECT_THAT(registry.text(), HasSubstr(std::string("\n") + name));
    }
}

}  // namespace
}  // namespace skerry::observe
