#pragma once

#include <functional>
#include <map>
#include <set>
#include <vector>

#include "common/storage/blob_store.hpp"
#include "coordinator/federation.hpp"
#include "coordinator/ledger/memory_journal.hpp"
#include "tests/simulation/node_disk.hpp"

namespace skerry::simulation {

/// What somebody who sees everything has seen: the disks, and beside them what the processes themselves may forget.
/// The shells write it, the laws read it; no decision of the simulated programs ever depends on it.
struct Evidence {
    /// An update as its node sealed it, before anybody could alter it.
    struct Sealed {
        UpdateId id;
        ModelVersion base;
        Tier tier = Tier::Heavy;
        std::uint32_t examples = 0;
        std::uint32_t examples_max = 0;  ///< of its lease
        std::vector<float> delta;
        coordinator::ledger::ErrorTally errors;  ///< among the labels that it learned
    };
    struct Receipt {
        UpdateId update;
        Digest content{};
    };
    /// An update that its node has taken out of its spool because it was refused.
    struct Retreat {
        UpdateId update;
        Digest content{};
    };
    struct Install {
        std::size_t node = 0;
        ModelVersion from, to;
        std::vector<float> bytes;
    };
    struct Node {
        NodeId id;
        Tier tier = Tier::Heavy;
        const NodeDisk* disk = nullptr;
        std::vector<double> learned;  ///< Σ of all steps that became durable, by value
        std::vector<double> dropped;  ///< what refusals made it throw away
        bool unfit = false;           ///< its learner ever went wild, or it forgot to clip
    };

    const coordinator::ledger::MemoryJournal* journal = nullptr;
    const storage::BlobStore* blobs = nullptr;
    std::function<const coordinator::Federation*()> core;  ///< null while it is dead
    TimePoint started{};                                   ///< it last did
    crypto::VerifyKey signing;
    coordinator::ModelShape model;

    std::vector<Node> nodes;
    std::map<Digest, Sealed> sealed;  ///< by content
    /// By the weights that a rollback has joined: the optimiser of the policy of that moment.
    std::map<Digest, std::string> joined_under;
    std::set<NodeId> suspected;       ///< that the operator ever asked to put into quarantine
    std::vector<NodeId> quarantined;  ///< that the operator was told to be there, in this order
    std::size_t pins = 0;             ///< that the operator was told to be made
    std::vector<Receipt> receipts;    ///< that ever reached a living node
    std::vector<Retreat> retreats;
    std::vector<Install> installs;
    std::vector<std::size_t> changed;  ///< nodes whose disks have, in this order
};

}  // namespace skerry::simulation
