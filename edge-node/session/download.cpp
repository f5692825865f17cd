#include "edge-node/session/download.hpp"

#include <algorithm>
#include <utility>

#include "common/base/limits.hpp"

namespace skerry::node {

Download::Download(Announced version, Tier tier)
    : announced_(std::move(version)),
      tier_(tier),
      chunks_(static_cast<std::uint32_t>((announced_.bytes + limits::kChunkBytes - 1) / limits::kChunkBytes)) {
    SKERRY_ASSERT(chunks_ > 0);
}

std::optional<wire::ModelPull> Download::ask() {
    const auto free = static_cast<std::uint32_t>(limits::kChunkCredit) - (asked_ - next_);
    const std::uint32_t count = std::min(free, chunks_ - asked_);
    if (count == 0) return std::nullopt;
    const wire::ModelPull pull{version(), tier_, asked_, count, announced_.as.encoding};
    asked_ += count;
    return pull;
}

Download::Taken Download::take(const wire::ModelChunk& chunk) {
    if (chunk.version != version() || chunk.tier != tier_ || chunk.encoding != announced_.as.encoding ||
        chunk.index != next_ || next_ == chunks_) {
        return Taken::Ignored;
    }
    const std::uint64_t offset = std::uint64_t{chunk.index} * limits::kChunkBytes;
    if (chunk.bytes.size() != std::min<std::uint64_t>(limits::kChunkBytes, announced_.bytes - offset)) {
        restart();
        return Taken::Corrupt;
    }
    hash_.update(chunk.bytes);
    ++next_;
    asked_ = std::max(asked_, next_);
    if (next_ < chunks_) return Taken::Stored;
    if (hash_.finish() == announced_.digest) return Taken::Complete;
    restart();
    return Taken::Corrupt;
}

void Download::restart() {
    static_cast<void>(hash_.finish());
    next_ = asked_ = 0;
}

}  // namespace skerry::node
