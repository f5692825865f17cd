#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/client.hpp"
#include "tests/unit/api/running_api.hpp"
#include "tests/unit/http/raw_peer.hpp"

namespace skerry::node {
namespace {

using ::testing::HasSubstr;
using testing::RunningApi;
using ::testing::StartsWith;

// Over a real socket: what a client sees, with the query string that some clients append, and a label that follows its
// answer at once.
TEST(InferenceOverHttp, AnswersAndTakesTheLabelThatFollows) {
    RunningApi api;
    auto client = http::Client::connect(api.address()).value();
    EXPECT_EQ(client.request("GET", "/v2/health/ready?verbose=1").value().status, 200);
    for (int i = 0; i < 50; ++i) {
        const auto answer =
            client.request("POST", "/v2/models/prices/infer",
                           R"({"id":"a","inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,1]}]})");
        ASSERT_TRUE(answer) << answer.error().message;
        ASSERT_EQ(answer->status, 200);
        ASSERT_THAT(answer->body, HasSubstr(R"("skerry_tier":"heavy")"));
        const auto taken = client.request("POST", "/v2/models/prices/feedback",
                                          R"({"feedback":[{"id":"a","label":"up"},{"id":"z","label":0}]})");
        ASSERT_TRUE(taken) << taken.error().message;
        ASSERT_THAT(taken->body, HasSubstr(R"("accepted":1,"duplicate":0,"expired":0,"unknown":1)"));
    }
}

std::string infer_request(const std::string& id, const std::string& data) {
    const std::string body =
        R"({"id":")" + id + R"(","inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":)" + data + "}]}";
    return "POST /v2/models/prices/infer HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
}

// Requests of one write take different tiers, and so are ready in another order; a refused one among them is answered
// in its place, and the connection lives on.
TEST(InferenceOverHttp, AnswersPipelinedRequestsInTheirOrderWhateverBecomesOfThem) {
    constexpr int kRounds = 20;
    RunningApi api;
    http::RawPeer peer(api.port());
    std::string bytes;
    for (int i = 0; i < kRounds; ++i) {
        bytes += infer_request("tie-" + std::to_string(i), "[1,1]");
        bytes += infer_request("down-" + std::to_string(i), "[1,0]");
        bytes += infer_request("wrong-" + std::to_string(i), "[1]");
    }
    ASSERT_TRUE(peer.send(bytes));
    for (int i = 0; i < kRounds; ++i) {
        EXPECT_THAT(peer.receive_answer(), HasSubstr(R"("id":"tie-)" + std::to_string(i) + '"'));
        EXPECT_THAT(peer.receive_answer(), HasSubstr(R"("id":"down-)" + std::to_string(i) + '"'));
        const std::string refused = peer.receive_answer();
        EXPECT_THAT(refused, StartsWith("HTTP/1.1 400 "));
        EXPECT_THAT(refused, HasSubstr(R"({"error":")"));
    }
    peer.send("GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(peer.receive_answer(), HasSubstr(R"({"live":true})"));
}

TEST(InferenceOverHttp, AnswersEachOfManyConnectionsWithItsOwn) {
    RunningApi api;
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i) {
        clients.emplace_back([&api, i] {
            auto client = http::Client::connect(api.address()).value();
            for (int k = 0; k < 25; ++k) {
                const std::string id = std::to_string(i) + "-" + std::to_string(k);
                const auto answer = client.request(
                    "POST", "/v2/models/prices/infer",
                    R"({"id":")" + id + R"(","inputs":[{"name":"input","shape":[1,2],"datatype":"FP32",)" +
                        R"("data":[1,)" + std::to_string(k % 2) + "]}]}");
                ASSERT_TRUE(answer) << answer.error().message;
                ASSERT_THAT(answer->body, HasSubstr(R"("id":")" + id + '"'));
                ASSERT_THAT(answer->body, HasSubstr(k % 2 == 0 ? "\"light\"" : "\"heavy\""));
            }
        });
    }
    for (std::thread& client : clients)
        client.join();
}

}  // namespace
}  // namespace skerry::node
