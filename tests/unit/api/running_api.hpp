#pragma once

#include <algorithm>
#include <string>
#include <thread>
#include <utility>  // Boost 1.74's Asio needs it first
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "common/http/server.hpp"
#include "edge-node/api/inference_api.hpp"
#include "edge-node/serving/stages/stage_workers.hpp"
#include "tests/unit/serving/small_model.hpp"

namespace skerry::node::testing {

/// Accepts a label of each request that was answered.
class KnownLabels final : public InferenceBackend {
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

/// The API of small_model.hpp's model on a TCP port. Its loop has a thread of its own.
class RunningApi {
public:
    RunningApi() {
        snapshots_.publish(small_snapshot());
        port_ = server_.listen_tcp("127.0.0.1", 0).value();
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~RunningApi() {
        boost::asio::post(loop_, [this] { loop_.stop(); });
        thread_.join();
    }
    RunningApi(const RunningApi&) = delete;
    RunningApi& operator=(const RunningApi&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop_.get_executor()};
    SnapshotSlot snapshots_;
    KnownLabels backend_;
    ServingConfig config_;
    StageWorkers workers_{config_.workers};
    ServingEngine engine_{loop_, workers_, config_};
    InferenceApi api_{snapshots_, engine_, backend_, config_, "0.1.0"};
    http::Server server_{loop_, {}, [this](http::Request request, http::Respond respond) {
                             api_.handle(std::move(request), std::move(respond));
                         }};
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace skerry::node::testing
