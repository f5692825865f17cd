#include <array>
#include <atomic>
#include <skerry/client.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/api/running_api.hpp"
#include "tests/unit/http/running_server.hpp"

namespace skerry::client {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using ::testing::HasSubstr;

/// What `call` is refused with; status −1: nothing.
template <class Call>
std::pair<int, std::string> refusal_of(Call call) {
    try {
        call();
    } catch (const NodeError& error) {
        return {error.status(), error.what()};
    }
    return {-1, ""};
}

class ClientOfANode : public ::testing::Test {
protected:
    node::testing::RunningApi api_;
    Node node_{api_.address(), "prices"};
    Node stranger_{api_.address(), "no body"};
};

TEST_F(ClientOfANode, IsToldWhatTheModelTakes) {
    EXPECT_TRUE(node_.ready());
    EXPECT_FALSE(stranger_.ready());
    EXPECT_EQ(node_.metadata()["inputs"][0]["shape"], nlohmann::json({-1, 2}));
}

TEST_F(ClientOfANode, GivesTheSameAnswerForEveryTypeOfNumber) {
    const std::array<float, 2> tie{1, 1};
    const Answer answer = node_.infer(tie);
    EXPECT_THAT(answer.labels, ElementsAre(1));
    EXPECT_THAT(answer.tiers, ElementsAre("heavy"));
    ASSERT_EQ(answer.probabilities.size(), 1U);
    EXPECT_THAT(answer.probabilities[0][0] + answer.probabilities[0][1], FloatEq(1));
    EXPECT_EQ(answer.version, "7.3");
    EXPECT_FALSE(answer.anytime);
    EXPECT_EQ(node_.infer(std::vector<double>{1, 1}).probabilities, answer.probabilities);
    EXPECT_EQ(node_.infer(std::vector<std::int64_t>{1, 1}).probabilities, answer.probabilities);
    EXPECT_EQ(node_.infer(std::vector<std::uint16_t>{1, 1}).probabilities, answer.probabilities);
    EXPECT_EQ(node_.infer(std::array{true, true}).probabilities, answer.probabilities);
    EXPECT_EQ(node_.infer(std::string("\1\1")).probabilities, answer.probabilities);
}

TEST_F(ClientOfANode, AnswersABatchAndTakesALabelForEachOfItsSamples) {
    const Answer answer = node_.infer(std::vector<float>{1, 0, 0, 1, 1, 1}, {.id = "batch"});
    EXPECT_EQ(answer.id, "batch");
    EXPECT_THAT(answer.labels, ElementsAre(0, 1, 1));
    EXPECT_THAT(answer.tiers, ElementsAre("light", "light", "heavy"));
    EXPECT_THAT(answer.scores, ElementsAre(FloatEq(0), FloatEq(0), FloatEq(1)));
    EXPECT_EQ(answer.probabilities.size(), 3U);
    const Taken taken = node_.feedback({{"batch/0", 0U}, {"batch/2", "up"}, {"never asked", 1U}});
    EXPECT_EQ(taken.accepted, 2U);
    EXPECT_EQ(taken.unknown, 1U);
    EXPECT_THAT(taken.states, ElementsAre("accepted", "accepted", "unknown"));
    EXPECT_EQ(node_.stats()["inference_count"], 3);
}

TEST_F(ClientOfANode, ObeysTheOptions) {
    EXPECT_THAT(node_.infer(std::array{1.0F, 1.0F}, {.tier_max = "light"}).tiers, ElementsAre("light"));
    const Answer unlearned = node_.infer(std::array{1.0F, 1.0F}, {.deadline = std::chrono::seconds(1), .learn = false});
    EXPECT_EQ(node_.feedback({{unlearned.id, 1U}}).unknown, 1U);
}

TEST_F(ClientOfANode, PassesOnWhatTheNodeSaysIsWrong) {
    const auto deadline = refusal_of([&] {
        static_cast<void>(node_.infer(std::array{1.0F, 1.0F}, {.deadline = std::chrono::microseconds(-1)}));
    });
    EXPECT_EQ(deadline.first, 400);
    EXPECT_THAT(deadline.second, HasSubstr("skerry_deadline_us"));
    EXPECT_EQ(refusal_of([&] { static_cast<void>(stranger_.metadata()); }),
              std::pair(404, std::string("Request for unknown model: 'no body' is not found")));
    EXPECT_THAT(refusal_of([&] { node_.feedback({{"x", 99U}}); }).second, HasSubstr("label 99 is no class"));
    EXPECT_THROW(static_cast<void>(node_.infer(std::array{1.0F})), std::invalid_argument);
    EXPECT_TRUE(node_.ready()) << "the connection lives on";
}

TEST(Client, TakesOnlyAddressesThatItUnderstands) {
    for (const char* address : {"", "localhost:8000", "https://a:1", "http://a", "http://a:1/x"})
        EXPECT_THROW(Node(address, "m"), std::invalid_argument) << address;
    EXPECT_THROW(Node("unix:/" + std::string(200, 'a'), "m"), std::invalid_argument);
    Node nobody("unix:/nowhere/infer.sock", "m");
    EXPECT_EQ(refusal_of([&] { static_cast<void>(nobody.metadata()); }).first, 0);
}

/// A server that refuses so many requests before it answers, as a full node does.
class Busy {
public:
    explicit Busy(int refusals) : refusals_(refusals) {}
    void operator()(const http::Request&, const http::Respond& respond) {
        if (seen_++ < refusals_) {
            return respond(http::error_response(503, "full", {{"Retry-After", "1"}, {"Skerry-Retry-After-Ms", "30"}}));
        }
        respond({.body = R"({"inputs":[]})"});
    }
    [[nodiscard]] int seen() const { return seen_; }

private:
    const int refusals_;
    std::atomic<int> seen_ = 0;
};

TEST(Client, AsksAgainAfterTheTimeThatABusyNodeNames) {
    Busy busy(3);
    http::RunningServer server(std::ref(busy));
    Node node(server.unix_address(), "m");
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(node.metadata().dump(), R"({"inputs":[]})");
    EXPECT_EQ(busy.seen(), 4);
    EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(90));
}

TEST(Client, GivesUpWhenItsPatienceEnds) {
    Busy busy(1000);
    http::RunningServer server(std::ref(busy));
    Node node(server.tcp_address(), "m", {.patience = std::chrono::milliseconds(100)});
    EXPECT_EQ(refusal_of([&] { static_cast<void>(node.metadata()); }), std::pair(503, std::string("full")));
    EXPECT_LE(busy.seen(), 4);
}

TEST(Client, ReplacesAConnectionThatTheNodeClosedMeanwhile) {
    http::RunningServer server([](const http::Request&, const http::Respond& respond) { respond({.body = "{}"}); },
                               {.idle_time = std::chrono::milliseconds(20)});
    Node node(server.tcp_address(), "m");
    EXPECT_TRUE(node.ready());
    server.wait_for_connections(0);
    EXPECT_TRUE(node.ready());
    EXPECT_EQ(node.metadata().dump(), "{}");
}

TEST(Client, SaysThatAnAnswerIsNotWhatItShouldBe) {
    std::string body;
    http::RunningServer server([&](const http::Request& request, const http::Respond& respond) {
        const bool infers = request.method == "POST";
        respond({.body = infers ? body : R"({"inputs":[{"shape":[-1,1]}]})",
                 .headers = {{"Inference-Header-Content-Length", "112"}}});
    });
    const auto problem = [&](std::string answer) {
        server.on_loop([&] { body = std::move(answer); });
        Node node(server.tcp_address(), "m");
        return refusal_of([&] { static_cast<void>(node.infer(std::array{1.0F})); });
    };
    for (const std::string answer : {"", "[]", "{}", "no JSON"})
        EXPECT_EQ(problem(answer).first, 0) << answer;
    std::string head = R"({"id":"a","model_version":"1.0","parameters":{},"outputs":[{"name":"tier",)"
                       R"("parameters":{"binary_data_size":9}}]})";
    ASSERT_EQ(head.size(), 112U);
    EXPECT_EQ(problem(head + std::string("\5\0\0\0heavy", 9)).first, -1);
    EXPECT_EQ(problem(head + std::string("\5\0\0\0heav", 8)).first, 0);
    EXPECT_EQ(problem(head + std::string("\6\0\0\0heavy", 9)).first, 0);
}

}  // namespace
}  // namespace skerry::client
