#pragma once

#include <map>
#include <optional>
#include <string>

#include "common/wire/trial_counts.hpp"
#include "coordinator/ledger/events.hpp"

namespace skerry::coordinator {

/// A version that only its canaries have, until it is published or withdrawn:
///
///     withdrawn   its answers are worse · it answers at deeper exits, and its answers are not better
///                 · two canaries cannot use it
///     published   it is neither, as far as this can be shown · it was compared on enough samples · its time is up
///
/// Everything is shown only if it is shown whichever canary's word is left out, so no canary decides alone.
/// What canaries say replaces what they said before. Not thread-safe.
class Trial {
public:
    explicit Trial(ledger::TrialBegan began) : began_(std::move(began)), deadline_(began_.deadline) {}

    /// After a restart: canaries have a minute to say again what they have seen, and a clock that was set back does not
    /// make the trial last longer than it was to.
    void count_from(TimePoint now);

    /// False: not a canary of this trial, or not its version.
    bool hear(const NodeId& node, const wire::TrialCounts& counts);
    /// Its word counts no more: it was revoked or put into quarantine.
    void forget(const NodeId& node) { heard_.erase(node); }

    struct Verdict {
        ledger::TrialOutcome outcome = ledger::TrialOutcome::Published;
        std::string reason;  ///< for people
    };
    /// Nothing: it goes on.
    [[nodiscard]] std::optional<Verdict> verdict(TimePoint now) const;

    [[nodiscard]] const ledger::TrialBegan& began() const { return began_; }
    [[nodiscard]] bool is_canary(const NodeId& node) const;
    [[nodiscard]] TimePoint deadline() const { return deadline_; }
    /// By canary, of those that have said anything.
    [[nodiscard]] const std::map<NodeId, wire::TrialCounts>& heard() const { return heard_; }
    [[nodiscard]] wire::TrialCounts total() const;

private:
    ledger::TrialBegan began_;
    TimePoint deadline_;
    std::map<NodeId, wire::TrialCounts> heard_;
};

}  // namespace skerry::coordinator
