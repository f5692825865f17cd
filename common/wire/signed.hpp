#pragma once

#include <array>
#include <chrono>

#include "common/base/ids.hpp"
#include "common/base/precision.hpp"
#include "common/base/time.hpp"
#include "common/crypto/hpke.hpp"
#include "common/crypto/sign.hpp"
#include "common/wire/messages.hpp"

/// The records that are signed: fixed little-endian layouts (PROTOCOL.md §3), because signed bytes must be canonical.
/// sign(record, key) writes and signs; open_x(signed, key) verifies the signature BEFORE it parses.
/// open_x: PermissionDenied: not signed by that key. InvalidInput: signed, but not such a record: other bytes, a time
/// outside kTimeMin … kTimeMax, or a number beyond limits.hpp. Thread-safe.
namespace skerry::wire {

/// The first 16 bytes of SHA-256 over the root key: names a federation.
using FederationId = BytesId<struct FederationTag, 16>;

[[nodiscard]] FederationId federation_of(const crypto::VerifyKey& root);
[[nodiscard]] NodeId node_of(const crypto::VerifyKey& identity);

/// Root → everybody: the coordinator's working keys. Serial grows at each rotation; nodes refuse a lower one.
struct KeySet {
    FederationId federation;
    std::uint64_t serial = 0;
    crypto::VerifyKey signing;   ///< leases, receipts, manifests
    crypto::SealPublicKey seal;  ///< updates are sealed to this
    ByteArray<32> transport{};   ///< CURVE server key
    bool operator==(const KeySet&) const = default;
};

/// Root → node: "this is a member".
struct Certificate {
    FederationId federation;
    NodeId node;
    crypto::VerifyKey identity;
    ByteArray<32> transport{};
    Tier tier = Tier::Heavy;  ///< the most it may hold and train
    TimePoint not_before, not_after;
    bool operator==(const Certificate&) const = default;
};

/// Coordinator → node: permission to contribute once.
struct Lease {
    FederationId federation;
    LeaseId id;
    NodeId node;
    Digest model{};
    ModelVersion base;
    Tier tier = Tier::Heavy;
    std::uint32_t examples_max = 0;
    std::uint64_t sealed_bytes_max = 0;
    float norm_max = 0;  ///< L2 norm of the trained part of Δ; the node clips to it
    TimePoint expires;   ///< by the coordinator's clock alone
    bool operator==(const Lease&) const = default;
};

/// Coordinator → node: "durable; it will have exactly one fate".
struct ReceiptBody {
    FederationId federation;
    UpdateId update;
    LeaseId lease;
    Digest content{};
    std::uint64_t weight = 0;
    TimePoint accepted;
    bool operator==(const ReceiptBody&) const = default;
};

/// Coordinator → nodes: a model version. Its number never goes back.
struct Manifest {
    FederationId federation;
    ModelVersion version, parent;
    RoundId round;  ///< 0 for the initial weights
    Digest model{};
    std::array<std::uint64_t, kTiers> values{};  ///< float32 values of each tier's prefix
    std::array<Digest, kTiers> digests{};        ///< SHA-256 of each tier's prefix bytes
    std::uint32_t updates = 0;                   ///< counted in it
    Digest sum{};                                ///< SHA-256 of the exact integer sums and weights
    Digest contributors{};                       ///< SHA-256 over the sorted (node, sequence, content, weight)
    TimePoint published;
    bool operator==(const Manifest&) const = default;
};

/// Coordinator → nodes: a version's weights in fewer bytes, beside its manifest. A function of the weights and the
/// encoding alone, so it is made once and made again byte for byte; a node checks its sizes against its own layout.
struct EncodedWeights {
    FederationId federation;
    ModelVersion version;
    Digest weights{};  ///< the manifest's digest of the heavy prefix: what was encoded
    WeightEncoding encoding = WeightEncoding::Float16;
    std::array<std::uint64_t, kTiers> bytes{};  ///< of each tier's prefix, as encoded
    std::array<Digest, kTiers> digests{};       ///< SHA-256 of those bytes
    /// The most that a weight of the prefix is off, as a share of the largest weight of its tensor.
    std::array<float, kTiers> errors{};
    bool operator==(const EncodedWeights&) const = default;
};

/// Coordinator → nodes: what turns a version's weights into another's, for a node that holds exactly the former as it
/// reads them from that encoding (difference_codec.hpp; a segment for each tensor).
struct EncodedDifference {
    FederationId federation;
    ModelVersion version;
    Digest weights{};  ///< the manifest's digest of the heavy prefix
    WeightEncoding encoding = WeightEncoding::Float32;
    ModelVersion base;
    Digest base_weights{};                      ///< likewise, of the base
    std::array<std::uint64_t, kTiers> bytes{};  ///< of each tier's prefix
    std::array<Digest, kTiers> digests{};       ///< SHA-256 of those bytes
    std::array<Digest, kTiers> values{};        ///< SHA-256 of the float32 that come out, of each tier's prefix
    bool operator==(const EncodedDifference&) const = default;
};

[[nodiscard]] SignedBytes sign(const KeySet& record, const crypto::SigningKey& root);
[[nodiscard]] SignedBytes sign(const Certificate& record, const crypto::SigningKey& root);
[[nodiscard]] SignedBytes sign(const Lease& record, const crypto::SigningKey& signing);
[[nodiscard]] SignedBytes sign(const ReceiptBody& record, const crypto::SigningKey& signing);
[[nodiscard]] SignedBytes sign(const Manifest& record, const crypto::SigningKey& signing);
[[nodiscard]] SignedBytes sign(const EncodedWeights& record, const crypto::SigningKey& signing);
[[nodiscard]] SignedBytes sign(const EncodedDifference& record, const crypto::SigningKey& signing);

[[nodiscard]] Result<KeySet> open_keys(const SignedBytes& bytes, const crypto::VerifyKey& root);
[[nodiscard]] Result<Certificate> open_certificate(const SignedBytes& bytes, const crypto::VerifyKey& root);
[[nodiscard]] Result<Lease> open_lease(const SignedBytes& bytes, const crypto::VerifyKey& signing);
[[nodiscard]] Result<ReceiptBody> open_receipt(const SignedBytes& bytes, const crypto::VerifyKey& signing);
[[nodiscard]] Result<Manifest> open_manifest(const SignedBytes& bytes, const crypto::VerifyKey& signing);
/// InvalidInput also for an encoding that this version does not know.
[[nodiscard]] Result<EncodedWeights> open_encoded(const SignedBytes& bytes, const crypto::VerifyKey& signing);
[[nodiscard]] Result<EncodedDifference> open_difference(const SignedBytes& bytes, const crypto::VerifyKey& signing);

}  // namespace skerry::wire
