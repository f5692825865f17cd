#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/drift_alarm.hpp"
#include "common/base/ids.hpp"
#include "common/base/precision.hpp"
#include "common/base/time.hpp"
#include "common/wire/audit_counts.hpp"
#include "common/wire/delta_codec.hpp"
#include "common/wire/soft_labels.hpp"
#include "common/wire/trial_counts.hpp"

/// What a node and the coordinator say to each other, as plain structs: what the pure cores see. PROTOCOL.md tells
/// the story; codec.hpp turns them into frames and back, checking every bound of limits.hpp on the way in. Texts are
/// sentences of at most limits::kTextMax bytes of UTF-8 without control characters.
namespace skerry::wire {

/// Times on the wire lie between these, so that the arithmetic of whoever receives them cannot overflow.
inline constexpr TimePoint kTimeMin{std::chrono::milliseconds{0}};
inline constexpr TimePoint kTimeMax{std::chrono::milliseconds{253'402'300'799'999}};  // the end of the year 9999

/// Bytes of a sealed update's clear header (sealed_update.hpp).
inline constexpr std::size_t kUpdateHeaderBytes = 256;

// ---- What is signed travels as the exact bytes that were signed; signed.hpp builds, verifies and reads them. ----

/// A canonical binary record and the Ed25519 signature over its domain-separated digest.
struct SignedBytes {
    Bytes body;
    ByteArray<64> signature{};

    bool operator==(const SignedBytes&) const = default;
};

// ---- Node → coordinator ----

/// First message of every connection, repeated until answered by Welcome.
struct Hello {
    std::uint32_t protocol = 0;  ///< limits::kProtocolVersion
    Digest model{};              ///< identity of the declared model that the node runs
    ModelVersion installed;      ///< newest version it has verified and made durable; 0: none
    Sequence last_sequence;      ///< highest it ever gave to an update
    TimePoint certificate_expires;
    std::string software;  ///< "skerry-node 0.1.0"
    bool operator==(const Hello&) const = default;
};

/// "I have learned; may I contribute?" Answered by LeaseGrant or LeaseDenied.
struct LeaseRequest {
    ModelVersion base;  ///< the installed version that the progress stands on
    Tier tier = Tier::Heavy;
    bool operator==(const LeaseRequest&) const = default;
};

/// "Here is my sealed update." Answered by PullUpdate, Receipt or Refusal. Safe to repeat for ever.
struct UpdateOffer {
    SignedBytes lease;
    Bytes header;                    ///< the fixed binary header of the sealed update (sealed_update.hpp)
    std::uint64_t sealed_bytes = 0;  ///< all sealed chunks together
    Digest content{};                ///< SHA-256(header ‖ sealed chunks)
    ByteArray<64> signature{};       ///< the node's, over the content
    bool operator==(const UpdateOffer&) const = default;
};

/// One piece of the sealed bytes, as PullUpdate asked for it.
struct UpdateChunk {
    Sequence sequence;
    std::uint32_t index = 0;
    Bytes bytes;  ///< travels as a raw frame
    bool operator==(const UpdateChunk&) const = default;
};

/// Asks for chunks [first, first+count) of a version's prefix; the coordinator keeps no state for it.
struct ModelPull {
    ModelVersion version;
    Tier tier = Tier::Heavy;
    std::uint32_t first = 0;
    std::uint32_t count = 0;  ///< ≤ limits::kChunkCredit: the credit
    WeightEncoding encoding = WeightEncoding::Float32;
    ModelVersion base{};  ///< not 0: of the difference to that version
    bool operator==(const ModelPull&) const = default;
};

/// How the node is doing; best effort, also the heartbeat. Never holds a sample.
struct Report {
    ModelVersion global;  ///< what it serves: "global.local"
    std::uint64_t local = 0;
    std::uint64_t predictions = 0;  ///< since the node was created, as all counts here
    std::uint64_t labelled = 0;
    std::uint64_t errors = 0;
    double accuracy_recent = 0;  ///< prequential, over the last 10 triggers; 0…1
    std::array<std::uint64_t, kTiers> answered{};
    std::array<std::uint32_t, kTiers> latency_p50_us{};
    double learning_rate = 0;
    std::string learning_reason;  ///< the elastic rate's sentence
    /// The newest that the coordinator does not know, at most kReportedAlarmsMax, by number.
    std::vector<DriftAlarm> alarms{};
    std::optional<TrialCounts> trial{};  ///< of a version that this node is a canary of
    bool operator==(const Report&) const = default;
};

/// "I am stopping": lets the coordinator show the node as away at once.
struct Goodbye {
    bool operator==(const Goodbye&) const = default;
};

using FromNode = std::variant<Hello, LeaseRequest, UpdateOffer, UpdateChunk, ModelPull, Report, Goodbye>;

// ---- Coordinator → node ----

/// What the coordinator makes of the fleet's alarms.
struct DriftNotice {
    static constexpr std::chrono::milliseconds kLastsMax{std::chrono::hours(24)};

    std::chrono::milliseconds lasts{0};  ///< the fleet is in drift for so long from now; 0: it is not
    /// The round that gathers is an early one: each learning step is worth an update until the next version.
    bool early = false;
    bool operator==(const DriftNotice&) const = default;
};

/// A version, and which of this node's updates it (with its ancestors) has counted. The pair is what makes a rebase
/// exact: on installing `manifest` the node re-applies exactly its progress after `counted`.
struct Announcement {
    SignedBytes manifest;  ///< signed.hpp: Manifest
    Sequence counted;      ///< the highest sequence of this node that is counted in it
    AuditCounts audits{};  ///< what the fleet's audits have shown by then, for the nodes' routers; may be empty
    /// signed.hpp: EncodedWeights, one for each encoding that the node may pull instead of float32.
    std::vector<SignedBytes> encodings{};
    std::uint64_t alarms_known = 0;  ///< highest number of this node's alarms in the ledger: lower ones are settled
    DriftNotice drift{};
    SoftLabels soft_labels{};  ///< what the fleet's heavy exits say of each class by then; may be empty
    /// Not 0: the version is on trial, and this node one of its canaries, which compares it with this older one.
    ModelVersion trial_against{};
    /// signed.hpp: EncodedDifference, one for each that a node may pull instead, if it holds the base.
    std::vector<SignedBytes> differences{};
    bool operator==(const Announcement&) const = default;
};

struct Welcome {
    SignedBytes keys;                    ///< signed.hpp: KeySet, by the root that the token pinned
    SignedBytes certificate;             ///< empty body: the node's own is fresh enough
    Sequence accepted;                   ///< the node's highest sequence in the ledger; its next is above this
    std::uint32_t steps_per_update = 0;  ///< learning steps between two updates
    Announcement newest;
    DeltaPolicy delta{};  ///< how updates are to be written; an encoding this version has not: fp32
    bool operator==(const Welcome&) const = default;
};

struct LeaseGrant {
    SignedBytes lease;  ///< signed.hpp: Lease
    bool operator==(const LeaseGrant&) const = default;
};

struct LeaseDenied {
    enum class Reason : std::uint8_t {
        Wait,         ///< an update of this node waits already, or the text says why: ask again
        StaleBase,    ///< install the newest version first
        TierTooHigh,  ///< more of the network than the certificate allows
    };
    Reason reason = Reason::Wait;
    std::chrono::milliseconds retry_after{0};
    std::string text{};  ///< what there is to say beyond the reason; may be empty
    bool operator==(const LeaseDenied&) const = default;
};

/// Asks for chunks [first, first+count) of an offered update.
struct PullUpdate {
    Sequence sequence;
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    bool operator==(const PullUpdate&) const = default;
};

/// Sent only after the durable commit; the same bytes however often the update is offered again.
struct Receipt {
    Sequence sequence;
    SignedBytes receipt;  ///< signed.hpp: ReceiptBody
    bool operator==(const Receipt&) const = default;
};

/// Why an update was not taken. The name (name_of) is stable and stands in the ledger.
enum class RefusalCode : std::uint8_t {
    Malformed,      ///< header or chunk that cannot be read
    Unsigned,       ///< the signature is not this node's over these bytes
    Unleased,       ///< no valid lease of this node: forged, expired or another's
    Replayed,       ///< its lease or sequence was already spent on other content
    Stale,          ///< its base is more than limits::kStalenessMax versions behind
    Oversized,      ///< larger than the lease allows
    Misshapen,      ///< not the declared model, or not a tier's prefix
    Undecryptable,  ///< not sealed to this coordinator, or altered
    NonFinite,      ///< a NaN or an infinity
    OutOfBounds,    ///< a value beyond limits::kDeltaMax
    Norm,           ///< a larger norm than the lease allows
    NotYourTurn,    ///< another update of this node already waits in the open round
};
/// Stable lower-case name: "malformed", "not_your_turn".
[[nodiscard]] std::string_view name_of(RefusalCode code);
/// InvalidInput: another word.
[[nodiscard]] Result<RefusalCode> refusal_named(std::string_view name);

struct Refusal {
    Sequence sequence;
    RefusalCode code = RefusalCode::Malformed;
    std::string text;
    bool operator==(const Refusal&) const = default;
};

/// One piece of a version's prefix, as ModelPull asked for it.
struct ModelChunk {
    ModelVersion version;
    Tier tier = Tier::Heavy;
    std::uint32_t index = 0;
    Bytes bytes;  ///< travels as a raw frame
    WeightEncoding encoding = WeightEncoding::Float32;
    ModelVersion base{};  ///< as it was asked for
    bool operator==(const ModelChunk&) const = default;
};

/// The coordinator will not talk to this node: revoked, expired, another protocol or model. Says what to do.
struct Denied {
    enum class Reason : std::uint8_t { Revoked, Protocol, Model, UnknownVersion, Expired };
    Reason reason = Reason::Revoked;
    std::string text;
    bool operator==(const Denied&) const = default;
};

/// Stable lower-case names, for logs and JSON: "stale_base", "revoked".
[[nodiscard]] std::string_view name_of(LeaseDenied::Reason reason);
[[nodiscard]] std::string_view name_of(Denied::Reason reason);

using FromCoordinator =
    std::variant<Welcome, Announcement, LeaseGrant, LeaseDenied, PullUpdate, Receipt, Refusal, ModelChunk, Denied>;

// ---- Enrolment: one question, one answer, on its own socket ----

struct JoinRequest {
    TokenId token;
    ByteArray<32> identity{};   ///< the node's Ed25519 key
    ByteArray<32> transport{};  ///< the node's CURVE key
    std::string name;           ///< for people; what name_problem() has nothing against
    Tier tier = Tier::Heavy;    ///< the most it wants to hold
    ByteArray<32> nonce{};
    ByteArray<32> proof{};      ///< HMAC of all above under the token's secret
    ByteArray<64> signature{};  ///< the identity's, over all above
    bool operator==(const JoinRequest&) const = default;
};

inline constexpr std::size_t kNodeNameBytesMax = 64;
/// Why this cannot be a node's name, in words an operator understands; empty: it can. A name has 1 to
/// kNodeNameBytesMax bytes of UTF-8 without control characters.
[[nodiscard]] std::string name_problem(std::string_view node_name);

struct JoinReply {
    bool admitted = false;
    std::string text;            ///< why not, and what to do; empty when admitted
    ByteArray<32> root{};        ///< must be what the token pins
    SignedBytes keys;            ///< signed.hpp: KeySet
    SignedBytes certificate;     ///< signed.hpp: Certificate
    std::string model;           ///< canonical text of the declared model
    std::string fleet_endpoint;  ///< where to connect from now on
    ByteArray<32> proof{};       ///< HMAC over the request and all above: the coordinator knows the secret too
    bool operator==(const JoinReply&) const = default;
};

}  // namespace skerry::wire
