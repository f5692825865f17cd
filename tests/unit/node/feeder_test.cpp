#include "edge-node/tools/feeder.hpp"

#include <csignal>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"
#include "tests/unit/http/running_server.hpp"
#include "tests/unit/parameters/specs.hpp"

namespace skerry::node {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Answers like a node, except for the infer requests that a test answers itself.
class FeederTest : public ::testing::Test {
protected:
    FeederTest() {
        std::ofstream stream(folder_ / "stream.csv");
        stream << "a,b,target\n";
        for (int i = 0; i < 20; ++i)
            stream << i << ',' << -i << ",up\n";
    }

    void handle(const http::Request& request, const http::Respond& respond) {
        http::Response answer;
        answer.body = R"({"accepted":1})";
        if (request.path == "/skerry/model") answer.body = parameters::canonical_text(spec_);
        if (request.path.ends_with("/infer")) {
            asked_at_.push_back(SteadyClock::now());
            answer.body = R"({"model_version":"1.0","parameters":{"skerry_tier":"light"},)"
                          R"("outputs":[{"name":"label","data":[0]}]})";
            if (const auto busy = busy_(asked_at_.size())) answer = *busy;
        }
        respond(std::move(answer));
    }
    static http::Response busy(http::Headers headers) { return http::error_response(503, "busy", std::move(headers)); }
    Result<FeedNumbers> feed(std::uint64_t samples, const StopSignal& stop) {
        FeedOptions options;
        options.node = server_.unix_address();
        options.data = (folder_ / "stream.csv").string();
        options.source.limit = samples;
        auto feeder = Feeder::open(options);
        EXPECT_TRUE(feeder) << feeder.error().message;
        return feeder->run([](const FeedNumbers&) {}, stop);
    }

    /// When each infer request came.
    std::vector<SteadyClock::time_point> asked_at() {
        return server_.on_loop([this] { return asked_at_; });
    }

    TemporaryFolder folder_;
    parameters::ModelSpec spec_ = parameters::testing::table(2);
    std::vector<SteadyClock::time_point> asked_at_;
    std::function<std::optional<http::Response>(std::size_t)> busy_ = [](std::size_t) { return std::nullopt; };
    http::RunningServer server_{
        [this](http::Request request, http::Respond respond) { handle(request, respond); }};  // last: uses the others
};

TEST_F(FeederTest, ComesBackWhenTheNodeAsksItTo) {
    busy_ = [](std::size_t number) -> std::optional<http::Response> {
        if (number == 1) return busy({{"Retry-After", "1"}});
        if (number == 3) return busy({{"Retry-After", "1"}, {"Skerry-Retry-After-Ms", "50"}});
        return std::nullopt;
    };
    const auto numbers = feed(2, StopSignal());
    ASSERT_TRUE(numbers) << numbers.error().message;
    EXPECT_EQ(numbers->samples(), 2U);
    EXPECT_EQ(numbers->waits, 2U);
    const auto asked = asked_at();
    ASSERT_EQ(asked.size(), 4U);
    EXPECT_GE(asked[1] - asked[0], milliseconds(1000));
    EXPECT_GE(asked[3] - asked[2], milliseconds(50));
    EXPECT_LT(asked[3] - asked[2], milliseconds(1000));
}

TEST_F(FeederTest, AnInterruptEndsTheLongestPauseWithWhatWasDoneSoFar) {
    busy_ = [](std::size_t number) -> std::optional<http::Response> {
        if (number < 4) return std::nullopt;
        ::kill(::getpid(), SIGINT);
        return busy({{"Retry-After", "60"}});
    };
    const auto began = SteadyClock::now();
    const auto numbers = feed(20, interrupted());
    EXPECT_LT(SteadyClock::now() - began, std::chrono::seconds(20));
    ASSERT_TRUE(numbers) << numbers.error().message;
    EXPECT_EQ(numbers->samples(), 3U);
    EXPECT_EQ(asked_at().size(), 4U);
}

TEST(StopSignal, EndsAWaitOfAnotherThreadAndStaysRaised) {
    StopSignal stop;
    std::thread raises([&] { stop.raise(); });
    EXPECT_TRUE(stop.wait_until(SteadyClock::now() + std::chrono::hours(1)));
    raises.join();
    EXPECT_TRUE(stop.raised());
    EXPECT_TRUE(stop.wait_until(SteadyClock::time_point()));
    EXPECT_FALSE(StopSignal().wait_until(SteadyClock::now() + milliseconds(1)));
}

}  // namespace
}  // namespace skerry::node
