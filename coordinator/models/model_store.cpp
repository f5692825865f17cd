#include "coordinator/models/model_store.hpp"

#include <algorithm>
#include <utility>

#include "common/crypto/hash.hpp"

namespace skerry::coordinator {
namespace {

constexpr std::size_t kKeptBytesMax = 32 << 20;
constexpr std::size_t kKeptDifferenceBytesMax = 8 << 20;
constexpr std::size_t kReadBytes = 1 << 20;

}  // namespace

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

Result<> ModelStore::store(Kept what, AllKept& fresh) {
    SKERRY_TRY(blobs_.put(what.digest, what.bytes()));
    if (what.bytes().size() <= kKeptBytesMax) fresh.push_back(std::make_shared<const Kept>(std::move(what)));
    return {};
}

void ModelStore::replace_newest(AllKept fresh) {
    const std::lock_guard lock(mutex_);
    std::erase_if(leaving_, [](const auto& weak) { return weak.expired(); });
    leaving_.insert(leaving_.end(), newest_.begin(), newest_.end());
    newest_ = std::move(fresh);
}

Result<> ModelStore::put(const Digest& digest, std::vector<float> weights) {
    AllKept fresh;
    SKERRY_TRY(store({digest, std::move(weights), {}}, fresh));
    replace_newest(std::move(fresh));
    return {};
}

Result<std::vector<wire::EncodedWeights>> ModelStore::put(const Digest& digest, std::vector<float> weights,
                                                          const parameters::ParameterLayout& layout,
                                                          std::span<const WeightEncoding> encodings) {
    AllKept fresh;
    std::vector<wire::EncodedWeights> made;
    for (const WeightEncoding encoding : encodings) {
        EncodedVersion encoded = encode_version(layout, digest, weights, encoding);
        made.push_back(encoded.what);
        SKERRY_TRY(store({encoded.what.digests.back(), {}, std::move(encoded.bytes)}, fresh));
    }
    SKERRY_TRY(store({digest, std::move(weights), {}}, fresh));
    replace_newest(std::move(fresh));
    return made;
}

Result<std::vector<wire::EncodedDifference>> ModelStore::put_differences(const Digest& base, const Digest& newest,
                                                                         const parameters::ParameterLayout& layout,
                                                                         std::span<const WeightEncoding> encodings,
                                                                         const KnownDigests& digests) {
    std::vector<WeightEncoding> all = {WeightEncoding::Float32};
    all.insert(all.end(), encodings.begin(), encodings.end());
    std::vector<wire::EncodedDifference> made;
    for (const WeightEncoding encoding : all) {
        auto difference = SKERRY_TRY(difference_of(
            [&](const parameters::Block& block) { return tensor(base, block); },
            [&](const parameters::Block& block) { return tensor(newest, block); }, layout, encoding, digests));
        if (!difference) continue;
        difference->what.weights = newest;
        difference->what.base_weights = base;
        made.push_back(difference->what);
        const Digest& name = difference->what.digests.back();
        SKERRY_TRY(blobs_.put(name, difference->bytes));
        if (difference->bytes.size() > kKeptDifferenceBytesMax) continue;
        difference->bytes.shrink_to_fit();
        const std::lock_guard lock(mutex_);
        newest_.push_back(std::make_shared<const Kept>(Kept{name, {}, std::move(difference->bytes)}));
    }
    return made;
}

Result<Tensor> ModelStore::tensor(const Digest& weights, const parameters::Block& block) const {
    return Tensor{SKERRY_TRY(bytes(weights, block.offset * sizeof(float), block.count * sizeof(float)))};
}

Result<std::vector<float>> ModelStore::load(const Digest& digest) const {
    if (const auto memory = kept(digest)) return memory->weights;
    const auto size = static_cast<std::size_t>(SKERRY_TRY(blobs_.size(digest)));
    std::vector<float> weights(size / sizeof(float));
    const std::span<std::byte> out = std::as_writable_bytes(std::span(weights));
    crypto::Sha256 hash;
    for (std::size_t at = 0; at < out.size(); at += kReadBytes) {
        const Bytes part = SKERRY_TRY(blobs_.read_unchecked(digest, at, std::min(kReadBytes, out.size() - at)));
        hash.update(part);
        std::ranges::copy(part, out.begin() + static_cast<std::ptrdiff_t>(at));
    }
    if (hash.finish() != digest) {
        return fail(ErrorCode::Unavailable, "the disk has changed the weights " + to_hex(digest) + " in blobs/");
    }
    return weights;
}

Result<Bytes> ModelStore::load_memory(const Digest& digest) const {
    Bytes memory = SKERRY_TRY(blobs_.get(digest));
    if (crypto::sha256(memory) == digest) return memory;
    return fail(ErrorCode::Unavailable, "the disk has changed the optimiser's memory " + to_hex(digest) + " in blobs/");
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
