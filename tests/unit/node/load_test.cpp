#include "edge-node/tools/load.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"
#include "tests/unit/http/running_server.hpp"
#include "tests/unit/parameters/specs.hpp"

namespace skerry::node {
namespace {

using std::chrono::milliseconds;

/// Answers like a node whose model takes no time.
class LoadTest : public ::testing::Test {
protected:
    LoadTest() { std::ofstream(folder_ / "data.csv") << "a,b,target\n1,2,up\n3,4,down\n"; }

    void handle(const http::Request& request, const http::Respond& respond) {
        http::Response answer;
        if (request.path == "/skerry/model") {
            answer.body = parameters::canonical_text(spec_);
        } else {
            last_ = request;
            ++asked_;
            answer.body = R"({"parameters":{"skerry_anytime":true,"skerry_tier":"medium"}})";
            if (refuse_ && asked_ % 2 == 0) answer = http::error_response(503, "busy");
            if (break_) answer = http::error_response(400, "no such thing");
        }
        respond(std::move(answer));
    }
    LoadOptions options() {
        LoadOptions options;
        options.node = server_.unix_address();
        options.data = (folder_ / "data.csv").string();
        options.time = milliseconds(300);
        return options;
    }

    TemporaryFolder folder_;
    parameters::ModelSpec spec_ = parameters::testing::table(2);
    http::Request last_;
    std::uint64_t asked_ = 0;
    bool refuse_ = false;
    bool break_ = false;
    http::RunningServer server_{
        [this](http::Request request, http::Respond respond) { handle(request, respond); }};  // last: uses the others
};

TEST_F(LoadTest, AsksAsOftenAsTheRateSaysHoweverFastTheAnswersAre) {
    LoadOptions load = options();
    load.rate = 1000;
    const auto numbers = run_load(load, StopSignal());
    ASSERT_TRUE(numbers) << numbers.error().message;
    EXPECT_NEAR(static_cast<double>(numbers->latencies.size()), 300, 87) << "a Poisson number: five deviations";
    EXPECT_EQ(numbers->answered_by[1], numbers->latencies.size());
    EXPECT_EQ(numbers->anytime, numbers->latencies.size());
    EXPECT_LE(numbers->quantile(0.5), numbers->quantile(0.99));
    EXPECT_EQ(numbers->quantile(1), numbers->latencies.back());
}

TEST_F(LoadTest, CountsTheTimeThatARequestWaitedForItsTurn) {
    LoadOptions load = options();
    load.rate = 1'000'000;  // far more than one connection can carry
    load.connections = 1;
    load.time = milliseconds(5);
    const auto numbers = run_load(load, StopSignal());
    ASSERT_TRUE(numbers) << numbers.error().message;
    EXPECT_GT(numbers->quantile(1), milliseconds(5)) << "the last ones were due long before they could be sent";
}

TEST_F(LoadTest, SendsBinaryTensorsWithItsWishes) {
    LoadOptions load = options();
    load.tier_max = Tier::Light;
    load.deadline = std::chrono::microseconds(500);
    ASSERT_TRUE(run_load(load, StopSignal()));
    const http::Request request = server_.on_loop([this] { return last_; });
    EXPECT_EQ(request.path, "/v2/models/prices/infer");
    EXPECT_NE(request.body.find("\"skerry_deadline_us\":500"), std::string::npos);
    EXPECT_NE(request.body.find("\"skerry_tier_max\":\"light\""), std::string::npos);
    EXPECT_EQ(request.body.size(), std::stoul(std::string(request.header("Inference-Header-Content-Length"))) + 8);
}

TEST_F(LoadTest, TellsRefusalsFromErrors) {
    refuse_ = true;
    const auto refused = run_load(options(), StopSignal());
    ASSERT_TRUE(refused);
    EXPECT_GT(refused->refused, 0U);
    EXPECT_GT(refused->latencies.size(), 0U);
    EXPECT_EQ(refused->errors, 0U);
    server_.on_loop([this] { return break_ = true; });
    const auto broken = run_load(options(), StopSignal());
    ASSERT_TRUE(broken);
    EXPECT_GT(broken->errors, 0U);
    EXPECT_EQ(broken->first_error, "no such thing");
}

TEST_F(LoadTest, SaysWhenThereIsNoSample) {
    std::ofstream(folder_ / "data.csv") << "a,b,target\n";
    EXPECT_FALSE(run_load(options(), StopSignal()));
}

}  // namespace
}  // namespace skerry::node
