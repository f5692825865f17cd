#include "coordinator/models/model_store.hpp"

#include <cstring>
#include <utility>

namespace skerry::coordinator {

std::shared_ptr<const ModelStore::Kept> ModelStore::kept(const Digest& digest) const {
    const std::lock_guard lock(mutex_);
    for (const auto& one : newest_) {
        if (one->digest == digest) return one;
    }
    for (const auto& weak : leaving_) {
        if (auto older = weak.lock(); older && older->digest == digest) return older;
    }
    return nullptr;
}

Result<> ModelStore::put(const Digest& digest, std::vector<float> weights, std::vector<EncodedVersion> encodings) {
    SKERRY_TRY(blobs_.put(digest, std::as_bytes(std::span(weights))));
    std::vector<std::shared_ptr<const Kept>> fresh;
    fresh.push_back(std::make_shared<const Kept>(Kept{digest, std::move(weights), {}}));
    for (EncodedVersion& encoding : encodings) {
        const Digest& name = encoding.what.digests.back();
        SKERRY_TRY(blobs_.put(name, encoding.bytes));
        fresh.push_back(std::make_shared<const Kept>(Kept{name, {}, std::move(encoding.bytes)}));
    }
    const std::lock_guard lock(mutex_);
    std::erase_if(leaving_, [](const auto& weak) { return weak.expired(); });
    leaving_.insert(leaving_.end(), newest_.begin(), newest_.end());
    newest_ = std::move(fresh);
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
        const ByteView all = memory->bytes();
        SKERRY_ASSERT(offset + count <= all.size());
        return SharedBytes{memory, all.subspan(static_cast<std::size_t>(offset), count)};
    }
    return SharedBytes::of(SKERRY_TRY(blobs_.get_range(digest, offset, count)));
}

}  // namespace skerry::coordinator
