#pragma once

#include <cstdint>
#include <utility>
#include <variant>
#include <vector>

#include "common/wire/messages.hpp"
#include "coordinator/admission/examine.hpp"
#include "coordinator/ledger/events.hpp"
#include "coordinator/round/summing.hpp"

/// What goes into the pure core, and what it wants done.
namespace skerry::coordinator {

// ---- Events: what the shell saw ----

/// A message on the fleet socket; `transport` is the CURVE key that ZAP proved.
struct NodeSpoke {
    ByteArray<32> transport{};
    wire::FromNode message;
};

/// A message on the enrolment socket.
struct PeerAskedToJoin {
    ByteArray<32> peer{};
    wire::JoinRequest request;
};

/// Answers CheckUpdate.
struct UpdateChecked {
    UpdateId update;
    Digest content{};
    Examined result;
};

/// Answers SumRound; the new weights' blob, named by the last of the digests, is durable.
struct SumReady {
    RoundId round;
    Digest sum{};
    std::array<Digest, kTiers> digests{};
    /// The weights in the encodings that are offered, each a durable blob; without federation and version.
    std::vector<wire::EncodedWeights> encodings{};
    std::optional<Digest> optimiser{};  ///< what it remembers, a durable blob
    /// From the parent's weights, each a durable blob; without federation and versions.
    std::vector<wire::EncodedDifference> differences{};
    std::array<Sketch, kTiers> sketches{};  ///< of the weights, by the order's key; empty without one
};

/// What the operator asked for; each is answered by Answer with the same ticket.
using Ticket = std::uint64_t;
struct OperatorCreatesToken {
    Ticket ticket = 0;
    ledger::TokenCreated token;
};
struct OperatorRevokesNode {
    Ticket ticket = 0;
    NodeId node;
    std::string reason;
};
struct OperatorQuarantinesNode {
    Ticket ticket = 0;
    NodeId node;
    std::string reason;
};
struct OperatorReleasesNode {
    Ticket ticket = 0;
    NodeId node;
    bool discard = false;  ///< what is held never counts
};

/// The newest version's weights below a tier, an older one's from it on, each a stored blob.
struct JoinedWeights {
    Tier from = Tier::Heavy;               ///< medium or heavy
    ModelVersion newest;                   ///< whose the rest is
    std::array<Digest, kTiers> digests{};  ///< of each tier's prefix; of heavy's: the name of the blob
    std::optional<Digest> optimiser{};     ///< what is remembered, joined likewise; nothing: it begins anew
};

/// Publishes that version's weights again, as the newest.
struct OperatorRollsBack {
    Ticket ticket = 0;
    ModelVersion to;
    std::string reason;
    bool pin = false;                               ///< and keeps it the newest
    std::vector<wire::EncodedWeights> encodings{};  ///< of those weights, each a blob; without federation and version
    /// To those weights, likewise; used where they are from the newest version's.
    std::vector<wire::EncodedDifference> differences{};
    /// Of its weights only a part, all of the above being of these.
    std::optional<JoinedWeights> joined{};
};
struct OperatorPinsVersion {
    Ticket ticket = 0;
    std::string reason;
};
struct OperatorUnpinsVersion {
    Ticket ticket = 0;
};
/// Ends the trial of the newest version: all nodes get it.
struct OperatorPromotesVersion {
    Ticket ticket = 0;
    std::string reason;
};

using Event = std::variant<NodeSpoke, PeerAskedToJoin, UpdateChecked, SumReady, OperatorCreatesToken,
                           OperatorRevokesNode, OperatorQuarantinesNode, OperatorReleasesNode, OperatorRollsBack,
                           OperatorPinsVersion, OperatorUnpinsVersion, OperatorPromotesVersion>;

// ---- Actions: what the shell does, strictly in their order ----

/// BlobStore::append() of a chunk to the draft of its update.
struct KeepPiece {
    Digest content{};
    std::uint64_t at = 0;
    Bytes bytes;
};

/// The draft, and behind it the signature, is the blob SealedUpdate::blob(); durable before the next action begins.
struct StoreBlob {
    Digest content{};
    std::uint64_t drafted = 0;  ///< bytes before the signature
    ByteArray<64> signature{};
};

struct DropDraft {
    Digest content{};
};

/// One journal append, then Federation::apply() of each event; the next action begins when it is durable.
struct Append {
    ledger::Events events;
};

/// Best effort: the protocol repeats what matters.
struct Send {
    NodeId node;
    ByteArray<32> transport{};
    wire::FromCoordinator message;
};

/// Chunks [first, first+count) of a version's prefix, each a ModelChunk: read, then sent; best effort.
struct SendModel {
    NodeId node;
    ByteArray<32> transport{};
    ModelVersion version;
    Tier tier = Tier::Heavy;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::uint64_t prefix_bytes = 0;  ///< as encoded
    Digest weights{};                ///< the blob
    WeightEncoding encoding = WeightEncoding::Float32;
    ModelVersion base{};  ///< not 0: it holds the difference to that version
};

struct ReplyToJoin {
    enum class Outcome {
        Admitted,
        Refused,
        Limited,  ///< not looked at: there were too many attempts
    };
    ByteArray<32> peer{};
    wire::JoinReply reply;
    Outcome outcome = Outcome::Refused;
};

/// examine() on a worker; answered by UpdateChecked, once, or never if the process ends.
struct CheckUpdate {
    UpdateId update;
    Examination what;
};

/// sum_round() on a worker, then the weights' blob durably; answered by SumReady. Failing means damage: end the
/// process.
struct SumRound {
    RoundId round;
    Digest parent_weights{};        ///< the blob
    std::vector<Contribution> set;  ///< sorted
    ledger::Recipe recipe{};
    Digest seed{};
    std::optional<Digest> optimiser{};  ///< the blob of what it remembered with the parent
    SketchKey sketch_key{};
};

/// The blobs of a dropped version and of the updates that its round counted. May be repeated.
struct EraseVersion {
    ModelVersion version;
    RoundId round;
    std::optional<Digest> weights;      ///< nothing: another version has the same bytes
    std::vector<Digest> encodings{};    ///< of the weights, and differences, without those of another version too
    std::optional<Digest> optimiser{};  ///< what it remembered; nothing: nothing, or another version has the same
};

/// The blobs of the updates that a published round counts. May be repeated.
struct EraseUpdates {
    RoundId round;
};

struct Answer {
    Ticket ticket = 0;
    Result<> outcome;
};

/// Nothing to do; for the metrics.
struct Ignored {
    enum class Why {
        UnknownPeer,  ///< a key that belongs to no node
        Repeated,     ///< has been dealt with, or is being dealt with
        Unexpected,   ///< fits to nothing that goes on
        Silenced,     ///< the node was refused too often in this round; it is answered again later
        Unreadable,   ///< the past could not be asked
        Limited,      ///< the node has used up its budget; it is heard again when there is room
    };
    Why why = Why::Unexpected;
};
inline constexpr std::size_t kIgnoredReasons = 6;
[[nodiscard]] std::string_view name_of(Ignored::Why why);

using Action = std::variant<KeepPiece, StoreBlob, DropDraft, Append, Send, SendModel, ReplyToJoin, CheckUpdate,
                            SumRound, EraseVersion, EraseUpdates, Answer, Ignored>;
using Actions = std::vector<Action>;

/// Nothing but that.
[[nodiscard]] inline Actions answer(Ticket ticket, Result<> outcome) {
    Actions actions;
    actions.push_back(Answer{ticket, std::move(outcome)});
    return actions;
}

}  // namespace skerry::coordinator
