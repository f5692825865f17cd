#include "coordinator/round/retention.hpp"

#include <utility>

namespace skerry::coordinator {

void Retention::apply(const ledger::UpdateAccepted& event) {
    waiting_[event.update] = event.bytes;
}

void Retention::apply(const ledger::UpdateSetAside& event) {
    waiting_.erase(event.update);
}

void Retention::apply(const ledger::RoundFrozen& event) {
    frozen_ = {};
    for (const UpdateId& update : event.set) {
        const auto found = waiting_.find(update);
        if (found == waiting_.end()) continue;
        ++frozen_.updates;
        frozen_.bytes += found->second;
        waiting_.erase(found);
    }
}

void Retention::apply(const ledger::VersionPublished& event) {
    if (event.round.value == 0) return;
    rounds_[event.version] = event.round;
    kept_[event.round] = std::exchange(frozen_, {});
    bytes_ += kept_[event.round].bytes;
}

void Retention::apply(const ledger::VersionDropped& event) {
    const auto round = rounds_.find(event.version);
    if (round == rounds_.end()) return;
    forget(round->second);
    rounds_.erase(round);
}

void Retention::apply(const ledger::UpdatesErased& event) {
    forget(event.round);
}

void Retention::forget(RoundId round) {
    const auto gone = kept_.find(round);
    if (gone == kept_.end()) return;
    bytes_ -= gone->second.bytes;
    kept_.erase(gone);
}

std::optional<ledger::UpdatesErased> Retention::due(const RetentionPolicy& policy, TimePoint at) const {
    const bool rounds = kept_.size() > policy.rounds_verifiable;
    if (!rounds && bytes_ <= policy.updates_kept) return std::nullopt;
    const auto& [round, kept] = *kept_.begin();
    return ledger::UpdatesErased{
        at, round, kept.updates, kept.bytes,
        rounds ? ledger::RetentionLimit::RoundsVerifiable : ledger::RetentionLimit::UpdatesKept};
}

}  // namespace skerry::coordinator
