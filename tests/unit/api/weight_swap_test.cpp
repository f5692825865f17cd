#include <atomic>
#include <cstdlib>
#include <map>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "edge-node/api/infer_response.hpp"
#include "edge-node/api/inference_api.hpp"
#include "edge-node/serving/stages/stage_workers.hpp"
#include "tests/unit/serving/small_model.hpp"

namespace skerry::node {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class Nobody final : public InferenceBackend {
public:
    bool on_predictions(std::vector<feedback::Prediction>) override { return false; }
    std::optional<std::string> behind() override { return std::nullopt; }
    void on_feedback(std::vector<FeedbackLabel>, OnVerdicts) override {}
};

/// The small model, whose light and heavy exits tell by their probabilities which local step they are from.
std::shared_ptr<const Snapshot> version_of(std::uint64_t step) {
    static const auto model = Model::of(testing::small_spec()).value();
    std::vector<float> values = testing::small_parameters();
    values[10] = values[13] = 5 + static_cast<float>(step) / 1024;  // light's head
    values.back() = static_cast<float>(step) / 1024;                // heavy's bias
    return make_snapshot(model, {ModelVersion{7}, step}, std::move(values), plain_executor).value();
}

/// One sample that light answers, one that goes through all stages to heavy.
constexpr std::array<const char*, 2> kData = {"[0,1]", "[1,1]"};
const std::array<std::vector<float>, 2> kValues = {std::vector<float>{0, 1}, std::vector<float>{1, 1}};

/// What a version answers by itself, to the byte.
class Expected {
public:
    const std::string& body(std::uint64_t step, std::size_t sample) {
        std::string& body = bodies_[{step, sample}];
        if (body.empty()) {
            const auto snapshot = version_of(step);
            ClassifyScratch scratch;
            const Answer answer = classify(*snapshot, kValues[sample], Router(), Tier::Heavy, scratch);
            body = infer_response(snapshot->model->spec, snapshot->version.to_text(), "a", outputs_, {answer}).body;
        }
        return body;
    }

private:
    std::vector<WantedOutput> outputs_ = {{Output::Label}, {Output::Probabilities}, {Output::Tier}, {Output::Score}};
    std::map<std::pair<std::uint64_t, std::size_t>, std::string> bodies_;
};

std::uint64_t step_of(const std::string& body) {
    const std::string begins = "\"model_version\":\"7.";
    const std::size_t at = body.find(begins);
    return at == std::string::npos ? 0 : std::strtoull(body.c_str() + at + begins.size(), nullptr, 10);
}

// Goal: while weights are swapped, no request fails or is answered by a mixture of two versions.
// Method: 64 requests are always under way, some answered by the loop, some by workers in batches; another thread
// publishes versions all the time. Each reply must be, to the byte, what the version that it names says alone.
// SKERRY_SWAP_REQUESTS=1000000 SKERRY_SWAP_VERSIONS=1000 is the full size.
class WeightSwap : public ::testing::TestWithParam<std::chrono::microseconds> {};

INSTANTIATE_TEST_SUITE_P(LoopOrWorkers, WeightSwap,
                         ::testing::Values(std::chrono::microseconds(100), std::chrono::microseconds(0)));

TEST_P(WeightSwap, EachAnswerIsExactlyWhatTheVersionThatItNamesGives) {
    const std::uint64_t requests = from_environment("SKERRY_SWAP_REQUESTS", 40'000);
    const std::uint64_t versions = from_environment("SKERRY_SWAP_VERSIONS", 200);
    boost::asio::io_context loop;
    SnapshotSlot snapshots;
    snapshots.publish(version_of(1));
    Nobody backend;
    const ServingConfig config{.workers = 2, .inline_below = GetParam()};
    StageWorkers workers(config.workers);
    ServingEngine engine(loop, workers, config);
    InferenceApi api(snapshots, engine, backend, config, "0");

    std::atomic<std::uint64_t> published = 1;
    std::atomic<std::uint64_t> answered = 0;
    std::atomic<std::uint64_t> newest_seen = 1;
    std::thread publisher([&] {
        for (std::uint64_t step = 2; step <= versions; ++step) {
            // Spread over the stream, and none before its predecessor has answered somebody.
            while (answered < requests * step / (versions + 1) || newest_seen + 1 < step)
                std::this_thread::yield();
            published = step;  // before anybody can be answered by it
            snapshots.publish(version_of(step));
        }
    });

    std::uint64_t asked = 0;
    std::uint64_t wrong = 0;
    std::map<std::uint64_t, std::uint64_t> seen;
    Expected expected;
    std::function<void()> ask = [&] {
        const std::size_t sample = asked++ % kData.size();
        http::Request request;
        request.method = "POST";
        request.path = "/v2/models/prices/infer";
        request.body = std::string(R"({"id":"a","inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":)") +
                       kData[sample] + "}]}";
        api.handle(std::move(request), [&, sample](const http::Response& response) {
            const std::uint64_t step = step_of(response.body);
            const bool exists = step >= 1 && step <= published;
            if (!exists || response.status != 200 || response.body != expected.body(step, sample)) {
                if (wrong++ == 0) ADD_FAILURE() << response.status << ' ' << response.body;
            }
            ++seen[step];
            newest_seen = std::max<std::uint64_t>(newest_seen, step);
            ++answered;
            if (asked < requests || newest_seen < versions) boost::asio::post(loop, ask);
        });
    };
    for (int i = 0; i < 64; ++i)
        boost::asio::post(loop, ask);
    loop.run();
    publisher.join();
    EXPECT_EQ(wrong, 0U);
    EXPECT_GE(answered, requests);
    EXPECT_EQ(seen.size(), versions);
    EXPECT_EQ(api.counters().refused_busy, 0U);
}

}  // namespace
}  // namespace skerry::node
