#include "edge-node/api/inference_api.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "edge-node/serving/stages/stage_workers.hpp"
#include "tests/unit/serving/gated_executor.hpp"
#include "tests/unit/serving/small_model.hpp"

namespace skerry::node {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class FakeBackend final : public InferenceBackend {
public:
    bool on_predictions(std::vector<feedback::Prediction> predictions) override {
        for (feedback::Prediction& prediction : predictions)
            recorded.push_back(std::move(prediction));
        return ids_waited;
    }
    std::optional<std::string> behind() override { return behind_; }
    void on_feedback(std::vector<FeedbackLabel> labels, OnVerdicts done) override {
        if (failure) return done(tl::unexpected<Error>(*failure));
        done(std::vector<feedback::LabelVerdict>(labels.size(), feedback::LabelVerdict::Accepted));
    }

    std::vector<feedback::Prediction> recorded;
    bool ids_waited = false;
    std::optional<Error> failure;
    std::optional<std::string> behind_;
};

class InferenceApiTest : public ::testing::Test {
protected:
    InferenceApiTest() { snapshots_.publish(testing::small_snapshot()); }

    void send(const std::string& method, const std::string& path, const std::string& body, http::Headers headers = {}) {
        http::Request request;
        request.method = method;
        request.path = path;
        request.body = body;
        request.headers = std::move(headers);
        api_.handle(std::move(request), [this](http::Response response) { answers_.push_back(std::move(response)); });
    }
    http::Response ask(const std::string& method, const std::string& path, const std::string& body = {},
                       http::Headers headers = {}) {
        answers_.clear();
        send(method, path, body, std::move(headers));
        run();
        EXPECT_EQ(answers_.size(), 1U);
        return answers_.empty() ? http::Response{} : answers_.front();
    }
    void run() {
        loop_.restart();
        loop_.run();
    }
    static std::string infer_body(const std::string& shape, const std::string& data, const std::string& more) {
        return "{" + more + R"("inputs":[{"name":"input","shape":)" + shape + R"(,"datatype":"FP32","data":)" + data +
               "}]}";
    }

    boost::asio::io_context loop_;
    ServingConfig config_{.workers = 1, .queue_requests_max = 2};
    SnapshotSlot snapshots_;
    FakeBackend backend_;
    StageWorkers workers_{config_.workers};
    ServingEngine engine_{loop_, workers_, config_};
    InferenceApi api_{snapshots_, engine_, backend_, config_, "0.1.0"};
    std::vector<http::Response> answers_;
};

TEST_F(InferenceApiTest, SaysWhoItIsAndThatItIsReady) {
    EXPECT_EQ(
        ask("GET", "/v2").body,
        R"({"name":"skerry-node","version":"0.1.0","extensions":["binary_tensor_data","classification","model_configuration",)"
        R"("parameters","statistics","skerry_feedback","skerry_tier"]})");
    EXPECT_EQ(ask("GET", "/v2/").status, 200);
    EXPECT_EQ(ask("GET", "/v2/health/live").body, R"({"live":true})");
    EXPECT_EQ(ask("GET", "/v2/health/ready").body, R"({"ready":true})");
    EXPECT_EQ(ask("GET", "/v2/models/prices/ready").body, R"({"name":"prices","ready":true})");
    EXPECT_EQ(ask("GET", "/v2/models/prices/versions/7.3/ready").body, R"({"name":"prices","ready":true})");
}

TEST_F(InferenceApiTest, DescribesItsModel) {
    const std::string expected =
        R"({"name":"prices","versions":["7.3"],"platform":"skerry",)"
        R"("inputs":[{"name":"input","datatype":"FP32","shape":[-1,2]}],)"
        R"("outputs":[{"name":"label","datatype":"INT64","shape":[-1]},)"
        R"({"name":"probabilities","datatype":"FP32","shape":[-1,2]},)"
        R"({"name":"tier","datatype":"BYTES","shape":[-1]},{"name":"score","datatype":"FP32","shape":[-1]}]})";
    EXPECT_EQ(ask("GET", "/v2/models/prices").body, expected);
    EXPECT_EQ(ask("GET", "/v2/models/prices/versions/7.3/").body, expected);
}

TEST_F(InferenceApiTest, TellsClientsMadeForAnotherServerTheNameThatTheyWant) {
    config_.server_name = "triton";
    InferenceApi api(snapshots_, engine_, backend_, config_, "0.1.0");
    http::Request request;
    request.method = "GET";
    request.path = "/v2";
    api.handle(request, [](const http::Response& response) {
        EXPECT_THAT(response.body, StartsWith(R"({"name":"triton","version":"0.1.0",)"));
    });
}

TEST_F(InferenceApiTest, ListsAndConfiguresWhatItServes) {
    const std::string expected =
        R"({"name":"prices","platform":"skerry","backend":"skerry","version_policy":{"latest":{"num_versions":1}},)"
        R"("max_batch_size":64,"input":[{"name":"input","data_type":"TYPE_FP32","dims":[2]}],)"
        R"("output":[{"name":"label","data_type":"TYPE_INT64","dims":[]},)"
        R"({"name":"probabilities","data_type":"TYPE_FP32","dims":[2]},)"
        R"({"name":"tier","data_type":"TYPE_STRING","dims":[]},{"name":"score","data_type":"TYPE_FP32","dims":[]}]})";
    EXPECT_EQ(ask("GET", "/v2/models/prices/config").body, expected);
    EXPECT_EQ(ask("GET", "/v2/models/prices/versions/7.3/config").body, expected);
    EXPECT_EQ(ask("POST", "/v2/repository/index", R"({"ready":true})").body,
              R"([{"name":"prices","version":"7.3","state":"READY","reason":""}])");
    snapshots_.publish(nullptr);
    EXPECT_EQ(ask("POST", "/v2/repository/index").body, "[]");
    EXPECT_EQ(ask("GET", "/v2/models/stats").body, R"({"model_stats":[]})");
}

TEST_F(InferenceApiTest, CountsWhatItDidWithInferRequestsAndHowLongItTook) {
    EXPECT_THAT(
        ask("GET", "/v2/models/prices/stats").body,
        AllOf(StartsWith(R"({"model_stats":[{"name":"prices","version":"7.3","last_inference":0,"inference_count":0,)"),
              HasSubstr(R"("success":{"count":0,"ns":0})")));
    EXPECT_EQ(ask("POST", "/v2/models/prices/infer", infer_body("[3,2]", "[1,0,0,1,1,1]", "")).status, 200);
    EXPECT_EQ(ask("POST", "/v2/models/prices/infer", infer_body("[1,2]", "[0,1]", "")).status, 200);
    EXPECT_EQ(ask("POST", "/v2/models/prices/infer", "x").status, 400);

    const auto document = nlohmann::json::parse(ask("GET", "/v2/models/stats").body);
    EXPECT_EQ(document, nlohmann::json::parse(ask("GET", "/v2/models/prices/versions/7.3/stats").body));
    const auto& model = document["model_stats"][0];
    EXPECT_EQ(model["inference_count"], 4);
    EXPECT_GE(model["execution_count"], 2);
    EXPECT_LE(model["execution_count"], 4) << "samples of one request may share a run of the light stage";
    EXPECT_GT(model["last_inference"], 1'600'000'000'000);
    const auto& stats = model["inference_stats"];
    const auto spent = [&stats](const char* part) { return stats[part]["ns"].get<std::int64_t>(); };
    EXPECT_EQ(stats["fail"]["count"], 1);
    EXPECT_GT(spent("fail"), 0);
    for (const char* part : {"success", "queue", "compute_input", "compute_infer", "compute_output"})
        EXPECT_EQ(stats[part]["count"], 2) << part;
    for (const char* part : {"compute_input", "compute_infer", "compute_output"})
        EXPECT_GT(spent(part), 0) << part;
    EXPECT_EQ(spent("success"),
              spent("queue") + spent("compute_input") + spent("compute_infer") + spent("compute_output"))
        << "with one worker the parts are the whole";
}

// Triton's asyncio client asks for gzip with every request, and takes what comes as JSON unless it is an answer to
// infer.
TEST_F(InferenceApiTest, LeavesDocumentsUncompressed) {
    for (const char* path : {"/v2", "/v2/models/stats", "/v2/models/prices", "/v2/models/prices/config"})
        EXPECT_EQ(ask("GET", path).header("Cache-Control"), "no-transform") << path;
    EXPECT_EQ(ask("POST", "/v2/repository/index").header("Cache-Control"), "no-transform");
    EXPECT_EQ(ask("POST", "/v2/models/prices/infer", infer_body("[1,2]", "[1,1]", "")).header("Cache-Control"), "");
}

TEST_F(InferenceApiTest, AnswersOneSample) {
    const http::Response response =
        ask("POST", "/v2/models/prices/infer", infer_body("[1,2]", "[0,1]", R"("id":"42",)"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_EQ(response.body,
              R"({"model_name":"prices","model_version":"7.3","id":"42",)"
              R"("parameters":{"skerry_model_version":"7.3","skerry_tier":"light","skerry_score":0,)"
              R"("skerry_confidence":1},"outputs":[{"name":"label","datatype":"INT64","shape":[1],"data":[1]},)"
              R"({"name":"probabilities","datatype":"FP32","shape":[1,2],"data":[0,1]},)"
              R"({"name":"tier","datatype":"BYTES","shape":[1],"data":["light"]},)"
              R"({"name":"score","datatype":"FP32","shape":[1],"data":[0]}]})");

    ASSERT_EQ(backend_.recorded.size(), 1U);
    const feedback::Prediction& prediction = backend_.recorded[0];
    EXPECT_EQ(prediction.request, "42");
    EXPECT_EQ(prediction.version, (feedback::SnapshotVersion{ModelVersion{7}, 3}));
    EXPECT_EQ(prediction.tier, Tier::Light);
    EXPECT_EQ(prediction.predicted, 1U);
    EXPECT_EQ(prediction.probability, 1.0F);
    EXPECT_EQ(prediction.margin, 1.0F);
    EXPECT_EQ(prediction.score, 0.0F);
    EXPECT_EQ(prediction.sample.size(), 8U);
}

TEST_F(InferenceApiTest, SaysThatARequestIdWaitedForItsLabelAlready) {
    const std::string body = infer_body("[1,2]", "[0,1]", R"("id":"42",)");
    EXPECT_THAT(ask("POST", "/v2/models/prices/infer", body).body, Not(HasSubstr("skerry_id_reused")));
    backend_.ids_waited = true;
    EXPECT_THAT(ask("POST", "/v2/models/prices/infer", body).body,
                HasSubstr(R"("skerry_model_version":"7.3","skerry_id_reused":true,"skerry_tier":"light")"));
}

TEST_F(InferenceApiTest, CountsSamplesThatTheDeclaredScalingDoesNotFit) {
    EXPECT_EQ(ask("POST", "/v2/models/prices/infer", infer_body("[3,2]", "[0,1,0,900,-70,1]", "")).status, 200);
    EXPECT_EQ(api_.counters().clamped, 2U);
    EXPECT_EQ(api_.counters().clamped_channel, 1U);
    EXPECT_EQ(ask("POST", "/v2/models/prices/infer", infer_body("[1,2]", "[-63,63]", "")).status, 200);
    EXPECT_EQ(api_.counters().clamped, 2U);
}

TEST_F(InferenceApiTest, TakesNothingFromTheWebPagesOfOthers) {
    const std::string body = infer_body("[1,2]", "[0,1]", "");
    EXPECT_EQ(ask("POST", "/v2/models/prices/infer", body,
                  {{"Host", "localhost:8000"}, {"Origin", "http://elsewhere.example"}})
                  .status,
              403);
    EXPECT_EQ(ask("POST", "/v2/models/prices/infer", body, {{"Host", "localhost:8000"}, {"Origin", "null"}}).status,
              403);
    EXPECT_EQ(
        ask("POST", "/v2/models/prices/infer", body, {{"Host", "localhost:8000"}, {"Origin", "http://localhost:8000"}})
            .status,
        200);
}

TEST_F(InferenceApiTest, AnswersABatchWithATierAndAScoreForEachSample) {
    const http::Response response =
        ask("POST", "/v2/models/prices/infer", infer_body("[2,2]", "[[1,0],[1,1]]", R"("id":"b",)"));
    EXPECT_EQ(response.body,
              R"({"model_name":"prices","model_version":"7.3","id":"b","parameters":{"skerry_model_version":"7.3"},)"
              R"("outputs":[{"name":"label","datatype":"INT64","shape":[2],"data":[0,1]},)"
              R"({"name":"probabilities","datatype":"FP32","shape":[2,2],"data":[1,0,0,1]},)"
              R"({"name":"tier","datatype":"BYTES","shape":[2],"data":["light","heavy"]},)"
              R"({"name":"score","datatype":"FP32","shape":[2],"data":[0,1]}]})");
    ASSERT_EQ(backend_.recorded.size(), 2U);
    EXPECT_EQ(backend_.recorded[0].request, "b/0");
    EXPECT_EQ(backend_.recorded[1].request, "b/1");
    EXPECT_EQ(backend_.recorded[1].tier, Tier::Heavy);
}

TEST_F(InferenceApiTest, ObeysTheRequestsParametersAndOutputs) {
    const http::Response response = ask(
        "POST", "/v2/models/prices/infer",
        infer_body("[1,2]", "[1,1]",
                   R"("parameters":{"skerry_tier_max":"medium","skerry_learn":false},"outputs":[{"name":"tier"}],)"));
    EXPECT_THAT(response.body,
                HasSubstr(R"("outputs":[{"name":"tier","datatype":"BYTES","shape":[1],"data":["medium"]}])"));
    EXPECT_TRUE(backend_.recorded.empty());
}

TEST_F(InferenceApiTest, GivesIdsThatRiseWhereTheClientGaveNone) {
    std::vector<std::string> ids;
    for (int i = 0; i < 20; ++i) {
        ask("POST", "/v2/models/prices/infer", infer_body("[1,2]", "[1,0]", R"("id":"",)"));
        ids.push_back(backend_.recorded.back().request);
        EXPECT_THAT(ids.back(),
                    ::testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    }
    EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
    EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST_F(InferenceApiTest, TakesFeedback) {
    EXPECT_EQ(ask("POST", "/v2/models/prices/feedback", R"({"feedback":[{"id":"42","label":"up"}]})").body,
              R"({"accepted":1,"duplicate":0,"expired":0,"unknown":0,"conflict":0,"reused":0,)"
              R"("results":[{"id":"42","state":"accepted"}]})");
    EXPECT_EQ(ask("POST", "/v2/models/prices/feedback", "{}").status, 400);
    backend_.behind_ = "learning is behind";
    const http::Response busy = ask("POST", "/v2/models/prices/feedback", R"({"feedback":[{"id":"42","label":1}]})");
    EXPECT_EQ(busy.status, 429);
    EXPECT_EQ(busy.header("Retry-After"), "1");
    EXPECT_EQ(busy.body, R"({"error":"learning is behind"})");
    backend_.behind_.reset();
    backend_.failure = Error{ErrorCode::Unavailable, "these labels were not kept: the disk is full"};
    const http::Response full = ask("POST", "/v2/models/prices/feedback", R"({"feedback":[{"id":"42","label":1}]})");
    EXPECT_EQ(full.status, 503);
    EXPECT_EQ(full.header("Retry-After"), "1");
    backend_.failure = Error{ErrorCode::Internal, "a library failed"};
    EXPECT_EQ(ask("POST", "/v2/models/prices/feedback", R"({"feedback":[{"id":"42","label":1}]})").status, 500);
    EXPECT_EQ(api_.counters().labels[0], 1U);
    EXPECT_EQ(api_.counters().feedback_busy, 1U);
}

struct Refusal {
    std::string method, path;
    int status;
    std::string sentence;
};

TEST_F(InferenceApiTest, RefusesWhatItDoesNotHave) {
    const std::vector<Refusal> refusals = {
        {"GET", "/v2/models/digits", 404, "Request for unknown model: 'digits' is not found"},
        {"POST", "/v2/models/digits/infer", 404, "Request for unknown model: 'digits' is not found"},
        {"POST", "/v2/models/digits/feedback", 404, "Request for unknown model: 'digits' is not found"},
        {"POST", "/v2/models/prices/versions/8/infer", 404, "unknown model: 'prices' version 8 is not found"},
        {"GET", "/v2/models/prices/infer", 405, "POST"},
        {"POST", "/v2/models/prices", 405, "GET"},
        {"DELETE", "/v2", 405, "GET"},
        {"GET", "/v2/repository/index", 405, "POST"},
        {"POST", "/v2/models/stats", 405, "GET"},
        {"POST", "/v2/models/prices/stats", 405, "GET"},
        {"GET", "/v2/models/prices/versions/8/stats", 404, "unknown model: 'prices' version 8 is not found"},
        {"GET", "/v2/models/prices/weights", 404, "nothing at this path"},
        {"GET", "/v2/models/prices/versions/7.3/ready/now", 404, "nothing at this path"},
        {"POST", "/v2/models/prices/versions/7.3/feedback", 404, "nothing at this path"},
        {"GET", "/v2/models/", 404, "nothing at this path"},
        {"GET", "/v2/models", 404, "nothing at this path"},
        {"GET", "/v3", 404, "begins at /v2"},
        {"GET", "", 404, "begins at /v2"},
    };
    for (const Refusal& refusal : refusals) {
        const http::Response response = ask(refusal.method, refusal.path);
        EXPECT_EQ(response.status, refusal.status) << refusal.method << " " << refusal.path;
        EXPECT_THAT(response.body, StartsWith("{\"error\":\"")) << refusal.path;
        EXPECT_THAT(response.body, HasSubstr(refusal.sentence)) << refusal.path;
    }
}

TEST_F(InferenceApiTest, RefusesMalformedBodies) {
    EXPECT_EQ(ask("POST", "/v2/models/prices/infer", "x", {{"Inference-Header-Content-Length", "7"}}).status, 400);
    EXPECT_EQ(ask("POST", "/v2/models/prices/infer", "x").status, 400);
    EXPECT_EQ(api_.counters().refused_invalid, 2U);
}

TEST_F(InferenceApiTest, IsNotReadyBeforeItHasAModel) {
    snapshots_.publish(nullptr);
    for (const char* path : {"/v2/health/ready", "/v2/models/prices/ready", "/v2/models/prices"}) {
        const http::Response response = ask("GET", path);
        EXPECT_EQ(response.status, 503) << path;
        EXPECT_EQ(response.header("Retry-After"), "1");
    }
    EXPECT_EQ(ask("POST", "/v2/models/prices/infer", infer_body("[1,2]", "[0,1]", "")).status, 503);
    EXPECT_EQ(ask("GET", "/v2/health/live").status, 200);
}

TEST_F(InferenceApiTest, RefusesWith503WhenItsQueueIsFullAndAnswersAllThatItTook) {
    testing::Gate gate;
    snapshots_.publish(testing::gated_snapshot(gate));
    for (int i = 0; i < 3; ++i)
        send("POST", "/v2/models/prices/infer", infer_body("[1,2]", "[0,1]", ""));
    ASSERT_EQ(answers_.size(), 1U) << "two are taken, the third is refused at once";
    EXPECT_EQ(answers_[0].status, 503);
    EXPECT_EQ(answers_[0].header("Retry-After"), "1");
    EXPECT_EQ(answers_[0].body, R"({"error":"too many requests are waiting: try again in a second"})");
    gate.open();
    run();
    ASSERT_EQ(answers_.size(), 3U);
    EXPECT_EQ(answers_[1].status, 200);
    EXPECT_EQ(answers_[2].status, 200);
    EXPECT_EQ(api_.counters().refused_busy, 1U);
    EXPECT_EQ(api_.counters().answered[0], 2U);
    EXPECT_EQ(api_.counters().latency[0].count, 2U);
}

TEST_F(InferenceApiTest, AnswersFromTheVersionThatServedWhenTheRequestCame) {
    testing::Gate gate;
    snapshots_.publish(testing::gated_snapshot(gate));
    send("POST", "/v2/models/prices/infer", infer_body("[1,2]", "[0,1]", ""));
    snapshots_.publish(testing::small_snapshot(Tier::Light, {ModelVersion{8}, 0}));
    gate.open();
    run();
    ASSERT_EQ(answers_.size(), 1U);
    EXPECT_THAT(answers_[0].body, HasSubstr(R"("model_version":"7.3")"));
    EXPECT_THAT(ask("POST", "/v2/models/prices/infer", infer_body("[1,2]", "[1,1]", "")).body,
                HasSubstr(R"("skerry_model_version":"8.0","skerry_tier":"light","skerry_score":1,)"));
}

TEST_F(InferenceApiTest, AnswersWithTheBestExitSoFarWhenTheDeadlineComes) {
    testing::Gate gate;
    snapshots_.publish(testing::gated_snapshot(gate, Tier::Heavy));
    const std::string body = infer_body("[1,2]", "[1,1]", R"("id":"a","parameters":{"skerry_deadline_us":20000},)");
    EXPECT_THAT(ask("POST", "/v2/models/prices/infer", body).body,
                AllOf(HasSubstr(R"("skerry_anytime":true,"skerry_tier":"light")"), HasSubstr(R"("id":"a")")));
    gate.open();
}

TEST_F(InferenceApiTest, RefusesNewRequestsWhileItDrainsAndFinishesTheOthers) {
    send("POST", "/v2/models/prices/infer", infer_body("[1,2]", "[0,1]", ""));
    std::size_t answered_before_empty = 0;
    engine_.drain([&] { answered_before_empty = answers_.size(); });
    send("POST", "/v2/models/prices/infer", infer_body("[1,2]", "[0,1]", ""));
    run();
    ASSERT_EQ(answers_.size(), 2U);
    EXPECT_EQ(answers_[0].status, 503);
    EXPECT_EQ(answers_[1].status, 200);
    EXPECT_EQ(answered_before_empty, 2U);
}

}  // namespace
}  // namespace skerry::node
