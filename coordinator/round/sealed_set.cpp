#include "coordinator/round/sealed_set.hpp"

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "coordinator/round/stored_update.hpp"

namespace skerry::coordinator {
namespace {

// Where opened chunks are not kept, one is opened twice at each seam: so few of them.
constexpr std::size_t kChunksBetweenSeams = 16;

tl::unexpected<Error> damaged(const Digest& content, const std::string& why) {
    return fail(ErrorCode::Internal, "the stored update " + to_hex(content) + " is damaged (" + why +
                                         "): restore the coordinator's directory from a backup");
}

/// What does not open is damaged; what cannot be read says so itself.
template <class Value>
Result<Value> or_damaged(const Digest& content, Result<Value> read) {
    if (read || read.error().code == ErrorCode::NotFound || read.error().code == ErrorCode::Unavailable) return read;
    return damaged(content, read.error().message);
}

}  // namespace

SealedSet::SealedSet(std::span<const Contribution> set, const storage::BlobStore& blobs,
                     const crypto::SealPrivateKey& key, std::size_t memory_max, const ExaminedUpdates* examined)
    : set_(set), blobs_(blobs), key_(key), memory_max_(memory_max), examined_(examined), readers_(set.size()) {}

std::optional<aggregation::TierNorms> SealedSet::norms(std::size_t update) const {
    const auto* const known = examined(set_[update].content);
    return known != nullptr ? std::optional(known->norms) : std::nullopt;
}

aggregation::UpdateInfo SealedSet::about(std::size_t update) const {
    return {set_[update].content, set_[update].tier, set_[update].weight};
}

Result<wire::UpdateReader> SealedSet::open(const Digest& content) const {
    const auto* const known = examined(content);
    const auto find = known != nullptr ? &find_update : &find_and_hash_update;
    const StoredUpdate stored = SKERRY_TRY(or_damaged(content, find(blobs_, content)));
    if (known != nullptr && crypto::sha256(stored.header) != known->header)
        return damaged(content, "its header is another");
    const auto sealed = [&blobs = blobs_, content](std::uint64_t offset, std::size_t count) {
        return blobs.read_unchecked(content, wire::kUpdateHeaderBytes + offset, count);
    };
    return or_damaged(content, wire::UpdateReader::open(stored.header, stored.sealed_bytes, sealed, key_));
}

Result<wire::UpdateReader*> SealedSet::reader(std::size_t update) {
    if (!readers_[update]) {
        readers_[update] = SKERRY_TRY(open(set_[update].content));
        (void)readers_[update]->take_head();
        if (!keeps_chunks()) readers_[update]->forget();
    }
    return &*readers_[update];
}

Result<std::size_t> SealedSet::values(std::size_t update) {
    return static_cast<std::size_t>(SKERRY_TRY(reader(update))->values());
}

Result<aggregation::DeltaBytes> SealedSet::part(std::size_t update, std::size_t first, std::size_t count) {
    wire::UpdateReader& from = *SKERRY_TRY(reader(update));
    if (!from.in_pieces()) {
        if (whole_ != update) values_ = SKERRY_TRY(or_damaged(set_[update].content, from.read_all()));
        whole_ = update;
        return std::as_bytes(std::span<const float>(values_).subspan(first, count));
    }
    std::vector<float>& values = lent_[next_++ % lent_.size()];
    values.resize(count);
    SKERRY_TRY(or_damaged(set_[update].content, from.read(first, values)));
    if (!keeps_chunks()) from.forget();
    return std::as_bytes(std::span<const float>(values));
}

Result<std::optional<SparseValues>> SealedSet::sparse(std::size_t update) {
    wire::UpdateReader& from = *SKERRY_TRY(reader(update));
    if (!from.is_sparse()) return std::nullopt;
    return SKERRY_TRY(or_damaged(set_[update].content, from.read_sparse()));
}

Result<bool> SealedSet::all_in_pieces() {
    for (std::size_t update = 0; update < size(); ++update)
        if (!SKERRY_TRY(reader(update))->in_pieces()) return false;
    return true;
}

Result<std::size_t> SealedSet::piece() {
    if (!SKERRY_TRY(all_in_pieces())) return limits::kParametersMax;
    return keeps_chunks() ? 1 : kChunksBetweenSeams * limits::kChunkBytes / sizeof(float);
}

// Where parts are long, as they are of updates that are not read in pieces, one at a time is enough to hold.
Result<std::size_t> SealedSet::lend(std::size_t wanted) {
    const bool short_parts = SKERRY_TRY(all_in_pieces()) && keeps_chunks();
    lent_.resize(short_parts ? std::max<std::size_t>(wanted, 1) : 1);
    return lent_.size();
}

}  // namespace skerry::coordinator
