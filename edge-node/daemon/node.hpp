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
#include "edge-node/daemon/learning_thread.hpp"
#include "edge-node/daemon/local_model.hpp"
#include "edge-node/daemon/node_keys.hpp"
#include "edge-node/daemon/route_keeper.hpp"
#include "edge-node/daemon/status.hpp"
#include "edge-node/memory/memory_facts.hpp"
#include "edge-node/memory/task_need.hpp"
#include "edge-node/serving/executors/serving_executors.hpp"
#include "edge-node/serving/stages/stage_workers.hpp"

namespace skerry::node {

struct NodeOptions {
    std::filesystem::path dir;
    NodeConfig config;
    /// Takes its first version, then neither contributes nor installs another: the control group of a trial.
    bool alone = false;
    /// What learns, on the learning thread's loop; by default the child process skerry-learner. Tests bring their own.
    std::function<std::unique_ptr<LearningEngine>(boost::asio::io_context&, const parameters::ModelSpec&)>
        make_engine{};
};

class Node;

/// What the nodes of one process share, as one of them sees it. Loop thread only.
class NodeHost {
public:
    virtual ~NodeHost() = default;

    /// The threads that answer, for all models.
    [[nodiscard]] virtual StageWorkers& workers() = 0;
    /// Its learner may run from now until done_learning. After a no, the node hears consider_learning().
    virtual bool may_learn(const Node& node) = 0;
    virtual void done_learning(const Node& node) = 0;

    /// As MemoryWatch, for this node.
    virtual Result<MemoryLease> admit_batch(const Node& node, std::size_t samples, std::size_t bytes) = 0;
    virtual Result<MemoryLease> admit_install(const Node& node) = 0;
    [[nodiscard]] virtual bool is_base(const Node& node) const = 0;
    [[nodiscard]] virtual MemoryFacts memory(const Node& node) const = 0;
};

/// One folder at work: its model is served, learns and is shared, all from the process's loop thread beside this
/// node's storage and learning threads and the serving workers. Everything local goes on while the coordinator is away.
/// It listens to nobody: a Host brings it the requests.
class Node final : public InferenceBackend {
public:
    /// Reads everything durable back and finishes what a crash interrupted; blocks. `host` outlives the node.
    /// NotFound: the folder has not joined. Conflict: another process runs in it. Else as its stores.
    [[nodiscard]] static Result<std::unique_ptr<Node>> open(boost::asio::io_context& loop, NodeOptions options,
                                                            NodeHost& host);
    ~Node() override;

    /// Publishes what it has and dials the coordinator. Errors: as FleetLink::start.
    [[nodiscard]] Result<> start();

    /// Answers what host.hpp lists as a model's own.
    void handle(http::Request request, http::Respond respond);
    /// What it waited for, its learner's turn or memory, may have come.
    void consider_learning() { local_.consider(); }
    /// Its learner gives back its memory, whatever it does.
    void rest_learner();
    [[nodiscard]] std::optional<pid_t> learner() const;
    /// What its tasks take, by the sizes of their tensors.
    [[nodiscard]] TensorAccount tensors() const;

    /// Before the last requests are waited for: none of them waits for a rollback that can't go on.
    void refuse_rollbacks() { local_.refuse_rollbacks(); }
    /// Ends once nothing is under way that would be lost: what is durable stays so; then calls `done` from the loop.
    /// After the last request was answered.
    void stop(std::function<void()> done);

    [[nodiscard]] const std::string& model() const;
    [[nodiscard]] const std::filesystem::path& dir() const { return options_.dir; }
    [[nodiscard]] const parameters::ModelSpec& spec() const;
    [[nodiscard]] bool ready() const { return snapshots_.current() != nullptr; }
    [[nodiscard]] std::string serving_version() const;  ///< "7.3"; empty while there are no weights

    // Its part in a question that several models answer (fusion_desk.hpp).
    [[nodiscard]] Result<> ask(InferRequest request, InferenceApi::OnOpinion done) {
        return api_.ask(std::move(request), std::move(done));
    }
    [[nodiscard]] Result<MemoryLease> room_to_ask(std::size_t bytes) { return api_.room_to_ask(bytes); }
    void turned_away() { api_.turned_away(); }
    [[nodiscard]] std::string new_request_id() { return api_.new_id(); }
    /// The prediction of an opinion that counts. True: its id waited for a label already.
    bool record(feedback::Prediction prediction);
    [[nodiscard]] std::optional<std::string> labels_wait() { return behind(); }
    void tell(std::vector<FeedbackLabel> labels, OnVerdicts done) { on_feedback(std::move(labels), std::move(done)); }
    [[nodiscard]] NodeFacts facts() const;
    /// Of the model that is served; nothing while there are no weights.
    [[nodiscard]] std::optional<ModelStatistics> statistics() const { return api_.statistics(); }

private:
    struct Durable;
    Node(boost::asio::io_context& loop, NodeOptions options, NodeHost& host, std::unique_ptr<Durable> durable);

    // node_session.cpp
    [[nodiscard]] Result<> make_link();
    void perform(Action action);
    void send_report();
    void heed_drift(const HeedDrift& order);
    void on_alarm(const DriftAlarm& alarm);
    void send_chunks(const SendUpdateChunks& order);
    void note(const Notice& notice);

    // node_http.cpp
    void show_errors(const http::Request& request, http::Respond respond);
    void show_alarms(const http::Request& request, http::Respond respond);
    void export_model(const http::Request& request, http::Respond respond);
    void roll_back(const http::Request& request, http::Respond respond);  // node_rollback.cpp
    void warn_of_clamped();

    void on_answered(const InferJob& job, std::chrono::nanoseconds time) override;
    bool on_predictions(std::vector<feedback::Prediction> predictions) override;
    Result<MemoryLease> admit(std::size_t samples, std::size_t bytes) override {
        return host_.admit_batch(*this, samples, bytes);
    }
    Tier deepest() const override { return host_.is_base(*this) ? Tier::Light : Tier::Heavy; }
    std::optional<std::string> behind() override;
    void on_feedback(std::vector<FeedbackLabel> labels, OnVerdicts done) override;
    void expire_predictions();
    void publish(std::shared_ptr<const Snapshot> snapshot);
    void on_learned(const LearningReport& report);

    boost::asio::io_context& loop_;
    NodeOptions options_;
    NodeHost& host_;
    std::unique_ptr<Durable> durable_;  ///< stores, keys, identity
    CalibrationRows int8_rows_;  ///< null: 8-bit integers are not wanted, or there is nothing to calibrate them on
    ServingExecutors executors_;
    SnapshotSlot snapshots_;
    InferenceApi api_;
    ServingEngine serving_;  ///< after api_, which its requests use until they are gone
    RouteKeeper routes_;     ///< before serving_ goes, whose idle time it uses
    StorageThread storage_;
    LearningThread thinking_;
    std::unique_ptr<LearningEngine> engine_;  ///< used on thinking_ alone
    LocalModel local_;
    LabelIntake intake_;
    std::uint64_t next_order_ = 1;
    boost::asio::steady_timer expiry_;
    std::optional<FleetLink> link_;
    TimePoint fleet_drifts_until_{};
    bool warned_of_clamped_ = false;
    bool stopping_ = false;
};

}  // namespace skerry::node
