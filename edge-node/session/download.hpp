#pragma once

#include <cstdint>
#include <optional>

#include "common/wire/messages.hpp"
#include "edge-node/session/state.hpp"

namespace skerry::node {

/// One version on its way to us: chunks are taken in order, with at most limits::kChunkCredit asked for and not
/// arrived. After a loss it goes on at the first missing chunk. What they come to is verified when all are there.
class Download {
public:
    /// `version.fetched_bytes()` is not 0. `chunks_there`: have arrived before, from the first; at most all.
    Download(Announced version, Tier tier, std::uint32_t chunks_there = 0);

    /// Asks for as many chunks as the credit allows; nothing while it is used up.
    [[nodiscard]] std::optional<wire::ModelPull> ask();
    /// What was asked for has not come in time: the next ask() begins at the first missing chunk.
    void forget_asked() { asked_ = next_; }

    enum class Taken {
        Ignored,   ///< of another version, out of order, or there already
        Stored,    ///< the next one: hand it to StoreModelChunk
        Complete,  ///< the last one
        Corrupt,   ///< of a wrong size: this download is at its end
    };
    [[nodiscard]] Taken take(const wire::ModelChunk& chunk);

    [[nodiscard]] ModelVersion version() const { return announced_.manifest.version; }
    [[nodiscard]] const Announced& announced() const { return announced_; }
    [[nodiscard]] std::uint32_t chunks_stored() const { return next_; }
    [[nodiscard]] std::uint32_t chunks() const { return chunks_; }
    [[nodiscard]] bool complete() const { return next_ == chunks_; }

private:
    [[nodiscard]] ModelVersion base() const {
        return announced_.difference ? announced_.difference->base : ModelVersion{};
    }

    Announced announced_;
    Tier tier_;
    std::uint32_t chunks_;
    std::uint32_t next_ = 0;   ///< the first chunk that is missing
    std::uint32_t asked_ = 0;  ///< chunks before this were asked for
};

}  // namespace skerry::node
