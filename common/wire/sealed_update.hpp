#pragma once

#include <optional>
#include <span>
#include <vector>

#include "common/crypto/hpke.hpp"
#include "common/crypto/sign.hpp"
#include "common/wire/audit_counts.hpp"
#include "common/wire/delta_codec.hpp"
#include "common/wire/error_counts.hpp"
#include "common/wire/messages.hpp"
#include "common/wire/signed.hpp"
#include "common/wire/soft_labels.hpp"

/// The sealed update: HPKE to the coordinator's sealing key (RFC 9180, X25519 / HKDF-SHA256 / ChaCha20-Poly1305), one
/// encapsulation each, so that no counter must survive a crash; Ed25519 by the node over SHA-256(header ‖ chunks).
/// It stays closed through relays, in spools, in backups. Byte layout: PROTOCOL.md §4.
namespace skerry::wire {

/// The clear header, fixed 256 bytes on the wire; bound into every chunk's associated data and into the signature.
struct UpdateHeader {
    FederationId federation;
    UpdateId update;
    LeaseId lease;
    ModelVersion base;
    Digest model{};
    Tier tier = Tier::Heavy;
    std::uint32_t examples = 0;            ///< claimed; the lease bounds what counts
    bool audits = false;                   ///< the body has audit counts
    bool error_counts = false;             ///< the body has error counts
    std::uint64_t plain_bytes = 0;         ///< of the body before sealing
    ByteArray<32> encapsulated{};          ///< HPKE enc
    std::uint16_t soft_label_classes = 0;  ///< of the body's soft labels; 0: it has none
    DeltaForm form;                        ///< how the body's Δ is written
    bool operator==(const UpdateHeader&) const = default;

    /// Of update `sequence` of the lease's node, as the lease allows it.
    [[nodiscard]] static UpdateHeader under(const Lease& lease, Sequence sequence, std::uint32_t examples);
};

/// What is inside.
struct UpdateBody {
    std::uint64_t labelled = 0;  ///< since the last update
    std::uint64_t errors = 0;
    std::vector<ClassPairCount> confusions;   ///< ≤ limits::kReportClassPairsMax, the most frequent
    std::optional<ErrorCounts> error_counts;  ///< nothing: the node is older than they are
    AuditCounts audits;                       ///< of the newest of the node's audits; may be empty
    SoftLabels soft_labels;                   ///< the newest; may be empty
    std::vector<float> delta;                 ///< Δ for the tier's prefix; but first the normaliser's moments, whole
    Bytes written;                            ///< to seal, where the header's form is not float32: encode_delta's
    bool operator==(const UpdateBody&) const = default;
};

/// As it lies in the spool and in the coordinator's blobs: header ‖ sealed chunks ‖ signature.
struct SealedUpdate {
    Bytes header;
    Bytes sealed;
    ByteArray<64> signature{};
    Digest content{};

    [[nodiscard]] Bytes blob() const;
    /// InvalidInput: too short to be one. Checks nothing else.
    [[nodiscard]] static Result<SealedUpdate> from_blob(ByteView blob);
};

/// Seals and signs. What `header` says of the body but `form`, its size and `.encapsulated` are filled in here.
[[nodiscard]] Result<SealedUpdate> seal(UpdateHeader header, const UpdateBody& body, const crypto::SealPublicKey& to,
                                        const crypto::SigningKey& identity);

/// InvalidInput: not exactly such a header, unknown flags or suite.
[[nodiscard]] Result<UpdateHeader> read_header(ByteView header);

/// The sealed size that a body of `plain_bytes` takes: what an honest offer says.
[[nodiscard]] std::uint64_t sealed_size(std::uint64_t plain_bytes);
/// The body size of a Δ of `values` float32 with `pairs` confusion counts, and with the other counts or without; soft
/// labels of so many classes, or none.
enum class WithAudits { No, Yes };
enum class WithErrorCounts { No, Yes };
[[nodiscard]] std::uint64_t body_size(std::uint64_t values, std::size_t pairs, WithAudits audits = WithAudits::No,
                                      WithErrorCounts errors = WithErrorCounts::No, std::size_t soft_label_classes = 0);
/// As the header says, but for its form.
[[nodiscard]] std::uint64_t body_size(std::uint64_t values, std::size_t pairs, const UpdateHeader& header);

/// PermissionDenied: the signature is not `identity`'s over `content`.
[[nodiscard]] Result<> verify_signature(const Digest& content, const ByteArray<64>& signature,
                                        const crypto::VerifyKey& identity);

/// Opens what verify_signature has accepted. PermissionDenied: the chunks do not open under this key and header.
/// InvalidInput: they open, but the body is not one. Never allocates more than header.plain_bytes + one chunk, and
/// header.form.values floats, which the caller has bounded by the lease and the model.
[[nodiscard]] Result<UpdateBody> open(const SealedUpdate& update, const crypto::SealPrivateKey& key);

}  // namespace skerry::wire
