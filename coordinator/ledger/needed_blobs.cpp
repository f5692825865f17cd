#include "coordinator/ledger/needed_blobs.hpp"

#include <algorithm>

namespace skerry::coordinator::ledger {

void NeededBlobs::apply(const Event& event) {
    std::visit([this](const auto& happened) { on(happened); }, event);
}

void NeededBlobs::on(const NodeEnrolled& event) {
    identities_[event.node] = event.identity;
}

void NeededBlobs::on(const UpdateAccepted& event) {
    waiting_[event.update] = event.content;
    Blob& blob = blobs_[event.content];
    blob.kind = Blob::Kind::Update;
    blob.what = "update " + std::to_string(event.update.sequence.value) + " of node " + event.update.node.to_text();
    const auto identity = identities_.find(event.update.node);
    if (identity != identities_.end()) blob.signer = identity->second;
}

void NeededBlobs::on(const UpdateSetAside& event) {
    const auto found = waiting_.find(event.update);
    if (found == waiting_.end()) return;
    blobs_.erase(found->second);
    waiting_.erase(found);
}

void NeededBlobs::on(const RoundFrozen& event) {
    for (const UpdateId& update : event.set) {
        const auto found = waiting_.find(update);
        if (found == waiting_.end()) continue;
        summed_[event.round].push_back(found->second);
        waiting_.erase(found);
    }
}

void NeededBlobs::on(const VersionPublished& event) {
    held_[event.version] = {event.round, event.weights, event.optimiser};
    blobs_[event.weights] = {Blob::Kind::Weights, "the weights of version " + std::to_string(event.version.value), {}};
    if (event.optimiser) {
        blobs_[*event.optimiser] = {Blob::Kind::Optimiser,
                                    "what the optimiser remembers with version " + std::to_string(event.version.value),
                                    {}};
    }
}

void NeededBlobs::on(const VersionDropped& event) {
    const auto dropped = held_.find(event.version);
    if (dropped == held_.end()) return;
    const Held gone = dropped->second;
    held_.erase(dropped);
    erase_updates(gone.round);
    // Another version may have come to the same.
    const auto shared = [&](auto Held::*blob) {
        return std::any_of(held_.begin(), held_.end(),
                           [&](const auto& held) { return held.second.*blob == gone.*blob; });
    };
    if (!shared(&Held::weights)) blobs_.erase(gone.weights);
    if (gone.optimiser && !shared(&Held::optimiser)) blobs_.erase(*gone.optimiser);
}

void NeededBlobs::on(const UpdatesErased& event) {
    erase_updates(event.round);
}

void NeededBlobs::erase_updates(RoundId round) {
    const auto gone = summed_.find(round);
    if (gone == summed_.end()) return;
    for (const Digest& update : gone->second)
        blobs_.erase(update);
    summed_.erase(gone);
}

}  // namespace skerry::coordinator::ledger
