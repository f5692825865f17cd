#include <iterator>

#include "tests/simulation/simulated_coordinator.hpp"

// What the operator asks of it.
namespace skerry::simulation {

void SimulatedCoordinator::revoke(const NodeId& node) {
    if (core_) tell(coordinator::OperatorRevokesNode{2, node, "simulated"});
}

void SimulatedCoordinator::quarantine(const NodeId& node) {
    if (!core_) return;
    const coordinator::Ticket ticket = kFirstQuarantine + quarantines_asked_.size();
    quarantines_asked_[ticket] = node;
    evidence_.suspected.insert(node);
    tell(coordinator::OperatorQuarantinesNode{ticket, node, "simulated"});
}

void SimulatedCoordinator::release(const NodeId& node, bool discard) {
    if (core_) tell(coordinator::OperatorReleasesNode{3, node, discard});
}

void SimulatedCoordinator::roll_back(std::size_t which, bool pin) {
    if (!core_) return;
    const auto& held = core_->versions();
    const auto version = std::next(held.begin(), static_cast<std::ptrdiff_t>(which % held.size()));
    coordinator::OperatorRollsBack order{pin ? kRollsBackAndPins : kRollsBack, version->first, "simulated", pin};
    if (core_->restorable(order.to, pin)) {
        auto encoded = encode(version->second.weights);
        if (!encoded) return note("cannot read what to roll back to", version->first.value);
        order.encodings.push_back(*std::move(encoded));
        auto made = differences(core_->newest().weights, version->second.weights);
        if (!made) return note("cannot read what to roll back to", version->first.value);
        order.differences = *std::move(made);
    }
    tell(std::move(order));
}

void SimulatedCoordinator::pin() {
    if (core_) tell(coordinator::OperatorPinsVersion{kPins, "simulated"});
}

void SimulatedCoordinator::unpin() {
    if (core_) tell(coordinator::OperatorUnpinsVersion{kUnpins});
}

void SimulatedCoordinator::promote() {
    if (core_) tell(coordinator::OperatorPromotesVersion{kPromotes, "simulated"});
}

}  // namespace skerry::simulation
