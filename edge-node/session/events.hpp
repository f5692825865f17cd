#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/wire/messages.hpp"
#include "common/wire/signed.hpp"
#include "edge-node/session/state.hpp"

/// What a Session is told, and what it orders.
namespace skerry::node {

// ---- Events ----

/// The encrypted connection stands. Also after each reconnect.
struct Connected {};
struct Disconnected {};
struct MessageReceived {
    wire::FromCoordinator message;
};
/// A learning step was accepted by the gate: there is progress that no update holds.
struct StepLearned {};
/// The node has raised an alarm, which is durable: a report takes it along.
struct DriftSeen {};
/// TakeUpdate is durable.
struct UpdateSpooled {
    SpooledUpdate update;
};
/// TakeUpdate found no progress, or none that is fit to share; the lease is left unspent.
struct NothingTaken {
    Sequence sequence;
};
/// InstallVersion is durable and serves.
struct VersionInstalled {
    ModelVersion version;
};
/// InstallVersion could not be done, for instance because the version failed its self-test, or what was learned here
/// does not stand on it; `why` is for people.
struct VersionRefused {
    ModelVersion version;
    std::string why;
};
/// InstallVersion found other bytes than those that were announced, or the difference does not give what it must.
struct VersionUnreadable {
    ModelVersion version;
    std::string why;
};
/// The operator has undone local learning, durably: what was learned and is in no update is gone, the update without a
/// receipt is withdrawn.
struct ProgressUndone {};
/// What this canary knows of a version on trial has grown: a report takes it along.
struct TrialMeasured {};
struct TimePassed {};
/// The daemon drains: says goodbye.
struct Stopping {};

using Event = std::variant<Connected, Disconnected, MessageReceived, StepLearned, DriftSeen, UpdateSpooled,
                           NothingTaken, VersionInstalled, VersionRefused, VersionUnreadable, ProgressUndone,
                           TrialMeasured, TimePassed, Stopping>;

// ---- Actions, to be performed in their order ----

struct Send {
    wire::FromNode message;
};
/// Send a wire::Report with the numbers of this moment.
struct SendReport {};
/// Send chunks [first, first + count) of the spooled update's sealed bytes, each limits::kChunkBytes but the last.
struct SendUpdateChunks {
    Sequence sequence;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
};
/// In one durable transaction: Δ since the last update → clip to the lease's norm → seal → sign → spool under
/// `sequence`; then UpdateSpooled, or NothingTaken. What is learned after this order belongs to the next update.
struct TakeUpdate {
    Sequence sequence;
    wire::Lease lease;
    wire::SignedBytes signed_lease;
    crypto::SealPublicKey seal_to;
    wire::DeltaPolicy delta{};
};
/// Durably: the update is accepted. Its Δ stays until a version counts it.
struct KeepReceipt {
    Sequence sequence;
    wire::SignedBytes receipt;
    wire::ReceiptBody body;
};
/// Durably: the update leaves the spool, its Δ is local progress again.
struct PutBack {
    Sequence sequence;
};
/// Durably: the update leaves the spool, and the weights go back to the installed version plus the Δ of accepted
/// updates: what was learned since is not fit to share.
struct DropProgress {
    Sequence sequence;
};
/// What is stored of another version is let go: from here on chunks are of this one. They should outlive the process.
struct BeginVersion {
    Announced what;
};
/// The next piece of it. Nobody has verified it: nothing of it may be used before InstallVersion.
struct StoreModelChunk {
    std::uint32_t index = 0;
    Bytes bytes;
};
/// Of the version that was begun, all chunks are stored. Their hash, or that of the values which they make of the
/// installed version, must be what was announced; else nothing changes, and VersionUnreadable. Then, durably: they,
/// decoded, will be the base, updates up to `counted` will leave the spool, and weights = base + Σ Δ of later updates +
/// progress not yet sent, whatever happens to the process; and VersionInstalled, or VersionRefused. Orders that follow
/// find it done.
struct InstallVersion {
    wire::Manifest manifest;
    wire::SignedBytes signed_manifest;
    Sequence counted;
    PushedAs as{};
    Tier tier = Tier::Heavy;                          ///< whose prefix it is
    Digest digest{};                                  ///< of the bytes, where they are no difference
    std::optional<AnnouncedDifference> difference{};  ///< else
};
/// Durably. A changed transport key or seal key is used from the next connection or update on.
struct KeepKeys {
    wire::SignedBytes signed_keys;
    wire::KeySet keys;
};
/// Durably.
struct KeepCertificate {
    wire::SignedBytes signed_certificate;
    wire::Certificate certificate;
};
/// What the fleet's audits have shown by the newest version, for the router; not durable, since Welcome repeats it.
struct HeedAudits {
    wire::AuditCounts counts;
};
/// What the fleet's heavy exits say of each class by the newest version, for a node without one; not durable, since
/// Welcome repeats it.
struct HeedSoftLabels {
    wire::SoftLabels labels;
};
/// What the coordinator makes of alarms, this node's and the fleet's; not durable, since Welcome repeats it.
struct HeedDrift {
    std::uint64_t alarms_known = 0;      ///< the highest number of this node's alarms that the ledger has
    std::chrono::milliseconds lasts{0};  ///< the fleet is in drift for so long from now
};
/// This node is a canary of `version`, and compares it with `against`; 0: of none. Before the version is fetched. Not
/// durable, since Welcome repeats it.
struct HeedTrial {
    ModelVersion version;
    ModelVersion against;
};
/// For the log and the status page.
struct Notice {
    enum class Level { Info, Warning, Error };
    Level level = Level::Info;
    std::string event;  ///< "update_refused"
    std::string text;   ///< what happened, and what to do where something can be done
};

using Action = std::variant<Send, SendReport, SendUpdateChunks, TakeUpdate, KeepReceipt, PutBack, DropProgress,
                            BeginVersion, StoreModelChunk, InstallVersion, KeepKeys, KeepCertificate, HeedAudits,
                            HeedSoftLabels, HeedDrift, HeedTrial, Notice>;
using Actions = std::vector<Action>;

}  // namespace skerry::node
