#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/message.hpp"
#include "edge-node/api/infer_job.hpp"
#include "edge-node/api/inference_backend.hpp"
#include "edge-node/api/request_id.hpp"
#include "edge-node/api/serving_counters.hpp"
#include "edge-node/api/statistics_document.hpp"
#include "edge-node/serving/snapshot.hpp"
#include "edge-node/serving/stages/serving_engine.hpp"

namespace skerry::node {

/// Whether it is a path that tells of all models of a server: /v2/repository/index or /v2/models/stats.
[[nodiscard]] bool lists_models(std::string_view path);
/// The answer to a request for such a path by a server of these models, in this order.
[[nodiscard]] http::Response listing(const http::Request& request, const std::vector<ModelStatistics>& models);

/// What a page of another origin gets, so that one which a browser on this device happens to show cannot teach it;
/// nothing: the request is none of those.
[[nodiscard]] std::optional<http::Response> refusal_of_page(const http::Request& request);

/// Open Inference Protocol v2 over HTTP, with tensors as JSON or binary, and feedback by request id:
///
///     GET  /v2  /v2/health/live  /v2/health/ready
///     POST /v2/repository/index
///     GET  /v2/models/stats
///     GET  /v2/models/{m}[/versions/{v}]  …/ready  …/config  …/stats
///     POST /v2/models/{m}[/versions/{v}]/infer      infer_request.hpp
///     POST /v2/models/{m}/feedback
///
/// A request id, the client's or ours, joins a sample with its label. It may be used again once the label was sent. One
/// that is used again before means the newest sample from then on: the answer has the parameter "skerry_id_reused":
/// true, the older sample is let go and counted, and the label's result has "reused":true. So ids that count from 1
/// again after a restart of the application work, and no label lands on a sample of the time before.
///
/// Errors are {"error":"…"}: 4xx the request's own, 503 with Retry-After when the queue is full, draining, memory does
/// not suffice, or there are no weights yet or labels can't be kept for want of disk space, 429 with Retry-After when
/// learning is behind. Query strings are ignored, and HEAD is answered as GET. API.md has every parameter. Loop thread
/// only; must not be destroyed before the engine.
/// https://github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md
class InferenceApi {
public:
    using Reply = std::function<void(http::Response)>;

    /// All borrowed.
    InferenceApi(SnapshotSlot& snapshots, ServingEngine& engine, InferenceBackend& backend, const ServingConfig& config,
                 std::string server_version);

    /// For every path below /v2; another path gets 404. `reply` is called once, now or later, on the loop's thread.
    void handle(http::Request request, Reply reply);

    /// What the model says about one sample that is part of a greater question.
    struct Opinion {
        Answer answer;
        feedback::SnapshotVersion version;
        bool would_go_on = false;  ///< by its score a deeper exit would answer, which was not wanted
        /// To be handed to the backend if this is the answer that counts; nothing where it may not be learned from.
        std::optional<feedback::Prediction> prediction{};
    };
    using OnOpinion = std::function<void(Opinion)>;

    /// Asks about the one sample of `request`, whose id is given; `done` as Reply is called. Unavailable: no weights,
    /// no memory or a full queue; `done` is then never called. Counted as a request of its own.
    [[nodiscard]] Result<> ask(InferRequest request, OnOpinion done);
    /// Before any work is put into reading a question of so many bytes, with its parts: the memory for holding it, for
    /// as long as that takes. Each ask() takes what answering needs; now there is room for this model's.
    /// Unavailable: as ask() would say.
    [[nodiscard]] Result<MemoryLease> room_to_ask(std::size_t bytes);
    /// A question was refused because no model had room: counts as a refused request of this one too.
    void turned_away();
    /// An id for a request without one.
    [[nodiscard]] std::string new_id();

    /// For requests that arrive from now on.
    void set_router(std::shared_ptr<const Router> router) { router_ = std::move(router); }
    [[nodiscard]] const ServingCounters& counters() const { return counters_; }

    /// Of the model that is served; nothing while there is none.
    [[nodiscard]] std::optional<ModelStatistics> statistics() const;

private:
    struct Route;
    [[nodiscard]] http::Response server_document(std::string_view path) const;
    [[nodiscard]] http::Response model_document(std::string_view verb, const Snapshot& snapshot) const;
    void handle_model(const http::Request& request, const Route& route, Reply reply);
    void infer(const http::Request& request, std::shared_ptr<const Snapshot> snapshot, Reply reply);
    void count(InferJob& job, StagedRequest::Instant answered);
    [[nodiscard]] http::Response finish(InferJob& job);
    void refuse_busy(const Reply& reply, std::string_view why, StagedRequest::Instant arrived);
    void take_feedback(const http::Request& request, const Snapshot& snapshot, Reply reply);

    SnapshotSlot& snapshots_;
    ServingEngine& engine_;
    InferenceBackend& backend_;
    const ServingConfig config_;
    std::string server_version_;
    std::shared_ptr<const Router> router_ = std::make_shared<const Router>();
    RequestIds ids_;
    ServingCounters counters_;
};

}  // namespace skerry::node
