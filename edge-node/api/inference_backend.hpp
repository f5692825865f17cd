#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/api/feedback_request.hpp"
#include "edge-node/api/infer_job.hpp"
#include "edge-node/memory/memory_budget.hpp"
#include "feedback/prediction.hpp"

namespace skerry::node {

/// What the inference API needs of the daemon beyond weights and threads. All calls on the loop's thread.
class InferenceBackend {
public:
    virtual ~InferenceBackend() = default;

    /// A request was answered, `time` after its arrival. Its samples are there until this returns.
    virtual void on_answered(const InferJob& /*job*/, std::chrono::nanoseconds /*time*/) {}

    /// Samples that were answered and may be learned from, just before their answer leaves, so that feedback cannot
    /// overtake it. `order` is 0: the backend counts. True: one of their ids waited for its label already; that older
    /// sample is let go, and the client is told so.
    virtual bool on_predictions(std::vector<feedback::Prediction> predictions) = 0;

    /// The memory for answering so many samples that hold `bytes` while they wait, or, of none, for holding the bytes;
    /// the job keeps it until it is answered. Unavailable: there is none now; the client gets 503 with the sentence.
    [[nodiscard]] virtual Result<MemoryLease> admit(std::size_t samples, std::size_t bytes) {
        static_cast<void>(samples);
        static_cast<void>(bytes);
        return MemoryLease();
    }

    /// The deepest exit that may answer now, where the device is short of memory.
    [[nodiscard]] virtual Tier deepest() const { return Tier::Heavy; }

    /// Why no label is taken now although nothing is wrong: learning is behind. The client gets 429 with it; nothing:
    /// labels are welcome.
    [[nodiscard]] virtual std::optional<std::string> behind() = 0;

    /// One verdict a label, in their order, once those accepted are durable. Unavailable: they could not be kept now;
    /// the client gets 503. Another error: 500.
    using OnVerdicts = std::function<void(Result<std::vector<feedback::LabelVerdict>>)>;
    virtual void on_feedback(std::vector<FeedbackLabel> labels, OnVerdicts done) = 0;
};

}  // namespace skerry::node
