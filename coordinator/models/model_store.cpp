#include "coordinator/models/model_store.hpp"

#include <cstring>

namespace skerry::coordinator {

std::shared_ptr<const ModelStore::Kept> ModelStore::kept(const Digest& digest) const {
    const std::lock_guard lock(mutex_);
    return kept_ && kept_->digest == digest ? kept_ : nullptr;
}

Result<> ModelStore::put(const Digest& digest, std::vector<float> weights) {
    SKERRY_TRY(blobs_.put(digest, std::as_bytes(std::span(weights))));
    auto fresh = std::make_shared<const Kept>(Kept{digest, std::move(weights)});
    const std::lock_guard lock(mutex_);
    kept_ = std::move(fresh);
    return {};
}

Result<std::vector<float>> ModelStore::load(const Digest& digest) const {
    if (const auto memory = kept(digest)) return memory->weights;
    const Bytes blob = SKERRY_TRY(blobs_.get(digest));
    std::vector<float> weights(blob.size() / sizeof(float));
    std::memcpy(weights.data(), blob.data(), weights.size() * sizeof(float));
    return weights;
}

Result<Bytes> ModelStore::bytes(const Digest& digest, std::uint64_t offset, std::size_t count) const {
    if (const auto memory = kept(digest)) {
        const ByteView all = std::as_bytes(std::span(memory->weights));
        SKERRY_ASSERT(offset + count <= all.size());
        return copy_of(all.subspan(static_cast<std::size_t>(offset), count));
    }
    return blobs_.get_range(digest, offset, count);
}

Result<> ModelStore::keep_in_memory(const Digest& digest) {
    auto fresh = std::make_shared<const Kept>(Kept{digest, SKERRY_TRY(load(digest))});
    const std::lock_guard lock(mutex_);
    kept_ = std::move(fresh);
    return {};
}

}  // namespace skerry::coordinator
