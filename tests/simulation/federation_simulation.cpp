#include "tests/simulation/federation_simulation.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "tests/simulation/laws.hpp"
#include "tests/simulation/simulated_coordinator.hpp"
#include "tests/simulation/simulated_node.hpp"

namespace skerry::simulation {
namespace {

using namespace std::chrono_literals;

// Virtual times after which waiting is a fault of its own. Pauses between two questions grow to half a minute, refusals
// and denials are remembered for minutes: these bounds are a few of those, one after the other.
constexpr std::chrono::milliseconds kJoinMax = 1min;
// From one node of a large fleet to the next: a coordinator looks at so many in a minute (join_limits.hpp).
constexpr std::chrono::milliseconds kLargeFleetJoins = 60ms;
constexpr std::chrono::milliseconds kStormMin = 1min;
constexpr std::chrono::milliseconds kStormMax = 15min;
constexpr std::chrono::milliseconds kPatience = 10min;
constexpr std::chrono::milliseconds kRoundsMax = 30min;
constexpr std::chrono::milliseconds kSettleMax = 20min;

class FederationSimulation {
public:
    explicit FederationSimulation(const Plan& plan)
        : world_(plan),
          network_(world_, world_.conditions.nodes,
                   {[this](std::size_t node, wire::FromNode message) {
                        coordinator_.hear(nodes_[node]->transport(), std::move(message));
                    },
                    [this](std::size_t node, wire::FromCoordinator message) { nodes_[node]->hear(std::move(message)); },
                    [this](std::size_t node) { nodes_[node]->link_changed(); }}),
          coordinator_(world_, network_, evidence_,
                       [this](const ByteArray<32>& peer, const wire::JoinReply& reply) { joined(peer, reply); }),
          laws_(world_, evidence_) {}

    Outcome play() {
        enrol() && rage() && heal() && settle();
        Outcome outcome;
        outcome.violation = world_.violation();
        outcome.trace = world_.trace();
        outcome.counters = world_.counters;
        outcome.nodes = nodes_.size();
        outcome.lasted = world_.time.now() - started_;
        return outcome;
    }

private:
    bool enrol() {
        coordinator_.found();
        evidence_.nodes.resize(world_.conditions.nodes);
        for (std::size_t index = 0; index < world_.conditions.nodes; ++index) {
            nodes_.push_back(std::make_unique<SimulatedNode>(world_, network_, evidence_, index, coordinator_.root()));
            SimulatedNode& node = *nodes_.back();
            const Tier tier = world_.conditions.tiers[index];
            coordinator_.introduce(index, node.transport());
            index_of_.emplace(node.transport(), index);
            const std::string token = coordinator_.create_token(tier);
            if (!run_until([&] { return coordinator_.idle(); }, kJoinMax)) return stuck("a token is never made");
            requests_.push_back(node.ask_to_join(token, Tier::Heavy));
        }
        const std::size_t early = nodes_.size() - (world_.conditions.joins_late ? 1 : 0);
        const std::chrono::milliseconds pace = large() ? kLargeFleetJoins : 0ms;
        for (std::size_t index = 0; index < early; ++index) {
            if (!large())
                keep_asking(index);
            else
                world_.time.after(index * pace, [this, index] { keep_asking(index); });
        }
        if (!run_until([&] { return joined_.size() == early; }, kJoinMax + early * pace))
            return stuck("a node cannot join");
        for (std::size_t index = 0; large() && index < early; ++index)
            nodes_[index]->boot();
        return true;
    }

    [[nodiscard]] bool large() const { return world_.conditions.nodes > kLargeFleet; }

    // As skerry-node join does, on a socket of its own: asks until it is answered, and the answer is always the same.
    void keep_asking(std::size_t index) {
        if (joined_.count(requests_[index].transport) != 0) return;
        for (int copies = arriving(); copies > 0; --copies) {
            world_.time.after(world_.dice.between(1ms, world_.conditions.delay_max),
                              [this, index] { coordinator_.ask_to_join(requests_[index]); });
        }
        world_.time.after(world_.dice.between(2s, 20s), [this, index] { keep_asking(index); });
    }

    [[nodiscard]] int arriving() {
        if (!world_.storm) return 1;
        if (world_.dice.chance(world_.conditions.loss)) return 0;
        return world_.dice.chance(world_.conditions.repeat) ? 2 : 1;
    }

    void joined(const ByteArray<32>& peer, const wire::JoinReply& reply) {
        SimulatedNode& node = *nodes_[index_of_.at(peer)];
        const coordinator::Node* const known = coordinator_.core()->registry().node(node.id());
        if (!reply.admitted && known != nullptr && known->revoked) return;
        if (!reply.admitted) return world_.broken("everybody_catches_up", "a node may not join: " + reply.text);
        if (arriving() == 0 || !joined_.insert(peer).second) return;
        node.joined(reply, coordinator_.core()->model());
        if (world_.storm || !large()) node.boot();
    }

    bool rage() {
        world_.note("storm", "begins");
        world_.storm = true;
        network_.begin_storm();
        if (world_.conditions.joins_late) keep_asking(nodes_.size() - 1);
        if (world_.conditions.revokes) {
            world_.time.after(world_.dice.between(kStormMin / 4, kStormMin),
                              [this] { coordinator_.revoke(nodes_[world_.dice.below(nodes_.size())]->id()); });
        }
        review();
        const TimePoint calm_from = world_.time.now() + (large() ? 0ms : kStormMin);
        run_until([&] { return world_.time.now() >= calm_from && published(world_.plan.rounds) && everybody_died(); },
                  kStormMax);
        if (world_.violation()) return false;
        // Whoever was spared dies now, in the middle of whatever it is at.
        if (world_.plan.faults.crash) {
            if (coordinator_.deaths() == 0 && coordinator_.core()) coordinator_.crash();
            for (const auto& node : nodes_) {
                if (node->deaths() == 0 && node->running()) node->crash();
            }
        }
        return true;
    }

    // The operator looks at the fleet now and then. In the storm one node at a time is suspected, for a while; whoever
    // is in quarantine afterwards comes out of it.
    void review() {
        world_.time.after(operator_dice_.between(5s, 40s), [this] {
            const coordinator::Federation* const core = coordinator_.core();
            bool somebody = false;
            for (const auto& node : nodes_) {
                const coordinator::Node* const known = core ? core->registry().node(node->id()) : nullptr;
                if (known == nullptr || !known->quarantine) continue;
                somebody = true;
                if (!world_.storm || operator_dice_.chance(0.5))
                    coordinator_.release(node->id(), operator_dice_.chance(0.3));
            }
            if (!somebody && world_.storm && world_.conditions.quarantines && operator_dice_.chance(0.8))
                coordinator_.quarantine(nodes_[operator_dice_.below(nodes_.size())]->id());
            review_versions(core != nullptr && core->pin());
            if (core != nullptr && core->trial() && world_.storm && trial_dice_.chance(0.1)) coordinator_.promote();
            review();
        });
    }

    // By dice of its own: a seed without rollbacks is what it was before there were any.
    void review_versions(bool pinned) {
        if (large()) return;
        if (world_.counters.versions != versions_reviewed_) {
            versions_reviewed_ = world_.counters.versions;
            grew_at_ = world_.time.now();
        }
        if (too_few_stand_on_the_newest()) return coordinator_.roll_back(0, false, Tier::Light);
        if (pinned && (!world_.storm || release_dice_.chance(0.5))) return coordinator_.unpin();
        if (pinned || !world_.storm || !world_.conditions.rolls_back || !release_dice_.chance(0.5)) return;
        if (release_dice_.chance(0.3)) return coordinator_.pin();
        const bool pins = release_dice_.chance(0.3);
        const std::size_t version = release_dice_.below(8);
        // By dice of its own, likewise.
        const Tier from = tier_dice_.chance(0.5) ? Tier::Light : tier_dice_.chance(0.5) ? Tier::Medium : Tier::Heavy;
        coordinator_.roll_back(version, pins, from);
    }

    // Who refuses the newest version contributes to no synchronous round on it: the operator takes it back, as
    // docs/release.md says, when nothing has moved for longer than any node's patience.
    [[nodiscard]] bool too_few_stand_on_the_newest() const {
        const coordinator::Federation* const core = coordinator_.core();
        if (world_.storm || core == nullptr || !core->policy().rounds.synchronous()) return false;
        const auto stands = std::count_if(nodes_.begin(), nodes_.end(), [core](const auto& node) {
            const coordinator::Node* const known = core->registry().node(node->id());
            return known != nullptr && !known->revoked && node->disk().installed == core->newest().version;
        });
        return world_.time.now() - grew_at_ > kPatience &&
               static_cast<std::uint64_t>(stands) < core->policy().rounds.quorum;
    }

    bool heal() {
        world_.note("storm", "ends");
        world_.storm = false;
        network_.heal();
        coordinator_.heal();
        laws_.healed();
        // At least one more: the storm must not have left anything behind that stops the next round.
        const std::size_t versions = std::max<std::size_t>(world_.plan.rounds, world_.counters.versions + 1);
        if (run_until([&] { return published(versions); }, kRoundsMax)) return true;
        return stuck("only " + std::to_string(world_.counters.versions) + " versions were published");
    }

    // Nobody learns any more: what is on its way must arrive, and then nothing may be left to do.
    // A large fleet would take turns for hours; it is enough that all of it comes to the version that is pinned.
    bool settle() {
        world_.note("learning", "ends");
        for (const auto& node : nodes_)
            node->stop_learning();
        if (large()) coordinator_.pin();
        if (!run_until([&] { return settled(); }, kSettleMax)) return stuck(who_is_not_settled());
        laws_.settled();
        coordinator_.compare_tables();
        return !world_.violation();
    }

    [[nodiscard]] bool published(std::size_t rounds) const { return world_.counters.versions >= rounds; }

    [[nodiscard]] bool everybody_died() const {
        if (!world_.plan.faults.crash) return true;
        return coordinator_.deaths() > 0 &&
               std::all_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->deaths() > 0; });
    }

    // All accepted updates are counted, or wait for a quorum; each node that is not revoked has the newest version and
    // nothing to send.
    [[nodiscard]] bool settled() {
        const coordinator::Federation* const core = coordinator_.core();
        if (core == nullptr || !coordinator_.idle() || core->frozen_round()) return false;
        if (core->open_round() && !core->pin()) return false;
        // The one that was not settled the last time is asked first: most steps are another's.
        for (std::size_t asked = 0; asked < nodes_.size(); ++asked) {
            const std::size_t index = (unsettled_ + asked) % nodes_.size();
            if (settled(*core, *nodes_[index])) continue;
            unsettled_ = index;
            return false;
        }
        return true;
    }

    [[nodiscard]] static bool settled(const coordinator::Federation& core, const SimulatedNode& node) {
        const coordinator::Node* const known = core.registry().node(node.id());
        if (known == nullptr || known->revoked) return known != nullptr;
        // Every alarm is on record, but for those that an hour of a node has no room for.
        const coordinator::FleetDrift::Standing& drift = core.fleet_drift().of(node.id());
        const std::uint64_t raised = node.disk().alarms.empty() ? 0 : node.disk().alarms.back().number;
        if (drift.known != raised && drift.recorded < coordinator::FleetDrift::kAlarmsPerHour) return false;
        // Who is not invited to a synchronous round keeps its progress.
        const bool may_keep = core.pool().waits(node.id()) || core.policy().rounds.synchronous();
        return node.settled(core.newest().version, may_keep);
    }

    [[nodiscard]] std::string who_is_not_settled() const {
        const coordinator::Federation* const core = coordinator_.core();
        if (core == nullptr) return "the coordinator is not back";
        if (core->frozen_round()) return "a frozen round is not published";
        if (core->open_round()) return "a round is still open";
        for (const auto& node : nodes_) {
            if (settled(*core, *node)) continue;
            return "node " + node->id().to_text().substr(0, 8) + " has version " +
                   std::to_string(node->disk().installed.value) + " of " +
                   std::to_string(core->newest().version.value) + " and " + std::to_string(node->disk().spool.size()) +
                   " updates in its spool";
        }
        return "the coordinator never rests";
    }

    /// False: `done` never came true within `at_most`, or a law broke.
    template <class Done>
    bool run_until(Done done, std::chrono::milliseconds at_most) {
        const TimePoint end = world_.time.now() + at_most;
        while (!done()) {
            if (world_.time.now() > end || !world_.time.run_next()) return false;
            ++world_.counters.steps;
            laws_.check();
            if (world_.violation()) return false;
        }
        return true;
    }

    bool stuck(std::string what) {
        world_.broken("everybody_catches_up", std::move(what));
        return false;
    }

    World world_;
    TimePoint started_ = world_.time.now();
    Dice operator_dice_{world_.plan.seed ^ 0x0FE2};
    Dice trial_dice_{world_.plan.seed ^ 0x7B1A};
    Dice tier_dice_{world_.plan.seed ^ 0x71E5};
    Dice release_dice_{world_.plan.seed ^ 0x5E1E};
    Evidence evidence_;
    Network network_;
    SimulatedCoordinator coordinator_;
    std::vector<std::unique_ptr<SimulatedNode>> nodes_;
    std::vector<wire::JoinRequest> requests_;
    std::map<ByteArray<32>, std::size_t> index_of_;  ///< by transport key
    std::set<ByteArray<32>> joined_;
    std::size_t unsettled_ = 0;
    std::size_t versions_reviewed_ = 0;
    TimePoint grew_at_ = started_;  ///< the operator last saw a version more
    Laws laws_;
};

}  // namespace

Outcome play(const Plan& plan) {
    return FederationSimulation(plan).play();
}

std::string to_text(const Violation& violation, std::uint64_t seed) {
    return "seed " + std::to_string(seed) + " breaks " + violation.law + " at " + skerry::to_text(violation.at) + ": " +
           violation.what;
}

}  // namespace skerry::simulation
