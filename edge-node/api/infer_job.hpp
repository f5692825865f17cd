#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "edge-node/api/infer_request.hpp"
#include "edge-node/memory/memory_budget.hpp"
#include "edge-node/serving/stages/staged_request.hpp"
#include "feedback/prediction.hpp"

namespace skerry::node {

/// One infer request between being read and being written out.
struct InferJob final : StagedRequest {
    using OnAnswered = std::function<void(InferJob&)>;

    /// It arrived at `now`, which is `came` on the clock of deadlines.
    InferJob(std::shared_ptr<const Snapshot> weights, std::shared_ptr<const Router> route, InferRequest read,
             TimePoint now, Instant came, OnAnswered done);

    void answered() override { on_answered(*this); }
    /// What its labels are joined with; takes the samples. Empty where nothing may be learned from them.
    [[nodiscard]] std::vector<feedback::Prediction> take_predictions();

    InferRequest request;
    TimePoint at;
    MemoryLease memory;  ///< what answering it may take; given back when it is answered
    Instant checked;     ///< when it had been read and checked
    OnAnswered on_answered;
    bool is_part = false;  ///< of a greater question: who asks decides how deep it goes, not this model's router alone
};

}  // namespace skerry::node
