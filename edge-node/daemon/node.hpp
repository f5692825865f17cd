#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/http/server.hpp"
#include "edge-node/api/inference_api.hpp"
#include "edge-node/daemon/config.hpp"
#include "edge-node/daemon/fleet_link.hpp"
#include "edge-node/daemon/label_intake.hpp"
#include "edge-node/daemon/local_model.hpp"
#include "edge-node/daemon/metrics.hpp"
#include "edge-node/daemon/node_keys.hpp"
#include "edge-node/serving/stages/stage_workers.hpp"

namespace skerry::node {

struct NodeOptions {
    std::filesystem::path dir;
    NodeConfig config;
    /// Takes its first version, then neither contributes nor installs another: the control group of a trial.
    bool alone = false;
    /// What learns; by default the child process skerry-learner. Tests bring their own.
    std::function<std::unique_ptr<LearningEngine>(boost::asio::io_context&, const parameters::ModelSpec&)>
        make_engine{};
};

/// A running node: serves, learns and shares, all from one loop thread beside the storage thread and the serving
/// workers. Everything local goes on while the coordinator is away.
///
///     GET /skerry/model             the declared model
///     GET /skerry/status            one document about everything            (Unix socket only, as those below)
///     GET /skerry/errors?limit=N&before=ID    wrong answers, newest first; those older than ID
///     GET /skerry/export            the weights served now, as a model file
///     GET /metrics                  Prometheus text
///     /v2/…                         inference_api.hpp
class Node final : public InferenceBackend {
public:
    /// Reads everything durable back and finishes what a crash interrupted; blocks. NotFound: the folder has not
    /// joined. Conflict: another process runs in it. Else as its stores.
    [[nodiscard]] static Result<std::unique_ptr<Node>> open(boost::asio::io_context& loop, NodeOptions options);
    ~Node() override;

    /// Listens on DIR/infer.sock and `config.http`, and dials the coordinator. Unavailable: a port is taken.
    [[nodiscard]] Result<> start();
    /// The TCP port that start() got; 0 without TCP.
    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Drains: what was accepted is answered, what is durable stays so; then calls `done` from the loop.
    void stop(std::function<void()> done);

    [[nodiscard]] NodeFacts facts() const;

private:
    struct Durable;
    Node(boost::asio::io_context& loop, NodeOptions options, std::unique_ptr<Durable> durable);

    // node_session.cpp
    [[nodiscard]] Result<> make_link();
    void perform(Action action);
    void send_report();
    void send_chunks(const SendUpdateChunks& order);
    void note(const Notice& notice);

    // node_http.cpp
    void handle(http::Request request, http::Respond respond);
    void show_errors(const http::Request& request, http::Respond respond);
    void export_model(const http::Request& request, http::Respond respond);
    void warn_of_clamped();

    bool on_predictions(std::vector<feedback::Prediction> predictions) override;
    std::optional<std::string> behind() override;
    void on_feedback(std::vector<FeedbackLabel> labels, OnVerdicts done) override;
    void expire_predictions();
    void publish(std::shared_ptr<const Snapshot> snapshot);
    void on_learned(const LearningReport& report);

    boost::asio::io_context& loop_;
    NodeOptions options_;
    std::unique_ptr<Durable> durable_;  ///< stores, keys, identity
    SnapshotSlot snapshots_;
    InferenceApi api_;
    StageWorkers workers_;
    ServingEngine serving_;  ///< after api_, which its requests use until they are gone
    StorageThread storage_;
    std::unique_ptr<LearningEngine> engine_;
    LocalModel local_;
    LabelIntake intake_;
    NodeMetrics metrics_;
    std::uint64_t next_order_ = 1;
    boost::asio::steady_timer expiry_;
    std::optional<FleetLink> link_;
    http::Server server_;
    std::uint16_t port_ = 0;
    bool warned_of_clamped_ = false;
    bool stopping_ = false;
};

}  // namespace skerry::node
