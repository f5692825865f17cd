#include "coordinator/draft_hashes.hpp"

namespace skerry::coordinator {

void DraftHashes::begin(const Digest& draft) {
    const std::lock_guard lock(mutex_);
    drafts_[draft] = {};
}

void DraftHashes::add(const Digest& draft, std::uint64_t at, ByteView bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = drafts_.find(draft);
    if (found == drafts_.end()) return;
    if (at != found->second.bytes) {
        drafts_.erase(found);
        return;
    }
    found->second.hash.update(bytes);
    found->second.bytes += bytes.size();
}

void DraftHashes::forget(const Digest& draft) {
    const std::lock_guard lock(mutex_);
    drafts_.erase(draft);
}

std::optional<Digest> DraftHashes::of(const Digest& draft, std::uint64_t bytes) const {
    const std::lock_guard lock(mutex_);
    const auto found = drafts_.find(draft);
    if (found == drafts_.end() || found->second.bytes != bytes) return std::nullopt;
    return found->second.hash.so_far();
}

}  // namespace skerry::coordinator
