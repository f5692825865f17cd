#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/ledger/events.hpp"

namespace skerry::coordinator::ledger {

/// Which blobs the history still needs: of every version that is held the weights and what the optimiser remembers,
/// every update that waits, is being summed or was counted in a version that is held, until it is erased. All others
/// are strays: written for an entry that was never appended, or not yet erased when the process ended. A fold over the
/// journal. Memory: about 250 bytes a blob.
class NeededBlobs {
public:
    struct Blob {
        enum class Kind { Weights, Update, Optimiser } kind = Kind::Update;
        std::string what;                         ///< for people: "the weights of version 7", "update 3 of node 5f…"
        std::optional<crypto::VerifyKey> signer;  ///< the node of an update
    };

    void apply(const Event& event);

    [[nodiscard]] const std::map<Digest, Blob>& all() const { return blobs_; }

private:
    void on(const NodeEnrolled& event);
    void on(const UpdateAccepted& event);
    void on(const UpdateSetAside& event);
    void on(const RoundFrozen& event);
    void on(const VersionPublished& event);
    void on(const VersionDropped& event);
    void on(const UpdatesErased& event);
    void erase_updates(RoundId round);
    void on(const auto&) {}

    struct Held {
        RoundId round;
        Digest weights{};
        std::optional<Digest> optimiser;
    };
    std::map<Digest, Blob> blobs_;
    std::map<NodeId, crypto::VerifyKey> identities_;
    std::map<UpdateId, Digest> waiting_;
    std::map<RoundId, std::vector<Digest>> summed_;
    std::map<ModelVersion, Held> held_;
};

}  // namespace skerry::coordinator::ledger
