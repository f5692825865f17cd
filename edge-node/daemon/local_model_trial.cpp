#include "common/observe/log.hpp"
#include "edge-node/daemon/local_model.hpp"

// What a canary makes of a version on trial.
namespace skerry::node {

namespace log = observe::log;

void LocalModel::heed(const HeedTrial& order) {
    trial_against_ = order.against;
    if (order.version.value == 0) {
        trial_.reset();
    } else if (!trial_ || trial_->version != order.version) {
        trial_.emplace().version = order.version;
        log::info("on_trial", {{"version", order.version}, {"against", order.against}, {"model", model_->spec.name}});
    }
}

// On the storage thread.
Result<std::shared_ptr<const Rivals>> LocalModel::rivals(ModelVersion against, ModelVersion on_trial) {
    if (against.value == 0) return std::shared_ptr<const Rivals>();
    Rivals both{SKERRY_TRY(stores_.spool.kept(against)), SKERRY_TRY(stores_.spool.kept(on_trial))};
    if (both.before.empty() || both.before.size() != both.after.size()) return std::shared_ptr<const Rivals>();
    return std::make_shared<const Rivals>(std::move(both));
}

// Labels that were learned are asked once; those of a step that failed are asked again, with the step.
void LocalModel::note_trial(const std::optional<wire::TrialCounts>& counts) {
    if (!counts || !trial_ || trial_->version != checkpoint_.version.global) return;
    *trial_ += *counts;
    listeners_.tell(TrialMeasured{});
}

}  // namespace skerry::node
