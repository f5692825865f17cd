#include <utility>

#include "common/base/finite.hpp"
#include "common/observe/log.hpp"
#include "edge-node/daemon/local_model_disk.hpp"

// The operator undoes local learning.
namespace skerry::node {

namespace log = observe::log;

namespace {

std::string count_of(std::uint64_t count, const char* one, const char* many) {
    return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

}  // namespace

std::string rollback_sentence(const RolledBack& done) {
    std::string text = "rolled back to version " + std::to_string(done.version.value) + " by the operator at " +
                       to_text(done.at) + ": " + count_of(done.steps, "step", "steps") + " of local learning undone";
    if (done.withdrawn > 0) text += ", an update that had no receipt withdrawn";
    if (done.accepted > 0) {
        text += "; " + count_of(done.accepted, "update", "updates") +
                " that the fleet has accepted will come back with the version that counts them";
    }
    if (done.own_heads) text += "; its own heads are the version's again";
    return text;
}

void LocalModel::roll_back(std::optional<ModelVersion> to, OnRolledBack done) {
    if (rollback_) {
        return done(fail(ErrorCode::Conflict,
                         "another rollback is not done yet: 'skerry-node status' shows the last one when it is"));
    }
    rollback_ = RollBack{to, std::move(done)};
    if (refusing_rollbacks_ || !disk_trouble_.empty()) return excuse_rollback();
    pump();
}

void LocalModel::refuse_rollbacks() {
    refusing_rollbacks_ = true;
    excuse_rollback();
}

void LocalModel::answer_rollback(const Result<RolledBack>& result) {
    const RollBack order = *std::exchange(rollback_, std::nullopt);
    if (order.done) order.done(result);
}

// Whoever asked is not left waiting for a disk without room, nor for the end of this process.
void LocalModel::excuse_rollback() {
    if (!rollback_) return;
    const bool full = !disk_trouble_.empty();
    if (!rollback_->under_way) {
        return answer_rollback(fail(ErrorCode::Unavailable,
                                    full ? "the disk is full: nothing has been undone; make room, then ask again"
                                         : "this node is stopping: nothing has been undone; ask again when it runs"));
    }
    // What is under way and waits for room has been decided.
    if (full && refusing_rollbacks_ && rollback_->done) {
        std::exchange(rollback_->done, nullptr)(
            fail(ErrorCode::Unavailable,
                 "the disk is full and this node is stopping: local learning is undone when it starts again"));
    }
}

void LocalModel::begin_rollback() {
    const ModelVersion installed = checkpoint_.version.global;
    const std::optional<ModelVersion> to = rollback_->to;
    const auto refuse = [this](ErrorCode code, std::string why) {
        answer_rollback(fail(code, std::move(why)));
        end_work();
    };
    if (!policy_ || installed.value == 0) {
        return refuse(ErrorCode::Conflict,
                      "there is nothing to roll back to: no version of the fleet's model is installed yet");
    }
    if (to && *to != installed) {
        return refuse(ErrorCode::NotFound, "version " + std::to_string(to->value) + " is not kept here: this node " +
                                               "keeps version " + std::to_string(installed.value) +
                                               ", the newest it has verified; 'skerry model list' shows what the "
                                               "coordinator keeps");
    }
    struct Found {
        std::vector<float> weights;
        std::optional<Error> refused;
    };
    auto job = [this, length = policy_->parameters()->size()]() -> Result<Found> {
        stores_.spool.let_go_weights();  // a crash on the way would find those that are on the disk
        auto base = stores_.spool.base();
        if (!base) return Found{{}, std::move(base).error()};  // nothing has been written
        if ((*base)->size() != length || !all_finite(**base)) {
            return Found{{},
                         Error{ErrorCode::Internal,
                               "the version's weights in node.db are damaged: restore the node's folder, or wait for "
                               "the fleet's next version"}};
        }
        // From here on it happens, whatever stops this process. On a full disk only if it is asked for again: whoever
        // asked now may have gone, and have forgotten it, when there is room.
        if (auto decided = stores_.spool.begin_rollback(); !decided) {
            if (!stores_.spool.disk_full()) return tl::unexpected(std::move(decided).error());
            return Found{
                {},
                Error{ErrorCode::Unavailable, "the disk is full: nothing has been undone; make room, then ask again"}};
        }
        return Found{**base, {}};
    };
    on_disk(std::move(job), [this, refuse](Found found) {
        if (found.refused) return refuse(found.refused->code, found.refused->message);
        undo_learning(std::move(found.weights));
        on_disk(
            [this, checkpoint = checkpoint_now()]() -> Result<std::pair<RolledBack, std::shared_ptr<const Snapshot>>> {
                SKERRY_TRY(commit(stores_.labels, with_learner(checkpoint, *policy_)));
                const RolledBack undone = SKERRY_TRY(finish_rollback(stores_, checkpoint.totals));
                return std::pair(undone, SKERRY_TRY(snapshot_of_policy(checkpoint.version)));
            },
            [this](std::pair<RolledBack, std::shared_ptr<const Snapshot>> outcome) {
                sent_ = checkpoint_.totals;
                rolled_back_ = outcome.first;
                publish(std::move(outcome.second));
                waiting_since_.reset();
                log::warning("rolled_back", {{"version", outcome.first.version},
                                             {"steps", outcome.first.steps},
                                             {"updates_withdrawn", outcome.first.withdrawn},
                                             {"text", rollback_sentence(outcome.first)},
                                             {"model", model_->spec.name}});
                listeners_.tell(ProgressUndone{});
                answer_rollback(outcome.first);
                end_work();
            });
    });
}

void LocalModel::undo_learning(std::vector<float> weights) {
    const auto undone = policy_->roll_back(std::move(weights));
    SKERRY_ASSERT(undone.has_value());  // their length and numbers were looked at
    checkpoint_.version.local += 1;     // other weights than before under this global version
    checkpoint_.learning_rate = policy_->learning_rate();
    checkpoint_.reason = "e=1.00: rolled back to version " + std::to_string(checkpoint_.version.global.value) +
                         " by the operator; nothing is learned on it yet";
}

// A crash came between the decision and its end.
Result<> LocalModel::finish_interrupted_rollback() {
    const SharedWeights weights = SKERRY_TRY(stores_.spool.base());
    SKERRY_TRY(adopt(weights));  // also where the checkpoint was lost
    undo_learning(*weights);
    SKERRY_TRY(commit(stores_.labels, with_learner(checkpoint_, *policy_)));
    const RolledBack done = SKERRY_TRY(finish_rollback(stores_, checkpoint_.totals));
    log::warning("rolled_back", {{"text", rollback_sentence(done)}, {"model", model_->spec.name}});
    return {};
}

}  // namespace skerry::node
