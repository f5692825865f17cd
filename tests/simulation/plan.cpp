#include "tests/simulation/plan.hpp"

#include <algorithm>
#include <utility>

#include "aggregation/rules/rule_spec.hpp"

namespace skerry::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::pair<std::string_view, bool Faults::*>, 11> kFaults = {{
    {"loss", &Faults::loss},
    {"repeat", &Faults::repeat},
    {"reorder", &Faults::reorder},
    {"cut", &Faults::cut},
    {"crash", &Faults::crash},
    {"disk", &Faults::disk},
    {"clock", &Faults::clock},
    {"unfit", &Faults::unfit},
    {"operate", &Faults::operate},
    {"quarantine", &Faults::quarantine},
    {"spool", &Faults::spool},
}};

// In the order of the enumeration.
constexpr std::array<std::string_view, 27> kMutations = {"none",
                                                         "ack-before-commit",
                                                         "ledger-before-blob",
                                                         "never-syncs",
                                                         "no-dedup",
                                                         "forgets-frozen-round",
                                                         "sums-short",
                                                         "erases-held-weights",
                                                         "node-forgets-spool",
                                                         "node-forgets-progress",
                                                         "node-reapplies-counted",
                                                         "node-spoils-version",
                                                         "counts-revoked",
                                                         "forgets-errors",
                                                         "forgets-alarms",
                                                         "erases-newest-updates",
                                                         "forgets-erasures",
                                                         "forgets-trials",
                                                         "counts-held",
                                                         "journal-unflushed",
                                                         "appends-by-halves",
                                                         "ignores-failed-append",
                                                         "updates-in-memory",
                                                         "sums-in-memory",
                                                         "rollback-loses-pin",
                                                         "spool-never-syncs",
                                                         "spool-leaves-unfinished"};
static_assert(static_cast<std::size_t>(Mutation::SpoolLeavesUnfinished) == kMutations.size() - 1);

}  // namespace

namespace {

// Neither drawn: half of all policies are plain, the others have one of these.
coordinator::ledger::Recipe recipe_of(const coordinator::Policy& policy) {
    static const std::array<coordinator::ledger::Recipe, 8> kRecipes{{{"norm_bound, mean", "none"},
                                                                      {"mean", "momentum"},
                                                                      {"median", "none"},
                                                                      {"bucketing(2), trimmed_mean(0.2)", "adam"},
                                                                      {"norm_bound, geometric_median", "yogi"},
                                                                      {"nnm(1), mean", "adagrad"},
                                                                      {"centred_clipping", "none"},
                                                                      {"krum(0)", "momentum"}}};
    const std::size_t pick = policy.versions_kept * 5 + policy.transfers.count_max * 3 + policy.steps_per_update;
    if (pick % 2 == 0) return {};
    const coordinator::ledger::Recipe& recipe = kRecipes[pick / 2 % kRecipes.size()];
    const auto rule = aggregation::parse_rule(recipe.rule);
    SKERRY_ASSERT(rule);
    return policy.rounds.quorum < rule->updates_min() ? coordinator::ledger::Recipe{} : recipe;
}

}  // namespace

coordinator::Policy draw_policy(const Plan& plan, std::size_t nodes, Dice& dice) {
    const std::uint64_t update_bytes = plan.values.back() * sizeof(float) + 500;
    coordinator::Policy policy;
    policy.rounds.goal = dice.between(2, nodes);
    // One node may be revoked, and rounds must go on without it.
    policy.rounds.quorum = dice.between(1, std::min(policy.rounds.goal, nodes - 1));
    policy.rounds.deadline = dice.between(10s, 120s);
    policy.rounds.early_interval = policy.rounds.deadline;
    policy.leases.life = dice.chance(0.3) ? dice.between(20s, 60s) : std::chrono::milliseconds(1h);
    policy.leases.examples_max = dice.chance(0.3) ? 150 : 4096;
    policy.leases.norm_max = dice.chance(0.2) ? 0.5F : 100.0F;
    policy.transfers.count_max = dice.between(1, 4);
    policy.transfers.idle_time = dice.between(3s, 30s);
    policy.steps_per_update = static_cast<std::uint32_t>(dice.between(1, 3));
    policy.versions_kept = dice.between(2, 12);
    policy.certificate_life = dice.chance(0.3) ? dice.between(60h, 80h) : std::chrono::milliseconds(24h * 90);
    policy.fleet_endpoint = "tcp://coordinator.example:7000";
    // Not drawn, so that what seeds draw stays what it was: none to four rounds, at times only few bytes.
    policy.retention.rounds_verifiable = (7 * policy.versions_kept + policy.rounds.goal) % 5;
    if ((policy.versions_kept + policy.transfers.count_max) % 3 == 0) policy.retention.updates_kept = 2500;
    policy.rounds.recipe = recipe_of(policy);
    // Likewise: a few federations are synchronous, in a few a deep tier needs company.
    if ((policy.versions_kept + policy.rounds.goal) % 7 == 3) {
        policy.rounds.overcommit = 1.5;
        // Another may refuse the newest version, and who stands on an older one contributes to no such round.
        policy.rounds.quorum = std::clamp<std::uint64_t>(policy.rounds.quorum, 1, std::max<std::size_t>(nodes, 3) - 2);
        policy.rounds.recipe = recipe_of(policy);  // that quorum may be too small for the rule
    }
    if ((policy.versions_kept * 3 + policy.rounds.quorum) % 5 == 2) policy.rounds.recipe.tier_quorum = 2;
    if (nodes > kLargeFleet) {
        // They take turns, in cohorts of 130.
        policy.rounds.goal = 100;
        policy.rounds.quorum = 80;
        policy.rounds.overcommit = 1.3;
        policy.transfers.count_max = 32;
    }
    SKERRY_ASSERT(policy.rounds.problems().empty());  // no coordinator would start with it
    // By dice of its own: a seed without quarantines is what it was before there were any.
    Dice admission(0x57A1 ^ static_cast<std::uint64_t>(policy.rounds.deadline.count() * 64) ^ policy.versions_kept);
    policy.admission.strikes = admission.between(0, 2);
    policy.admission.strike_window = admission.between(1min, 24h);
    policy.admission.norm_outlier = admission.chance(0.7) ? 6 : 0;
    policy.admission.opposition = Dice(plan.seed ^ 0x0BB0).chance(0.3) ? 0.25 : 0;
    if (admission.chance(0.3)) policy.budgets.updates_per_minute = admission.between(1, 10);
    using Encoding = wire::DeltaEncoding;
    static constexpr std::array<wire::DeltaPolicy, 6> kWays{{{},
                                                             {Encoding::Float16},
                                                             {Encoding::Int8},
                                                             {Encoding::Top, 100'000},
                                                             {Encoding::Float8},
                                                             {Encoding::Int8, 0, true}}};
    policy.delta = kWays[(policy.versions_kept + policy.rounds.goal * 5) % kWays.size()];
    if (admission.chance(0.3)) policy.budgets.bytes_per_hour = update_bytes * admission.between(20, 1000);
    return policy;
}

coordinator::ReleasePolicy draw_release(std::uint64_t seed) {
    Dice dice(seed ^ 0xCA4A);
    return {0.3, dice.between(1, 2), dice.between(20s, 180s), dice.between(500, 5000)};
}

std::string_view name_of(Mutation mutation) {
    return kMutations[static_cast<std::size_t>(mutation)];
}

Result<Mutation> mutation_named(std::string_view name) {
    std::string known;
    for (std::size_t i = 0; i < kMutations.size(); ++i) {
        if (kMutations[i] == name) return static_cast<Mutation>(i);
        known.append(i == 0 ? "" : ", ").append(kMutations[i]);
    }
    return fail(ErrorCode::InvalidInput, "no mutation is called '" + std::string(name) + "'; there are " + known);
}

Faults Faults::none() {
    Faults faults;
    for (const auto& [name, member] : kFaults)
        faults.*member = false;
    return faults;
}

Result<Faults> Faults::parse(std::string_view text) {
    if (text == "all") return Faults{};
    Faults faults = none();
    if (text == "none") return faults;
    while (!text.empty()) {
        const std::string_view word = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        const auto found =
            std::find_if(kFaults.begin(), kFaults.end(), [word](const auto& fault) { return fault.first == word; });
        if (found == kFaults.end()) {
            std::string known = "all, none";
            for (const auto& [name, member] : kFaults)
                known.append(", ").append(name);
            return fail(ErrorCode::InvalidInput, "no fault is called '" + std::string(word) + "'; there are " + known);
        }
        faults.*(found->second) = true;
    }
    return faults;
}

std::vector<Faults> Faults::each_with_one_less() const {
    std::vector<Faults> found;
    for (const auto& [name, member] : kFaults) {
        if (!(this->*member)) continue;
        found.push_back(*this);
        found.back().*member = false;
    }
    return found;
}

std::string to_text(const Faults& faults) {
    std::string text;
    std::size_t count = 0;
    for (const auto& [name, member] : kFaults) {
        if (!(faults.*member)) continue;
        text.append(text.empty() ? "" : ",").append(name);
        ++count;
    }
    return count == kFaults.size() ? "all" : count == 0 ? "none" : text;
}

Conditions draw(const Plan& plan, Dice& dice) {
    const Faults& may = plan.faults;
    Conditions drawn;
    drawn.nodes = plan.nodes != 0 ? plan.nodes : dice.between(3, 5);
    drawn.tiers.push_back(Tier::Heavy);  // so that every value of the model has somebody who trains it
    while (drawn.tiers.size() < drawn.nodes)
        drawn.tiers.push_back(static_cast<Tier>(dice.below(kTiers)));
    drawn.policy = draw_policy(plan, drawn.nodes, dice);
    // A coordinator that slow could not serve them.
    if (drawn.nodes > kLargeFleet) drawn.action_max = 0ms;

    const auto has = [&dice](bool allowed, double probability = 0.6) { return dice.chance(probability) && allowed; };
    drawn.delay_max = dice.between(5ms, 400ms);
    if (has(may.loss)) drawn.loss = 0.01 * static_cast<double>(dice.between(1, 30));
    if (has(may.repeat)) drawn.repeat = 0.01 * static_cast<double>(dice.between(1, 30));
    drawn.reorder = has(may.reorder);
    drawn.late_max = dice.between(100ms, 60s);
    if (has(may.cut)) drawn.cut_every = dice.between(20s, 180s);
    drawn.cut_max = dice.between(1s, 90s);
    drawn.crash = has(may.crash);
    if (drawn.crash && dice.chance(0.7)) drawn.crash_at_disk = 0.01 * static_cast<double>(dice.between(1, 15));
    drawn.down_max = dice.between(100ms, 40s);
    if (has(may.disk, 0.4)) drawn.disk_fails = 0.01 * static_cast<double>(dice.between(1, 5));
    drawn.clocks_wrong = has(may.clock);
    if (has(may.unfit, 0.4)) drawn.unfit = 0.05 * static_cast<double>(dice.between(1, 4));
    drawn.policy_changes = has(may.operate, 0.3);
    drawn.revokes = has(may.operate, 0.2);
    drawn.joins_late = dice.chance(0.3);
    drawn.groups = dice.chance(0.5);
    drawn.pendulum = dice.chance(0.15);
    drawn.step_every = dice.between(1s, 12s);
    drawn.work_max = dice.chance(0.7) ? dice.between(1ms, 300ms) : dice.between(1s, 20s);
    // By dice of its own: a seed without alarms is what it was before there were any.
    drawn.drifts = Dice(plan.seed ^ 0xA1A2).chance(0.5);
    drawn.quarantines = may.quarantine && Dice(plan.seed ^ 0x90A2).chance(0.7);
    Dice spools(plan.seed ^ 0x5B01);
    drawn.real_spools =
        may.spool && plan.mutation == Mutation::None && drawn.nodes <= kLargeFleet && spools.chance(0.25);
    if (plan.mutation == Mutation::SpoolNeverSyncs || plan.mutation == Mutation::SpoolLeavesUnfinished)
        drawn.real_spools = true;
    if (drawn.real_spools) drawn.spool_fails = 0.01 * static_cast<double>(spools.between(0, 5));
    drawn.trials = may.operate && Dice(plan.seed ^ 0x7214).chance(0.4);
    if (drawn.trials) drawn.policy.release = draw_release(plan.seed);
    drawn.rolls_back = may.operate && Dice(plan.seed ^ 0x40B1).chance(0.3);
    return drawn;
}

std::string to_text(const Conditions& conditions) {
    const coordinator::Policy& policy = conditions.policy;
    std::string text;
    const auto say = [&text](std::string_view name, auto value) {
        text.append(text.empty() ? "" : " ").append(name).append("=").append(std::to_string(value));
    };
    say("nodes", conditions.nodes);
    say("goal", policy.rounds.goal);
    say("quorum", policy.rounds.quorum);
    say("deadline_ms", policy.rounds.deadline.count());
    say("lease_ms", policy.leases.life.count());
    say("transfers", policy.transfers.count_max);
    say("idle_ms", policy.transfers.idle_time.count());
    say("steps_per_update", policy.steps_per_update);
    say("versions_kept", policy.versions_kept);
    say("rounds_verifiable", policy.retention.rounds_verifiable);
    say("updates_kept", policy.retention.updates_kept);
    say("loss", conditions.loss);
    say("repeat", conditions.repeat);
    say("reorder", conditions.reorder);
    say("delay_ms", conditions.delay_max.count());
    say("late_ms", conditions.late_max.count());
    say("cut_ms", conditions.cut_every.count());
    say("crash", conditions.crash);
    say("crash_at_disk", conditions.crash_at_disk);
    say("down_ms", conditions.down_max.count());
    say("disk_fails", conditions.disk_fails);
    say("clocks_wrong", conditions.clocks_wrong);
    say("unfit", conditions.unfit);
    say("policy_changes", conditions.policy_changes);
    say("revokes", conditions.revokes);
    say("quarantines", conditions.quarantines);
    say("rolls_back", conditions.rolls_back);
    say("trials", conditions.trials);
    say("joins_late", conditions.joins_late);
    say("groups", conditions.groups);
    say("pendulum", conditions.pendulum);
    say("drifts", conditions.drifts);
    say("step_ms", conditions.step_every.count());
    say("work_ms", conditions.work_max.count());
    return text;
}

}  // namespace skerry::simulation
