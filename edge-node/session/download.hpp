#pragma once

#include <cstdint>
#include <optional>

#include "common/crypto/hash.hpp"
#include "common/wire/messages.hpp"
#include "common/wire/signed.hpp"
#include "edge-node/session/state.hpp"

namespace skerry::node {

/// What is announced and verified, and as which bytes we fetch it.
struct Announced {
    wire::Manifest manifest;
    wire::SignedBytes signed_manifest;
    Sequence counted;
    PushedAs as;
    std::uint64_t bytes = 0;  ///< of our tier's prefix, as encoded
    Digest digest{};          ///< of these bytes
};

/// One version on its way to us: chunks are taken in order and hashed as they come, with at most limits::kChunkCredit
/// asked for and not arrived. After a loss it goes on at the first missing chunk.
class Download {
public:
    /// `version.bytes` is not 0.
    Download(Announced version, Tier tier);

    /// Asks for as many chunks as the credit allows; nothing while it is used up.
    [[nodiscard]] std::optional<wire::ModelPull> ask();
    /// What was asked for has not come in time: the next ask() begins at the first missing chunk.
    void forget_asked() { asked_ = next_; }

    enum class Taken {
        Ignored,   ///< of another version, out of order, or there already
        Stored,    ///< the next one: hand it to StoreModelChunk
        Complete,  ///< the last one, and the whole is what was announced
        Corrupt,   ///< of a wrong size, or the whole is not what was announced: everything begins anew
    };
    [[nodiscard]] Taken take(const wire::ModelChunk& chunk);

    [[nodiscard]] ModelVersion version() const { return announced_.manifest.version; }
    [[nodiscard]] const Announced& announced() const { return announced_; }
    [[nodiscard]] std::uint32_t chunks_stored() const { return next_; }
    [[nodiscard]] std::uint32_t chunks() const { return chunks_; }

private:
    void restart();

    Announced announced_;
    Tier tier_;
    std::uint32_t chunks_;
    std::uint32_t next_ = 0;   ///< the first chunk that is missing
    std::uint32_t asked_ = 0;  ///< chunks before this were asked for
    crypto::Sha256 hash_;
};

}  // namespace skerry::node
