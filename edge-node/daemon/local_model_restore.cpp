#include <string>
#include <utility>

#include "common/crypto/key_file.hpp"
#include "common/observe/log.hpp"
#include "edge-node/daemon/local_model_disk.hpp"
#include "edge-node/spool/rebase.hpp"

// What a LocalModel finds when it starts.
namespace skerry::node {

namespace log = observe::log;

Result<> LocalModel::restore(const std::filesystem::path& aside) {
    SKERRY_TRY(give_up_damaged_versions());
    auto stored = stores_.labels.checkpoint();
    const bool is_gone = !stored && stored.error().code == ErrorCode::NotFound;
    if (!stored && !is_gone) return tl::unexpected(std::move(stored).error());
    const bool is_there = stored && *stored;
    Result<> read = is_gone ? Result<>(tl::unexpected(stored.error())) : Result<>();
    if (is_there) read = restore_policy(**stored);
    const bool checkpoint_was_read = is_there && read;
    // What the version counts then matters no more, whole or not.
    if (checkpoint_was_read) SKERRY_TRY(finish_committed_install());
    const std::size_t damaged = SKERRY_TRY(stores_.spool.damaged_deltas());
    if (checkpoint_was_read && damaged > 0) read = fail(ErrorCode::NotFound, "the disk has changed what it stands on");
    if (checkpoint_was_read && read && !SKERRY_TRY(stores_.spool.has(checkpoint_.version.global))) {
        read = fail(ErrorCode::NotFound, "it stands on version " + std::to_string(checkpoint_.version.global.value) +
                                             ", and that is neither installed nor about to be");
    }
    if (!read) {
        log::warning("checkpoint_unusable",
                     {{"reason", read.error().message},
                      {"consequence", "learning starts again from the installed version and the updates sent"},
                      {"model", model_->spec.name}});
        SKERRY_TRY(start_again());
        // Else the next start might take the weights that are lost for those of a version that came meanwhile.
        if (policy_) SKERRY_TRY(commit(stores_.labels, with_learner(checkpoint_, *policy_)));
    }
    if (damaged > 0) SKERRY_TRY(let_go_damaged(damaged));
    if (const auto dropped = SKERRY_TRY(give_up_damaged(aside))) {
        // Before an installation that is unfinished, which would have to read it.
        SKERRY_TRY(finish_unfinished({Unfinished::What::Drop, {}, *dropped}, checkpoint_was_read));
    }
    while (const std::optional<Unfinished> unfinished = SKERRY_TRY(stores_.spool.unfinished())) {
        SKERRY_TRY(finish_unfinished(*unfinished, checkpoint_was_read));
    }
    SKERRY_TRY(stores_.spool.release_unused());
    SKERRY_TRY(settle_heads());
    sent_ = SKERRY_TRY(stores_.spool.totals_sent());
    rolled_back_ = SKERRY_TRY(stores_.spool.rolled_back());
    unconsumed_ = SKERRY_TRY(stores_.labels.unconsumed_count());
    alarms_.restore(SKERRY_TRY(stores_.labels.alarms().list(0, kReportedAlarmsMax)).alarms);
    stores_.spool.let_go_weights();
    return {};
}

Result<> LocalModel::restore_policy(ByteView stored) {
    checkpoint_ = SKERRY_TRY(Checkpoint::from_bytes(stored));
    policy_ = SKERRY_TRY(LearningPolicy::restore(engine_, config_, model_->spec, checkpoint_.learner));
    checkpoint_.learner = Bytes();  // megabytes, which clear() would keep, as = {} would
    return {};
}

// What the spool holds was shared and is counted sooner or later: it belongs to the weights, and what it claimed to
// the totals. Only the progress since is lost.
Result<> LocalModel::start_again() {
    Checkpoint fresh;
    fresh.version.global = SKERRY_TRY(stores_.spool.load()).installed;
    // Other weights than before under this global version, so another name where the old one is known.
    if (checkpoint_.version.global == fresh.version.global) fresh.version.local = checkpoint_.version.local + 1;
    fresh.totals = SKERRY_TRY(stores_.spool.totals_sent());
    fresh.totals.error_cursor = 0;
    SKERRY_TRY(stores_.spool.skip_errors(SKERRY_TRY(stores_.labels.errors().judged())));
    fresh.answered = checkpoint_.answered;
    checkpoint_ = std::move(fresh);
    std::vector<float> weights = SKERRY_TRY(stores_.spool.as_sent());
    if (weights.empty()) return {};
    // What is personal stands on no version, and what was seen (examples, detectors) on no weights.
    if (policy_ && policy_->parameters()->size() == weights.size())
        keep_personal(weights, *policy_->parameters(), sharing_);
    return adopt(std::move(weights));
}

// The node goes on serving: on a version before, until the fleet's newest has come again.
Result<> LocalModel::give_up_damaged_versions() {
    while (const auto damaged = SKERRY_TRY(stores_.spool.give_up_damaged_version())) {
        log::error("version_damaged", {{"version", damaged->version},
                                       {"installed", damaged->installed},
                                       {"reason", "the disk has changed its weights"},
                                       {"advice", "check this disk; the version is fetched again"},
                                       {"model", model_->spec.name}});
    }
    return {};
}

// The weights first: a crash in between finds them damaged again. Else what they hold would be taken for new progress.
Result<> LocalModel::let_go_damaged(std::size_t count) {
    log::error("updates_damaged", {{"updates", count},
                                   {"reason", "the disk has changed what this node has sent and the fleet accepted"},
                                   {"advice", "check this disk; the version that counts them brings them back"},
                                   {"model", model_->spec.name}});
    if (policy_) SKERRY_TRY(commit(stores_.labels, with_learner(checkpoint_, *policy_)));
    return stores_.spool.let_go_damaged();
}

// Nobody can say whether the coordinator accepted it while it was whole. So what it held is neither sent again, which
// could count it twice, nor kept in weights that later updates are taken from.
Result<std::optional<Sequence>> LocalModel::give_up_damaged(const std::filesystem::path& aside) {
    const std::optional<DamagedUpdate> update = SKERRY_TRY(stores_.spool.damaged(identity_.verify_key()));
    if (!update) return std::optional<Sequence>();
    const std::filesystem::path file = aside / ("damaged-update-" + std::to_string(update->sequence.value));
    const auto kept = crypto::write_file_durably(
        file, update->bytes, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    log::error("update_damaged",
               {{"sequence", update->sequence},
                {"reason", update->what},
                {"lost", "what this node has learned since version " +
                             std::to_string(checkpoint_.version.global.value) + ", but for updates that were accepted"},
                {"kept_as", kept ? file.string() : kept.error().message},
                {"advice", "check this disk; the node goes on from the version with its next update"},
                {"model", model_->spec.name}});
    SKERRY_TRY(stores_.spool.begin_drop(update->sequence));
    return std::optional(update->sequence);
}

// The step that the checkpoint is of came before the last one of the installation.
Result<> LocalModel::finish_committed_install() {
    const std::optional<Unfinished> unfinished = SKERRY_TRY(stores_.spool.unfinished());
    const bool committed = unfinished && unfinished->what == Unfinished::What::Install &&
                           unfinished->version == checkpoint_.version.global;
    return committed ? finish_unfinished(*unfinished, true) : Result<>();
}

Result<> LocalModel::finish_unfinished(const Unfinished& unfinished, bool checkpoint_was_read) {
    if (unfinished.what == Unfinished::What::RollBack) return finish_interrupted_rollback();
    const bool install = unfinished.what == Unfinished::What::Install;
    // Weights made anew stand on the old base, whatever version the lost checkpoint stood on.
    const bool rebased = install && checkpoint_was_read && checkpoint_.version.global == unfinished.version;
    if (!rebased) {
        const Values weights = policy_ ? Values(*policy_->parameters()) : Values();
        SKERRY_TRY(adopt(install ? SKERRY_TRY(stores_.spool.rebased(weights, sharing_))
                                 : SKERRY_TRY(stores_.spool.last_good(weights, sharing_))));
        checkpoint_.version =
            install ? feedback::SnapshotVersion{unfinished.version, 0}
                    : feedback::SnapshotVersion{checkpoint_.version.global, checkpoint_.version.local + 1};
        SKERRY_TRY(commit(stores_.labels, with_learner(checkpoint_, *policy_)));
    }
    SKERRY_TRY(install ? stores_.spool.finish_install() : finish_drop(stores_, checkpoint_.totals));
    log::info("finished_after_crash", {{"what", install ? "installation" : "drop"}, {"model", model_->spec.name}});
    return {};
}

}  // namespace skerry::node
