#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/ids.hpp"
#include "coordinator/federation.hpp"
#include "tests/simulation/dice.hpp"

namespace skerry::simulation {

/// A bug put into the simulated shells on purpose, to see that a law notices. The product's code never has one.
enum class Mutation {
    None,
    AckBeforeCommit,      ///< the receipt leaves before its append
    LedgerBeforeBlob,     ///< the append comes before the bytes
    NeverSyncs,           ///< the journal's disk lies about its flushes: a crash forgets what was appended
    NoDedup,              ///< a restarted coordinator has forgotten the sequences and leases that versions have counted
    ForgetsFrozenRound,   ///< a restarted coordinator does not resume()
    SumsShort,            ///< one update of the frozen set is left out of the sum
    ErasesHeldWeights,    ///< an erasure takes the newest version's weights
    NodeForgetsSpool,     ///< a restarted node has no spool
    NodeForgetsProgress,  ///< installing a version throws away what no update holds yet
    NodeReappliesCounted,   ///< installing a version keeps the updates that it counts
    NodeSpoilsVersion,      ///< a version is stored with one wrong value
    CountsRevoked,          ///< what a node had sent still counts after it was revoked
    ForgetsErrors,          ///< what an update says of its errors is not written down
    ForgetsAlarms,          ///< a restarted coordinator does not know which alarms its journal has
    ErasesNewestUpdates,    ///< an erasure takes the updates of the newest frozen set
    ForgetsErasures,        ///< a restarted coordinator does not look for what it may not have erased
    ForgetsTrials,          ///< a restarted coordinator does not know that a version is on trial
    CountsHeld,             ///< a quarantine is not written down, so that what is held counts
    JournalUnflushed,       ///< the journal is opened with synchronous=OFF
    AppendsByHalves,        ///< an append is two transactions
    IgnoresFailedAppend,    ///< a process goes on although its append has failed
    UpdatesInMemory,        ///< the store says that an update is durable, and has it in memory
    SumsInMemory,           ///< the same with the weights that a round has made
    RollbackLosesPin,       ///< a rollback that pins does not write the pin down
    SpoolNeverSyncs,        ///< a node's disk lies about its flushes
    SpoolLeavesUnfinished,  ///< a restarted node does not end what its spool has begun
};
/// "ack-before-commit"
[[nodiscard]] std::string_view name_of(Mutation mutation);
/// InvalidInput: another word; the message lists those that exist.
[[nodiscard]] Result<Mutation> mutation_named(std::string_view name);

/// Which faults a run may have. Each seed then draws which of these it does have, and how hard: a mix of everything
/// always hides what one fault alone would show ("swarm testing", Groce et al. 2012).
struct Faults {
    bool loss = true;     ///< messages vanish, up to 30 %
    bool repeat = true;   ///< messages arrive twice
    bool reorder = true;  ///< messages overtake each other, by seconds
    bool cut = true;      ///< links are down for a while, in one direction or both
    bool crash = true;    ///< processes die between any two steps; each at least once
    bool disk = true;     ///< the coordinator's disk: reads, writes and syncs fail, there is no room, processes die
                          ///< in the middle of a transaction, the power goes and takes along what is not synced
    bool clock = true;    ///< nodes have no idea what time it is, and the coordinator may start with a wrong one
    bool unfit = true;    ///< learners go wild and nodes forget to clip, so that updates are refused for their norm;
                          ///< versions fail self-tests
    bool operate = true;  ///< the operator revokes a node, rolls versions back, pins them, and restarts the coordinator
                          ///< with another policy

    bool spool = true;       ///< nodes' disks fail, too: in some seeds their spools are the real ones
    bool quarantine = true;  ///< the operator puts nodes into quarantine, and releases them

    [[nodiscard]] static Faults none();
    /// "all", "none", or names separated by commas. InvalidInput: another word; the message lists those that exist.
    [[nodiscard]] static Result<Faults> parse(std::string_view text);
    /// These, less one, for each that there is.
    [[nodiscard]] std::vector<Faults> each_with_one_less() const;
};
/// What parse() reads.
[[nodiscard]] std::string to_text(const Faults& faults);

struct Plan {
    std::uint64_t seed = 0;
    std::size_t nodes = 0;   ///< 0: three to five, drawn
    std::size_t rounds = 3;  ///< versions that must be published, faults or not
    Faults faults;
    Mutation mutation = Mutation::None;
    std::array<std::uint64_t, kTiers> values{12, 24, 40};  ///< of each tier's prefix
    bool print = false;                                    ///< each step, to standard output
};

/// A fleet with more nodes than this joins at the pace that a coordinator allows, is switched on together, and its
/// rounds are synchronous.
inline constexpr std::size_t kLargeFleet = 100;

/// What a seed has drawn.
struct Conditions {
    std::size_t nodes = 3;
    std::vector<Tier> tiers;
    coordinator::Policy policy;

    double loss = 0;
    double repeat = 0;
    bool reorder = false;
    std::chrono::milliseconds delay_max{50};
    std::chrono::milliseconds late_max{0};   ///< of a message that is overtaken, or of a copy
    std::chrono::milliseconds cut_every{0};  ///< 0: never
    std::chrono::milliseconds cut_max{0};
    bool crash = false;        ///< again and again; where crashes are allowed at all, once is certain
    double crash_at_disk = 0;  ///< beside a durable step
    std::chrono::milliseconds down_max{0};
    double disk_fails = 0;
    bool real_spools = false;
    double spool_fails = 0;
    bool clocks_wrong = false;
    bool joins_late = false;  ///< the last node joins in the storm
    double unfit = 0;
    bool policy_changes = false;
    bool revokes = false;
    bool quarantines = false;
    bool rolls_back = false;
    bool trials = false;    ///< versions go to canaries first
    bool groups = false;    ///< the coordinator's shell commits in groups: its core runs ahead of its disk
    bool drifts = false;    ///< learners raise alarms now and then
    bool pendulum = false;  ///< learners go to and fro, so that versions come back to earlier weights
    std::chrono::milliseconds step_every{5000};  ///< learning steps of a node
    std::chrono::milliseconds action_max{5};     ///< how long a process may take for one action
    std::chrono::milliseconds work_max{0};       ///< how long examining and summing take
};

[[nodiscard]] coordinator::Policy draw_policy(const Plan& plan, std::size_t nodes, Dice& dice);
[[nodiscard]] coordinator::ReleasePolicy draw_release(std::uint64_t seed);
/// One line for people: what makes this seed differ from the others.
[[nodiscard]] std::string to_text(const Conditions& conditions);
[[nodiscard]] Conditions draw(const Plan& plan, Dice& dice);

}  // namespace skerry::simulation
