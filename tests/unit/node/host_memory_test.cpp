#include <atomic>
#include <chrono>

#include "tests/unit/node/host_fixture.hpp"

namespace skerry::node {
namespace {

using std::chrono::microseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::HostTest;
using testing::Json;
using ::testing::Not;

/// A host on a device whose memory the test decides.
class HostMemoryTest : public HostTest {
protected:
    HostMemoryTest() {
        options_.memory.memory_of = [this](pid_t) { return std::optional(held_.load()); };
        options_.memory.stalled = [this] { return std::optional(stalled()); };
    }
    /// The host asks for what is below until it is gone.
    ~HostMemoryTest() override {
        running_.on_loop([this] { host_.reset(); });
    }
    /// Half of the time while the device is short of memory.
    microseconds stalled() {
        const auto now = std::chrono::steady_clock::now();
        if (stalls_) stalled_ += std::chrono::duration_cast<microseconds>(now - asked_) / 2;
        asked_ = now;
        return stalled_;
    }
    Json memory(std::size_t model) { return status(socket(model))["memory"]; }

    std::atomic<std::uint64_t> held_ = 1'000'000;
    std::atomic<bool> stalls_ = false;
    microseconds stalled_{0};
    std::chrono::steady_clock::time_point asked_ = std::chrono::steady_clock::now();
};

TEST_F(HostMemoryTest, RefusesALargeRequestThatDoesNotFitAndAnswersSingleSamples) {
    options_.config.memory.budget = 16'000'000;
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    ASSERT_EQ(ask(shared_address(), "doors", "1", 64).status, 200);
    held_ = 13'995'000;
    ASSERT_TRUE(eventually([this] { return host_->node(0).facts().memory.shared > 13'000'000; }));
    const auto refused = ask(shared_address(), "doors", "2", 64);
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.header("Retry-After"), "");
    EXPECT_THAT(refused.body, AllOf(HasSubstr("64 samples"), HasSubstr("memory budget of 16.0 MB"),
                                    HasSubstr("2.0 MB stay in reserve"), HasSubstr("send fewer samples together")));
    EXPECT_EQ(ask(shared_address(), "doors", "3").status, 200);
    EXPECT_EQ(memory(0)["refused"]["batches"], 1);
    EXPECT_THAT(get(shared_address(), "/metrics").body,
                AllOf(HasSubstr("skerry_node_memory_refused_total{use=\"batches\"} 1"),
                      HasSubstr("skerry_node_memory_budget_bytes 16000000")));
    held_ = 1'000'000;
    EXPECT_TRUE(eventually([this] { return host_->node(0).facts().memory.shared < 13'000'000; }));
    EXPECT_EQ(ask(shared_address(), "doors", "4", 64).status, 200);
}

TEST_F(HostMemoryTest, RefusesAFusedRequestBeforeItIsReadWhereNoModelHasRoom) {
    options_.config.memory.budget = 16'000'000;
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    const auto ask_both = [this] {
        return request(shared_address(), "POST", "/v2/models/doors+windows/infer", "no request at all");
    };
    EXPECT_EQ(ask_both().status, 400);
    held_ = 16'000'000;
    ASSERT_TRUE(eventually([this] { return host_->node(0).facts().memory.shared == 16'000'000; }));
    const auto refused = ask_both();
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.header("Retry-After"), "");
    EXPECT_THAT(refused.body, AllOf(HasSubstr("windows: "), HasSubstr("memory budget of 16.0 MB")));
    for (std::size_t model = 0; model < 2; ++model)
        EXPECT_EQ(running_.on_loop([&] { return host_->node(model).facts().counters.refused_busy; }), 1U);
}

TEST_F(HostMemoryTest, AnswersAFusedRequestWhereThereIsRoomForOneOfItsParts) {
    constexpr std::uint64_t kBudget = 16'000'000;
    options_.config.memory.budget = kBudget;
    // What is promised is taken: measured anew, a promise makes no room.
    options_.memory.memory_of = [this](pid_t) {
        const auto batches = static_cast<std::size_t>(MemoryUse::Batch);
        return std::optional(held_ + (host_ ? host_->node(0).facts().memory.promised[batches] : 0));
    };
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    const auto input = [](const char* name) {
        return Json{{"name", name}, {"datatype", "FP32"}, {"shape", {1, 4}}, {"data", std::vector<double>(4, 1)}};
    };
    const Json body = {{"id", "a"}, {"inputs", {input("doors"), input("windows")}}};
    const auto [single, sample, reserve] = running_.on_loop([this] {
        const MemoryFacts facts = host_->node(0).facts().memory;
        return std::tuple(facts.base_need, host_->node(0).spec().input.sample_bytes(), facts.reserve);
    });
    // For the request with its parts, and for one answer, with 15 % on top of all: bytes count twice, and answering
    // takes a third of a base slot. Not enough for the other part, nor for the first one twice.
    const std::uint64_t enough = 23 * (body.dump().size() + 3 * sample) / 10 + single / 3 + 8;
    held_ = kBudget - reserve - enough;
    ASSERT_TRUE(eventually([this] { return host_->node(0).facts().memory.shared == held_; }));
    const auto answer = request(shared_address(), "POST", "/v2/models/doors+windows/infer", body.dump());
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_THAT(Json::parse(answer.body)["parameters"]["skerry_experts"].get<std::string>(),
                AllOf(HasSubstr("doors:"), Not(HasSubstr("windows:"))));
}

TEST_F(HostMemoryTest, TheLearnerWaitsForMemoryAndItsLabelsAreKept) {
    options_.config.memory.budget = 400'000'000;
    held_ = 200'000'000;
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    teach(0, 150);
    ASSERT_TRUE(eventually([this] { return !host_->node(0).facts().memory.waits.empty(); }));
    const Json shown = status(socket(0));
    EXPECT_THAT(shown["memory"]["waits"].get<std::string>(), AllOf(HasSubstr("learning waits"), HasSubstr("400.0 MB")));
    EXPECT_EQ(shown["learning"]["samples_waiting"], 150);
    EXPECT_EQ(shown["learning"]["steps"], 0);
    ASSERT_EQ(shown["warnings"].size(), 1U);
    EXPECT_THAT(shown["warnings"][0]["fix"].get<std::string>(), HasSubstr("--memory-budget"));
    EXPECT_EQ(ask(shared_address(), "doors", "1", 8).status, 200) << "serving goes on";
    held_ = 1'000'000;
    EXPECT_TRUE(eventually([this] { return host_->node(0).facts().totals.steps == 1; }));
    EXPECT_EQ(memory(0)["waits"], "");
}

TEST_F(HostMemoryTest, FallsBackUnderPressureTheNewestFirstAndRecovers) {
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    stalls_ = true;
    ASSERT_TRUE(eventually([this] { return host_->node(1).facts().memory.base; }));
    const auto refused = ask(shared_address(), "windows", "1", 2);
    EXPECT_EQ(refused.status, 503);
    EXPECT_THAT(refused.body, AllOf(HasSubstr("short of memory"), HasSubstr("single samples")));
    const auto single = ask(shared_address(), "windows", "2");
    ASSERT_EQ(single.status, 200) << single.body;
    EXPECT_EQ(Json::parse(single.body)["parameters"]["skerry_tier"], "light");
    EXPECT_EQ(memory(1)["shape"], "base");
    EXPECT_EQ(ask(shared_address(), "doors", "1", 2).status, 503) << "admissions have stopped for all";
    stalls_ = false;
    ASSERT_TRUE(eventually([this] {
        return !host_->node(0).facts().memory.base && !host_->node(1).facts().memory.base &&
               !host_->node(1).facts().memory.short_of_memory;
    }));
    EXPECT_EQ(ask(shared_address(), "windows", "3", 2).status, 200);
    EXPECT_EQ(memory(1)["shape"], "enhanced");
}

TEST_F(HostMemoryTest, ABudgetThatDoesNotHoldTheNodeIsRefusedAtTheStart) {
    options_.config.memory.budget = 16'000'000;
    held_ = 15'000'000;
    join_both();
    EXPECT_THAT(start(), AllOf(HasSubstr("16.0 MB does not hold this node"), HasSubstr("--memory-budget")));
}

TEST_F(HostMemoryTest, AKernelThatTellsNoPressureIsNormal) {
    options_.memory.stalled = [] { return std::nullopt; };
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    EXPECT_TRUE(memory(0)["pressure"].is_null());
    EXPECT_EQ(memory(0)["short"], false);
    EXPECT_EQ(ask(shared_address(), "windows", "1", 2).status, 200);
}

}  // namespace
}  // namespace skerry::node
