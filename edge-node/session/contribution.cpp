#include <algorithm>
#include <utility>

#include "common/base/limits.hpp"
#include "edge-node/session/session.hpp"

namespace skerry::node {

using Level = Notice::Level;
using std::chrono::milliseconds;

namespace {

/// "Nothing waits for ever": also not because the coordinator says so.
constexpr milliseconds kLeaseWaitMax{600'000};

enum class Consequence { PutBack, PutBackLoudly, Drop };

Consequence consequence_of(wire::RefusalCode code) {
    using Code = wire::RefusalCode;
    switch (code) {
        case Code::Stale:
        case Code::Unleased:
        case Code::NotYourTurn:
        case Code::Oversized:
            return Consequence::PutBack;
        case Code::Malformed:
        case Code::Unsigned:
        case Code::Undecryptable:
        case Code::Replayed:
            return Consequence::PutBackLoudly;
        case Code::NonFinite:
        case Code::OutOfBounds:
        case Code::Norm:
        case Code::Misshapen:
            return Consequence::Drop;
    }
    return Consequence::PutBackLoudly;
}

std::string update_text(Sequence sequence) {
    return "update " + std::to_string(sequence.value);
}

}  // namespace

SpooledUpdate* Session::offered() {
    return spool_.empty() || spool_.back().accepted ? nullptr : &spool_.back();
}
const SpooledUpdate* Session::offered() const {
    return const_cast<Session*>(this)->offered();
}

// An early round gathers what there is.
std::uint32_t Session::steps_wanted() const {
    return installed_ < hurries_until_ ? std::min(steps_per_update_, 1U) : steps_per_update_;
}

bool Session::wants_lease() const {
    // Not while a newer version is on its way: the update would be stale before it is sealed.
    return !config_.alone && installed_.value > 0 && steps_per_update_ > 0 && steps_ >= steps_wanted() &&
           offered() == nullptr && !taking_ && !installing_ && !download_ && !newest_;
}

bool Session::sharing() const {
    if (!connected_ || !welcomed_ || silent() || steps_per_update_ == 0 || installed_.value == 0) return false;
    return steps_ >= steps_wanted() || taking_ || installing_ || download_ || newest_ || !spool_.empty();
}

void Session::wait_with_lease(TimePoint until, std::string why) {
    lease_not_before_ = until;
    lease_.close();
    lease_waits_for_ = std::move(why);
}

void Session::on(const StepLearned&, TimePoint now) {
    ++steps_;
    report_soon(now);
}

void Session::on(const DriftSeen&, TimePoint now) {
    report_soon(now);
}

void Session::on(const TrialMeasured&, TimePoint now) {
    report_soon(now);
}

void Session::report_soon(TimePoint now) {
    report_due_ = std::min(report_due_, std::max(now, reported_ + milliseconds(1000)));
}

void Session::hear(const wire::LeaseGrant& grant, TimePoint now) {
    if (!lease_.is_open() || !wants_lease()) return;
    const auto lease = wire::open_lease(grant.lease, keys_.signing);
    if (!lease) return notice(Level::Error, "untrusted_lease", lease.error().message);
    const bool spent = std::any_of(spool_.begin(), spool_.end(),
                                   [&](const SpooledUpdate& update) { return update.lease == lease->id; });
    // A grant that was late or repeated answers an older question.
    if (spent || lease->base != installed_ || lease->tier != certificate_.tier) return;
    if (lease->federation != keys_.federation || lease->node != certificate_.node || lease->model != config_.model) {
        return notice(Level::Error, "untrusted_lease", "the lease granted is not for this node and model");
    }
    lease_.close();
    lease_not_before_ = now;
    taking_ = std::exchange(next_sequence_, next_sequence_.next());
    steps_ = 0;
    order(TakeUpdate{*taking_, *lease, grant.lease, keys_.seal, delta_});
}

void Session::hear(const wire::LeaseDenied& denied, TimePoint now) {
    if (!lease_.is_open()) return;
    using Reason = wire::LeaseDenied::Reason;
    const auto pause = std::clamp(denied.retry_after, config_.backoff.first, kLeaseWaitMax);
    const TimePoint again = now + jitter_.around(pause);
    switch (denied.reason) {
        case Reason::Wait:
            return wait_with_lease(
                again, denied.text.empty() ? "an update of this node waits in the open round" : denied.text);
        case Reason::StaleBase:
            hello_.open(now + jitter_.around(config_.backoff.first));
            return wait_with_lease(again, "the newest version must be installed first");
        case Reason::TierTooHigh:
            hello_.open(now + jitter_.around(config_.backoff.first));
            return wait_with_lease(again, "the coordinator allows this node a smaller tier only: join again");
    }
}

void Session::on(const UpdateSpooled& event, TimePoint now) {
    if (!taking_ || *taking_ != event.update.sequence) return;
    taking_.reset();
    spool_.push_back(event.update);
    offer_.open(now);
    if (installing_) order_install();
}

void Session::on(const NothingTaken& event, TimePoint) {
    if (!taking_ || *taking_ != event.sequence) return;
    taking_.reset();
    if (installing_) order_install();
}

void Session::on(const ProgressUndone&, TimePoint now) {
    steps_ = 0;
    lease_.close();
    report_due_ = now;
    if (offered() == nullptr) return;
    last_fate_ = update_text(offered()->sequence) + " withdrawn: the operator has rolled this node back";
    spool_.pop_back();
    offer_.close();
}

void Session::hear(const wire::PullUpdate& pull, TimePoint now) {
    const SpooledUpdate* update = offered();
    if (update == nullptr || update->sequence != pull.sequence) return;
    const std::uint64_t chunks = (update->sealed_bytes + limits::kChunkBytes - 1) / limits::kChunkBytes;
    if (pull.count == 0 || pull.count > limits::kChunkCredit || pull.first >= chunks) return;
    // The coordinator is at it: the offer is repeated only if it falls silent.
    offer_.open(now + jitter_.around(2 * config_.backoff.first));
    const auto count = static_cast<std::uint32_t>(std::min<std::uint64_t>(pull.count, chunks - pull.first));
    order(SendUpdateChunks{pull.sequence, pull.first, count});
}

void Session::hear(const wire::Receipt& receipt, TimePoint) {
    SpooledUpdate* update = offered();
    if (update == nullptr || update->sequence != receipt.sequence) return;
    const auto body = wire::open_receipt(receipt.receipt, keys_.signing);
    if (!body) return notice(Level::Error, "untrusted_receipt", body.error().message);
    if (body->federation != keys_.federation || body->update != UpdateId{certificate_.node, update->sequence} ||
        body->lease != update->lease || body->content != update->content) {
        return notice(Level::Error, "untrusted_receipt",
                      "the receipt for " + update_text(update->sequence) + " is not for the bytes that were sent");
    }
    update->accepted = true;
    offer_.close();
    refusals_in_row_ = 0;
    last_fate_ = update_text(update->sequence) + " accepted, weight " + std::to_string(body->weight);
    order(KeepReceipt{update->sequence, receipt.receipt, *body});
}

void Session::hear(const wire::Refusal& refusal, TimePoint now) {
    const SpooledUpdate* update = offered();
    if (update != nullptr && refusal.sequence == Sequence{}) {
        // It could not even read whose update was offered: what is on our disk is checked at the next start.
        const std::string fate = update_text(update->sequence) + " can't be read by the coordinator: " + refusal.text;
        if (last_fate_ == fate) return;
        last_fate_ = fate;
        return notice(Level::Error, "update_unreadable",
                      fate + ". Restart this node: it then checks what it has stored, and gives up what is damaged");
    }
    if (update == nullptr || update->sequence != refusal.sequence) return;
    const Consequence consequence = consequence_of(refusal.code);
    const std::string name(wire::name_of(refusal.code));
    last_fate_ = update_text(refusal.sequence) + " refused: " + name + ": " + refusal.text;
    notice(consequence == Consequence::PutBack ? Level::Info : Level::Error, "update_refused", last_fate_);
    spool_.pop_back();
    offer_.close();
    // Grows while nothing is accepted: an update that can't succeed must not circle at full speed.
    const auto pause = config_.backoff.first * (std::int64_t{1} << std::min(refusals_in_row_++, 20U));
    wait_with_lease(now + jitter_.around(std::min<milliseconds>(pause, config_.backoff.longest)),
                    "the last update was refused: " + name);
    hello_.open(now);  // what we hold may be old: keys, certificate or version
    if (consequence == Consequence::Drop) {
        steps_ = 0;
        return order(DropProgress{refusal.sequence});
    }
    steps_ = std::max<std::uint64_t>(steps_, steps_per_update_);
    order(PutBack{refusal.sequence});
}

}  // namespace skerry::node
