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
    const std::uint64_t examples = world_.conditions.pendulum ? 100 : dice_.between(50, 150);
    disk_.learn(step, examples);
    if (spool_) spool_->learned();
    note(wild ? "learns wildly" : "learns", disk_.learned.steps);
    Evidence::Node& seen = evidence_.nodes[index_];
    seen.unfit = seen.unfit || wild;
    for (std::size_t i = 0; i < step.size(); ++i)
        seen.learned[i] += static_cast<double>(step[i]);
    last_was_durable_ = true;
    const std::uint64_t life = life_;
    if (raise_alarms()) tell(node::DriftSeen{});
    if (life == life_ && compare_versions(examples)) tell(node::TrialMeasured{});
    if (life == life_) tell(node::StepLearned{});
}

// What a version is worth follows from its number: a third are worse, a third cannot be told from the one before. One
// node in some seeds says the opposite.
bool SimulatedNode::compare_versions(std::uint64_t examples) {
    if (!trial_ || trial_->version != disk_.installed) return false;
    const std::uint64_t kind = Dice(world_.plan.seed ^ (trial_->version.value * 0x9E37)).below(3);
    const bool lies = index_ == 0 && world_.plan.seed % 4 == 0;
    const std::uint64_t few = examples / 20, many = examples / 4;
    const bool equal = kind == 2;
    const bool worse = (kind == 0) != lies;
    trial_->samples += examples;
    trial_->better += equal || worse ? few : many;
    trial_->worse += equal || !worse ? few : many;
    note("compares versions", trial_->version.value, trial_->samples);
    return true;
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
