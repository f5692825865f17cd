#include "tests/simulation/simulated_node.hpp"

// The toy learner, and the alarms that it raises.
namespace skerry::simulation {

using namespace std::chrono_literals;

namespace {

// A step that no clipping by a lease of norm 100 lets pass: 20 trained values of ±64.
constexpr float kWild = 64.0F;

}  // namespace

void SimulatedNode::plan_learning() {
    after(dice_.between(1ms, 2 * world_.conditions.step_every), [this] {
        if (learning_ && disk_.installed.value > 0) learn();
        if (session_) plan_learning();
    });
}

void SimulatedNode::learn() {
    std::vector<float> step(disk_.weights.size());
    const bool wild = world_.storm && dice_.chance(world_.conditions.unfit);
    const int forth = dice_.chance(0.5) ? 16 : -16;
    // The first values are statistics: they move with what is seen, and no norm bounds them.
    for (std::size_t i = 0; i < step.size(); ++i) {
        const auto units = world_.conditions.pendulum ? forth : static_cast<int>(dice_.below(33)) - 16;
        step[i] = static_cast<float>(units) / 256.0F;
        if (wild && i >= model_.statistics) step[i] += units < 0 ? -kWild : kWild;
    }
    disk_.learn(step, world_.conditions.pendulum ? 100 : dice_.between(50, 150));
    note(wild ? "learns wildly" : "learns", disk_.learned.steps);
    Evidence::Node& seen = evidence_.nodes[index_];
    seen.unfit = seen.unfit || wild;
    for (std::size_t i = 0; i < step.size(); ++i)
        seen.learned[i] += static_cast<double>(step[i]);
    last_was_durable_ = true;
    const std::uint64_t life = life_;
    if (raise_alarms()) tell(node::DriftSeen{});
    if (life == life_) tell(node::StepLearned{});
}

// In the same transaction as the step.
bool SimulatedNode::raise_alarms() {
    if (!world_.conditions.drifts || !drift_dice_.chance(0.02)) return false;
    std::vector<DriftAlarm> raised(drift_dice_.between(1, 3));
    for (DriftAlarm& alarm : raised) {
        alarm.at = clock();
        alarm.label_class = static_cast<std::uint32_t>(drift_dice_.below(10));
        alarm.detector = DriftDetector::PageHinkley;
        alarm.before = 0.125;
        alarm.after = 0.5;
        alarm.trigger = disk_.learned.steps;
        alarm.global = disk_.installed;
    }
    alarms_.number(raised);
    disk_.alarms.insert(disk_.alarms.end(), raised.begin(), raised.end());
    alarms_.add(raised);
    note("raises alarms", raised.size(), raised.back().number);
    return true;
}

}  // namespace skerry::simulation
