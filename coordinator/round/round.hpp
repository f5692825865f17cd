#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/limits.hpp"
#include "coordinator/ledger/events.hpp"

namespace skerry::coordinator {

/// When a round closes, and who contributes to it.
struct RoundPolicy {
    /// So many updates close the round at once.
    std::uint64_t goal = 3;
    /// With fewer than this at the deadline the round is abandoned. Also the smallest crowd whose mean is published:
    /// raising it strengthens privacy, lowering it helps small fleets.
    std::uint64_t quorum = 2;
    /// From the first accepted update. A slower node is not lost: its update waits for the next round.
    std::chrono::milliseconds deadline{300'000};
    /// 0: asynchronous, whoever comes counts, weighted by age. At least 1: synchronous, goal · overcommit nodes are
    /// drawn for each round and only they contribute, of which the first `goal` count; what stands on an older version
    /// is refused, and stays progress of its node.
    double overcommit = 0;

    /// What becomes of the set, and of what that gives. Updates longer than half of the others are shortened before
    /// they are averaged: a few hostile nodes then move the mean no farther than as many honest ones
    /// (docs/robustness.md).
    ledger::Recipe recipe{"norm_bound, mean", "none"};

    /// An alarm of a node that its errors rise makes the round that gathers an early one: it closes as soon as its
    /// quorum is there, nodes contribute after each step of learning, and audit more for `early_interval`.
    bool early_on_drift = true;
    /// At least so long between two alarms that do so, whoever raises them.
    std::chrono::milliseconds early_interval{300'000};

    [[nodiscard]] bool synchronous() const { return overcommit > 0; }
    /// Versions that an update's base may be behind.
    [[nodiscard]] std::uint64_t behind_max() const { return synchronous() ? 0 : limits::kStalenessMax; }
    /// Nodes that are invited to a round that is synchronous.
    [[nodiscard]] std::size_t cohort() const;

    /// Everything wrong with these values, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
};

/// One training round, from its opening to a published mean or an explained abandonment.
///
///     Open ──goal, or time up with quorum──▶ Frozen ──summed──▶ Published
///       └──────time up without quorum──────▶ Abandoned
///
/// Decides nothing by itself: due() says what the time and the pool demand, the transitions record that it happened.
/// Not thread-safe.
class Round {
public:
    explicit Round(const ledger::RoundOpened& opened);

    enum class Due {
        Nothing,
        Freeze,
        Abandon,
    };
    /// What an open round with `waiting` updates in the pool must do now; Nothing in every other phase.
    [[nodiscard]] Due due(std::uint64_t waiting, TimePoint now) const;

    /// After a restart with a clock that is behind the one that opened this round: it has all of its time again, from
    /// now. Else it would wait for a moment that may be years away.
    void count_from(TimePoint now);

    /// An early round: its quorum is its goal from now on.
    void hurry() { goal_ = quorum_; }

    /// Open → Frozen. Asserts the phase, as the other transitions do: the ledger holds no such sequence of events.
    void freeze(ModelVersion parent, std::vector<UpdateId> set, const Digest& seed);
    /// Frozen → Published.
    void publish(ModelVersion version);
    /// Open → Abandoned.
    void abandon();

    [[nodiscard]] RoundId id() const { return id_; }
    [[nodiscard]] bool open() const { return std::holds_alternative<Open>(phase_); }
    [[nodiscard]] bool over() const {
        return std::holds_alternative<Published>(phase_) || std::holds_alternative<Abandoned>(phase_);
    }
    /// When an open round closes at the latest.
    [[nodiscard]] TimePoint deadline() const { return deadline_; }
    [[nodiscard]] std::uint64_t goal() const { return goal_; }
    [[nodiscard]] std::uint64_t quorum() const { return quorum_; }
    [[nodiscard]] TimePoint opened() const { return opened_; }
    [[nodiscard]] const ledger::Recipe& recipe() const { return recipe_; }
    /// That its rule takes at once.
    [[nodiscard]] std::size_t updates_max() const;

    // Each phase holds exactly what is true while it lasts.
    struct Open {};
    struct Frozen {
        ModelVersion parent;
        std::vector<UpdateId> set;  ///< sorted: the mean is a function of it
        Digest seed{};
    };
    struct Published {
        ModelVersion version;
    };
    struct Abandoned {};
    /// Null unless frozen.
    [[nodiscard]] const Frozen* frozen() const { return std::get_if<Frozen>(&phase_); }

private:
    RoundId id_;
    std::uint64_t goal_;
    std::uint64_t quorum_;
    TimePoint opened_;
    TimePoint deadline_;
    ledger::Recipe recipe_;
    std::variant<Open, Frozen, Published, Abandoned> phase_;
};

}  // namespace skerry::coordinator
