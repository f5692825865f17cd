#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "common/http/server.hpp"
#include "edge-node/daemon/fusion_desk.hpp"
#include "edge-node/daemon/memory_watch.hpp"
#include "edge-node/daemon/metrics.hpp"
#include "edge-node/daemon/node.hpp"
#include "edge-node/learning/learner_turns.hpp"

namespace skerry::node {

struct HostOptions {
    std::vector<std::filesystem::path> dirs;  ///< one a model, as join() made them
    NodeConfig config;                        ///< of each of them
    bool alone = false;
    /// As in NodeOptions.
    std::function<std::unique_ptr<LearningEngine>(boost::asio::io_context&, const parameters::ModelSpec&)>
        make_engine{};
    /// Where memory is measured; tests bring their own.
    MemorySources memory = MemorySources::of_system();
};

/// The process: hosts one Node a folder on one loop, and owns what they share, which is the addresses, the paths, the
/// threads that answer, the turns of their learners and the memory.
///
/// The TCP address `config.http` answers for all models, DIR/infer.sock for the model of that folder:
///
///     /v2/models/{model}/…          inference_api.hpp, of the model of that name
///     /v2/models/{a+b}/…            on TCP, of several models together: fusion_desk.hpp
///     /v2/repository/index  /v2/models/stats    of all models; on a folder's socket: of its model
///     /v2/health/ready              on TCP: all models are ready; on a folder's socket: its model is
///     GET /metrics                  Prometheus text; where there are several models, each series has the label "model"
///     GET /skerry/model             the declared model; on TCP, where there are several: ?model=NAME
///     GET /skerry/status            one document about everything, status.hpp     (Unix sockets only, as those below)
///     GET /skerry/errors?limit=N&before=ID&type=T   wrong answers, newest first; those older than ID; of one type
///     GET /skerry/drift?limit=N&before=NUMBER       alarms, newest first; those before one
///     GET /skerry/export            the weights served now, as a model file
///     POST /skerry/rollback?to=V    undoes local learning, local_model.hpp; V: only if that is the version kept
///
/// Loop thread only.
class Host final : public NodeHost {
public:
    /// InvalidInput: no folder, or one twice. Conflict: two folders hold models of the same name. Else as Node::open.
    [[nodiscard]] static Result<std::unique_ptr<Host>> open(boost::asio::io_context& loop, HostOptions options);
    ~Host() override;

    /// Listens, then starts each node. Unavailable: a port is taken. InvalidInput: the memory budget does not hold
    /// them.
    [[nodiscard]] Result<> start();
    /// The TCP port that start() got; 0 without TCP.
    [[nodiscard]] std::uint16_t port() const { return port_; }

    /// Drains: what was accepted is answered, what is durable stays so; then calls `done` from the loop.
    void stop(std::function<void()> done);

    /// Some model learns.
    [[nodiscard]] bool learning() const { return turns_.busy(); }
    [[nodiscard]] std::size_t models() const { return hosted_.size(); }
    [[nodiscard]] const Node& node(std::size_t index) const { return *hosted_[index].node; }

private:
    struct Hosted {
        std::unique_ptr<Node> node;
        std::unique_ptr<http::Server> socket;  ///< DIR/infer.sock
    };

    Host(boost::asio::io_context& loop, HostOptions options);
    [[nodiscard]] Result<> add(const std::filesystem::path& dir);
    void stop_nodes();

    StageWorkers& workers() override { return workers_; }
    bool may_learn(const Node& node) override;
    void done_learning(const Node& node) override;
    Result<MemoryLease> admit_batch(const Node& node, std::size_t samples, std::size_t bytes) override {
        return memory_.admit_batch(index_of(node), samples, bytes);
    }
    Result<MemoryLease> admit_install(const Node& node) override { return memory_.admit_install(index_of(node)); }
    bool is_base(const Node& node) const override { return memory_.is_base(index_of(node)); }
    MemoryFacts memory(const Node& node) const override {
        return memory_.facts(index_of(node), options_.config.serving.request_samples_max);
    }
    void offer_turns();
    [[nodiscard]] std::size_t index_of(const Node& node) const;

    // host_http.cpp
    void handle_shared(http::Request request, http::Respond respond);
    void handle_own(Node& node, http::Request request, http::Respond respond);
    [[nodiscard]] Node* model_of(const http::Request& request, std::string& name) const;
    [[nodiscard]] std::string names() const;
    [[nodiscard]] std::string metrics();
    [[nodiscard]] std::string status_of(const Node& node) const;

    boost::asio::io_context& loop_;
    HostOptions options_;
    StageWorkers workers_;
    LearnerTurns turns_;
    MemoryWatch memory_;
    std::optional<NodeMetrics> metrics_;
    std::vector<Hosted> hosted_;
    FusionDesk fusion_;
    http::Server server_;
    std::uint16_t port_ = 0;
    std::size_t busy_ = 0;  ///< what stop() waits for
    std::function<void()> stopped_;
    bool stopping_ = false;
};

}  // namespace skerry::node
