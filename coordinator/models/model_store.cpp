#include "coordinator/models/model_store.hpp"

#include <cstring>

namespace skerry::coordinator {

std::shared_ptr<const ModelStore::Kept> ModelStore::kept(const Digest& digest) const {
    const std::lock_guard lock(mutex_);
    if (kept_ && kept_->digest == digest) return kept_;
    for (const auto& weak : leaving_) {
        if (auto older = weak.lock(); older && older->digest == digest) return older;
    }
    return nullptr;
}

void ModelStore::keep(std::shared_ptr<const Kept> fresh) {
    const std::lock_guard lock(mutex_);
    std::erase_if(leaving_, [](const auto& weak) { return weak.expired(); });
    if (kept_) leaving_.push_back(kept_);
    kept_ = std::move(fresh);
}

Result<> ModelStore::put(const Digest& digest, std::vector<float> weights) {
    SKERRY_TRY(blobs_.put(digest, std::as_bytes(std::span(weights))));
    keep(std::make_shared<const Kept>(Kept{digest, std::move(weights)}));
    return {};
}

Result<std::vector<float>> ModelStore::load(const Digest& digest) const {
    if (const auto memory = kept(digest)) return memory->weights;
    const Bytes blob = SKERRY_TRY(blobs_.get(digest));
    std::vector<float> weights(blob.size() / sizeof(float));
    std::memcpy(weights.data(), blob.data(), weights.size() * sizeof(float));
    return weights;
}

Result<SharedBytes> ModelStore::bytes(const Digest& digest, std::uint64_t offset, std::size_t count) const {
    if (const auto memory = kept(digest)) {
        const ByteView all = std::as_bytes(std::span(memory->weights));
        SKERRY_ASSERT(offset + count <= all.size());
        return SharedBytes{memory, all.subspan(static_cast<std::size_t>(offset), count)};
    }
    return SharedBytes::of(SKERRY_TRY(blobs_.get_range(digest, offset, count)));
}

Result<> ModelStore::keep_in_memory(const Digest& digest) {
    keep(std::make_shared<const Kept>(Kept{digest, SKERRY_TRY(load(digest))}));
    return {};
}

}  // namespace skerry::coordinator
