#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulation/plan.hpp"
#include "tests/simulation/timeline.hpp"

namespace skerry::simulation {

/// A law that a run has broken: the seed replays it.
struct Violation {
    std::string law;   ///< its name in laws.hpp
    std::string what;  ///< what was seen, with the ids
    TimePoint at;
};

/// How much has happened; for the summary.
struct Counters {
    std::uint64_t steps = 0;     ///< tasks of the timeline: after each, every law is checked
    std::uint64_t messages = 0;  ///< sent
    std::uint64_t lost = 0;
    std::uint64_t crashes = 0;
    std::uint64_t rounds = 0;    ///< ended, one way or the other
    std::uint64_t versions = 0;  ///< published by them
    std::uint64_t accepted = 0;  ///< updates
    std::uint64_t refused = 0;
    std::uint64_t alarms = 0;  ///< on record
    std::uint64_t early = 0;   ///< of them, those that made a round an early one
    std::uint64_t quarantines = 0;
    std::uint64_t outliers = 0;   ///< of them, for a norm
    std::uint64_t opponents = 0;  ///< of them, for pulling back
    std::uint64_t struck = 0;     ///< and for strikes
    std::uint64_t held = 0;       ///< updates accepted in quarantine
    std::uint64_t rollbacks = 0;
    std::uint64_t joined = 0;       ///< of them, of some tiers alone
    std::uint64_t trials = 0;       ///< of versions with canaries
    std::uint64_t withdrawn = 0;    ///< of them
    std::uint64_t drafts = 0;       ///< of updates, that a restart found and kept
    std::uint64_t disk_faults = 0;  ///< calls that failed, or in which a process died
    std::uint64_t power_cuts = 0;
    std::uint64_t differences = 0;  ///< that made a version of the one before it
    std::uint64_t unreadable = 0;   ///< versions that were fetched again
    std::uint64_t resumed = 0;      ///< of versions that had arrived in part, or whole, when their node crashed

    Counters& operator+=(const Counters& more);
};

/// What all parts of a simulation share.
class World {
public:
    explicit World(const Plan& plan);

    /// Adds one happening to the hash that names this run, and prints it if the plan says so. Never given ciphertext,
    /// hashes or leases: encapsulation keys are truly random, and two runs of a seed must agree all the same.
    void note(std::string_view who, std::string_view what, std::uint64_t number = 0, std::uint64_t more = 0);
    [[nodiscard]] std::uint64_t trace() const { return trace_; }

    /// Keeps the first; what follows from it is noise.
    void broken(std::string_view law, std::string what);
    [[nodiscard]] const std::optional<Violation>& violation() const { return violation_; }

    Plan plan;
    Dice dice;
    Conditions conditions;
    Timeline time;
    Counters counters;
    bool storm = false;  ///< faults happen

private:
    std::uint64_t trace_ = 0xcbf29ce484222325U;
    std::optional<Violation> violation_;
};

}  // namespace skerry::simulation
