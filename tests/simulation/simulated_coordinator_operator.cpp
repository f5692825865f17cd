#include <iterator>

#include "aggregation/optimisers/server_optimiser.hpp"
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
    if (!core_->restorable(order.to, pin)) return tell(std::move(order));
    auto whole = order_to(std::move(order), from);
    if (!whole) return note("cannot read what to roll back to", version->first.value);
    tell(*std::move(whole));
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
    if (!newest.optimiser || !old.optimiser) return joined;
    const Bytes memory = SKERRY_TRY(blobs_.get(*newest.optimiser));
    const Bytes older = SKERRY_TRY(blobs_.get(*old.optimiser));
    const std::size_t first = core_->model().values[static_cast<std::size_t>(from) - 1];
    if (const auto both = aggregation::ServerOptimiser::joined(memory, older, first)) {
        joined.optimiser = crypto::sha256(*both);
        SKERRY_TRY(blobs_.put(*joined.optimiser, *both));
    }
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
