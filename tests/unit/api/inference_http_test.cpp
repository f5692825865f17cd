#include <future>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/http/client.hpp"
#include "common/http/server.hpp"
#include "edge-node/api/inference_api.hpp"
#include "edge-node/serving/stages/stage_workers.hpp"
#include "tests/unit/serving/small_model.hpp"

namespace skerry::node {
namespace {

using ::testing::HasSubstr;

class Labels final : public InferenceBackend {
public:
    bool on_predictions(std::vector<feedback::Prediction> predictions) override {
        for (const feedback::Prediction& prediction : predictions)
            known_.push_back(prediction.request);
        return false;
    }
    std::optional<std::string> behind() override { return std::nullopt; }
    void on_feedback(std::vector<FeedbackLabel> labels, OnVerdicts done) override {
        std::vector<feedback::LabelVerdict> verdicts;
        for (const FeedbackLabel& label : labels) {
            const bool known = std::find(known_.begin(), known_.end(), label.request) != known_.end();
            verdicts.push_back(known ? feedback::LabelVerdict::Accepted : feedback::LabelVerdict::Unknown);
        }
        done(std::move(verdicts));
    }

private:
    std::vector<std::string> known_;
};

// Over a real socket: what a client sees, with the query string that some clients append, and a label that follows its
// answer at once.
TEST(InferenceOverHttp, AnswersAndTakesTheLabelThatFollows) {
    boost::asio::io_context loop;
    auto work = boost::asio::make_work_guard(loop);
    SnapshotSlot snapshots;
    snapshots.publish(testing::small_snapshot());
    Labels backend;
    ServingConfig config;
    StageWorkers workers(config.workers);
    ServingEngine engine(loop, workers, config);
    InferenceApi api(snapshots, engine, backend, config, "0.1.0");
    http::Server server(loop, {}, [&](http::Request request, http::Respond respond) {
        api.handle(std::move(request), std::move(respond));
    });
    const auto port = server.listen_tcp("127.0.0.1", 0);
    ASSERT_TRUE(port) << port.error().message;

    auto client = std::async(std::launch::async, [&loop, port = *port] {
        std::vector<http::Response> answers;
        auto connection = http::Client::connect("http://127.0.0.1:" + std::to_string(port));
        const auto ask = [&](const char* method, const char* path, const char* body) {
            auto response = connection->request(method, path, body);
            answers.push_back(response ? std::move(*response) : http::Response{.status = 0});
        };
        if (connection) {
            ask("GET", "/v2/health/ready?verbose=1", "");
            for (int i = 0; i < 50; ++i) {
                ask("POST", "/v2/models/prices/infer",
                    R"({"id":"a","inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,1]}]})");
                ask("POST", "/v2/models/prices/feedback",
                    R"({"feedback":[{"id":"a","label":"up"},{"id":"z","label":0}]})");
            }
        }
        boost::asio::post(loop, [&loop] { loop.stop(); });
        return answers;
    });
    loop.run();
    const std::vector<http::Response> answers = client.get();
    ASSERT_EQ(answers.size(), 101U);
    EXPECT_EQ(answers[0].status, 200);
    for (std::size_t i = 1; i < answers.size(); i += 2) {
        ASSERT_EQ(answers[i].status, 200);
        ASSERT_THAT(answers[i].body, HasSubstr(R"("skerry_tier":"heavy")"));
        ASSERT_THAT(answers[i + 1].body, HasSubstr(R"("accepted":1,"duplicate":0,"expired":0,"unknown":1)"));
    }
}

}  // namespace
}  // namespace skerry::node
