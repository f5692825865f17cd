#include "edge-node/session/download.hpp"

#include <algorithm>
#include <utility>

#include "common/base/limits.hpp"

namespace skerry::node {

Download::Download(Announced version, Tier tier, std::uint32_t chunks_there)
    : announced_(std::move(version)),
      tier_(tier),
      chunks_(static_cast<std::uint32_t>((announced_.fetched_bytes() + limits::kChunkBytes - 1) / limits::kChunkBytes)),
      next_(chunks_there),
      asked_(chunks_there) {
    SKERRY_ASSERT(chunks_ > 0 && next_ <= chunks_);
}

std::optional<wire::ModelPull> Download::ask() {
    const auto free = static_cast<std::uint32_t>(limits::kChunkCredit) - (asked_ - next_);
    const std::uint32_t count = std::min(free, chunks_ - asked_);
    if (count == 0) return std::nullopt;
    const wire::ModelPull pull{version(), tier_, asked_, count, announced_.as.encoding, base()};
    asked_ += count;
    return pull;
}

Download::Taken Download::take(const wire::ModelChunk& chunk) {
    if (chunk.version != version() || chunk.tier != tier_ || chunk.encoding != announced_.as.encoding ||
        chunk.base != base() || chunk.index != next_ || complete()) {
        return Taken::Ignored;
    }
    const std::uint64_t offset = std::uint64_t{chunk.index} * limits::kChunkBytes;
    if (chunk.bytes.size() != std::min<std::uint64_t>(limits::kChunkBytes, announced_.fetched_bytes() - offset)) {
        return Taken::Corrupt;
    }
    ++next_;
    asked_ = std::max(asked_, next_);
    return complete() ? Taken::Complete : Taken::Stored;
}

}  // namespace skerry::node
