#include <iterator>

#include "common/crypto/hash.hpp"
#include "coordinator/round/summing.hpp"
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

void SimulatedCoordinator::roll_back(std::size_t which, bool pin, Tier from) {
    if (!core_) return;
    const auto& held = core_->versions();
    const auto version = std::next(held.begin(), static_cast<std::ptrdiff_t>(which % held.size()));
    coordinator::OperatorRollsBack order{pin ? kRollsBackAndPins : kRollsBack, version->first, "simulated", pin};
    if (!core_->restorable(order.to, pin, from)) return tell(std::move(order));
    // As the service does it: beside the loop, on which rounds may close meanwhile; and the process may die.
    ++workers_busy_;
    auto whole = order_to(std::move(order), from);
    after(dice_.between(0ms, 50ms), [this, whole = std::move(whole), number = version->first.value] {
        --workers_busy_;
        if (!whole) return note("cannot read what to roll back to", number);
        tell(*whole);
    });
}

Result<coordinator::OperatorRollsBack> SimulatedCoordinator::order_to(coordinator::OperatorRollsBack order, Tier from) {
    const coordinator::Federation::Version& old = core_->versions().at(order.to);
    if (from != Tier::Light) order.joined = SKERRY_TRY(join(old, from));
    const Digest weights = order.joined ? order.joined->digests.back() : old.weights;
    order.encodings.push_back(SKERRY_TRY(encode(weights)));
    order.differences = SKERRY_TRY(differences(core_->newest().weights, weights));
    return order;
}

Result<coordinator::JoinedWeights> SimulatedCoordinator::join(const coordinator::Federation::Version& old, Tier from) {
    const coordinator::Federation::Version& newest = core_->newest();
    const Bytes front = SKERRY_TRY(blobs_.get(newest.weights));
    const Bytes back = SKERRY_TRY(blobs_.get(old.weights));
    const auto weights = coordinator::joined_weights(floats_of(front), floats_of(back), core_->model(), from);
    coordinator::JoinedWeights joined{from, newest.version, coordinator::tier_digests(weights, core_->model())};
    SKERRY_TRY(blobs_.put(joined.digests.back(), std::as_bytes(std::span(weights))));
    const std::string& optimiser = world_.conditions.policy.rounds.recipe.optimiser;
    evidence_.joined_under[joined.digests.back()] = optimiser;
    if (!newest.optimiser) return joined;
    const Bytes memory = SKERRY_TRY(blobs_.get(*newest.optimiser));
    const Bytes older = old.optimiser ? SKERRY_TRY(blobs_.get(*old.optimiser)) : Bytes();
    const Bytes both = coordinator::joined_memory(memory, older, optimiser, core_->model(), from);
    if (both.empty()) return joined;
    joined.optimiser = crypto::sha256(both);
    SKERRY_TRY(blobs_.put(*joined.optimiser, both));
    return joined;
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
