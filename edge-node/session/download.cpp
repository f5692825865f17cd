#include "edge-node/session/download.hpp"

#include <algorithm>
#include <utility>

#include "common/base/limits.hpp"

namespace skerry::node {

Download::Download(wire::Manifest manifest, wire::SignedBytes signed_manifest, Sequence counted, Tier tier)
    : manifest_(std::move(manifest)),
      signed_manifest_(std::move(signed_manifest)),
      counted_(counted),
      tier_(tier),
      bytes_(manifest_.values[static_cast<std::size_t>(tier)] * sizeof(float)),
      chunks_(static_cast<std::uint32_t>((bytes_ + limits::kChunkBytes - 1) / limits::kChunkBytes)) {
    SKERRY_ASSERT(bytes_ > 0);
}

std::optional<wire::ModelPull> Download::ask() {
    const auto free = static_cast<std::uint32_t>(limits::kChunkCredit) - (asked_ - next_);
    const std::uint32_t count = std::min(free, chunks_ - asked_);
    if (count == 0) return std::nullopt;
    const wire::ModelPull pull{manifest_.version, tier_, asked_, count};
    asked_ += count;
    return pull;
}

Download::Taken Download::take(const wire::ModelChunk& chunk) {
    if (chunk.version != manifest_.version || chunk.tier != tier_ || chunk.index != next_ || next_ == chunks_) {
        return Taken::Ignored;
    }
    const std::uint64_t offset = std::uint64_t{chunk.index} * limits::kChunkBytes;
    if (chunk.bytes.size() != std::min<std::uint64_t>(limits::kChunkBytes, bytes_ - offset)) {
        restart();
        return Taken::Corrupt;
    }
    hash_.update(chunk.bytes);
    ++next_;
    asked_ = std::max(asked_, next_);
    if (next_ < chunks_) return Taken::Stored;
    if (hash_.finish() == manifest_.digests[static_cast<std::size_t>(tier_)]) return Taken::Complete;
    restart();
    return Taken::Corrupt;
}

void Download::restart() {
    static_cast<void>(hash_.finish());
    next_ = asked_ = 0;
}

}  // namespace skerry::node
