#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/wire/audit_counts.hpp"
#include "edge-node/api/infer_job.hpp"
#include "edge-node/learning/learning_report.hpp"
#include "edge-node/router/router_tuner.hpp"

namespace skerry::node {

/// Reads all exits of `sample` at `snapshot` in idle time and gives their logits to `done`, on the loop. False: there
/// is no idle time now, and nothing was taken; `done` may also never be called, when the process ends.
using AuditReader = std::function<bool(std::shared_ptr<const Snapshot> snapshot, Bytes sample,
                                       std::function<void(RouterTuner::Logits)> done)>;

/// The shell of a RouterTuner: tells it what was answered, learned and installed, has chosen samples audited, and
/// hands out new routers, at most a few a second. Loop thread only.
class RouteKeeper {
public:
    using Publish = std::function<void(std::shared_ptr<const Router>)>;

    /// Publishes its first router at once.
    RouteKeeper(boost::asio::io_context& loop, const RouterConfig& config, const parameters::ModelSpec& spec,
                std::uint64_t seed, AuditReader reader, Publish publish);

    /// While the job's samples are there.
    void on_answered(const InferJob& job, std::chrono::nanoseconds time);
    void on_labelled(const LabelledLogits& readings);
    /// The weights that requests read from now on.
    void on_snapshot(const Snapshot& snapshot);
    void on_fleet(const wire::AuditCounts& fleet);
    /// The fleet is in drift for so long from now: more audits until then.
    void on_drift(std::chrono::milliseconds lasts);

    /// The newest; never null.
    [[nodiscard]] std::shared_ptr<const Router> router() const { return published_; }
    /// This node's audits, for the fleet; empty: it has none.
    [[nodiscard]] wire::AuditCounts audits() const;
    [[nodiscard]] const RouterTuner& tuner() const { return tuner_; }

private:
    void audit(const InferJob& job, std::size_t row, double weight);
    void publish_soon();
    void publish_now();

    RouterTuner tuner_;
    AuditReader reader_;
    Publish publish_;
    std::shared_ptr<const Router> published_;
    std::optional<ModelVersion> version_;
    boost::asio::steady_timer pause_;
    boost::asio::steady_timer drift_;
    bool pausing_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace skerry::node
