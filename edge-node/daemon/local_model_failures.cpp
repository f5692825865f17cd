#include <algorithm>
#include <utility>

#include "common/observe/log.hpp"
#include "edge-node/daemon/local_model_disk.hpp"

// What becomes of a batch that no engine could learn, and of work that finds no room on the disk.
namespace skerry::node {

namespace log = observe::log;

namespace {

/// An engine that failed is asked again after this; the learner process has its own, longer restart delays.
constexpr std::chrono::milliseconds kEngineRetry{1000};
/// A disk that is full is tried again after this.
constexpr std::chrono::milliseconds kDiskRetry{5000};
/// A batch that an engine could not compute so often is given up.
constexpr unsigned kFailuresMax = 3;

}  // namespace

void LocalModel::on_not_learned(const Error& error, const std::vector<feedback::LabelledSample>& batch) {
    if (engine_trouble_ != error.message)
        log::warning("cannot_learn", {{"reason", error.message}, {"model", model_->spec.name}});
    engine_trouble_ = error.message;
    if (finishing_) return end_work();
    // An engine that is away comes back. What one that is there can't compute, it won't the next time either, and the
    // labels behind this batch would wait for ever.
    if (error.code != ErrorCode::Unavailable && ++failures_ >= kFailuresMax) return drop(batch);
    // Orders need not wait for the engine; only the next try does.
    working_ = false;
    if (!orders_.empty()) return pump();
    working_ = true;
    retry_.expires_after(kEngineRetry);
    retry_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code) {
        if (!alive.expired()) end_work();
    });
}

void LocalModel::drop(const std::vector<feedback::LabelledSample>& batch) {
    failures_ = 0;
    labels_dropped_ += batch.size();
    log::error("labels_dropped", {{"labels", batch.size()}, {"reason", engine_trouble_}, {"model", model_->spec.name}});
    std::vector<std::uint64_t> consumed;
    unconsumed_ -= std::min<std::uint64_t>(unconsumed_, batch.size());
    for (const feedback::LabelledSample& sample : batch) {
        consumed.push_back(sample.row);
        checkpoint_.totals.labelled += 1;
        checkpoint_.totals.errors += sample.correct() ? 0 : 1;
    }
    on_disk(
        [this, consumed, checkpoint = checkpoint_now(), settles = unsettled_, committed = false]() mutable -> Result<> {
            // Once, although a full disk repeats all this.
            if (!committed) SKERRY_TRY(commit(stores_.labels, with_learner(checkpoint, *policy_), consumed));
            committed = true;
            return settles ? stores_.spool.finish_install() : Result<>();
        },
        [this] {
            unsettled_ = false;
            end_work();
        });
}

void LocalModel::make_room() {
    stores_.thread.run([&spool = stores_.spool] { return spool.release_unused().has_value(); }, [](bool) {});
}

void LocalModel::wait_for_room(const Error& error, std::function<void()> then) {
    if (disk_trouble_.empty()) {
        log::error("disk_full", {{"reason", error.message},
                                 {"consequence", "it serves; learning and sharing wait"},
                                 {"model", model_->spec.name}});
    }
    disk_trouble_ = error.message;
    excuse_rollback();
    if (finishing_ && then_) return std::exchange(then_, nullptr)();
    make_room();
    room_.expires_after(kDiskRetry);
    room_.async_wait([then = std::move(then), alive = std::weak_ptr<bool>(alive_)](boost::system::error_code failure) {
        if (!failure && !alive.expired()) then();
    });
}

}  // namespace skerry::node
