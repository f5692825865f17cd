#include "common/storage/blob_blocks.hpp"

#include <algorithm>
#include <new>
#include <xxhash.h>

namespace skerry::storage {
namespace {

constexpr std::uint64_t kStoredBlock = kBlockBytes + kChecksumBytes;

}  // namespace

std::optional<std::uint64_t> size_of_stored(std::uint64_t stored) {
    const std::uint64_t rest = stored % kStoredBlock;
    if (rest != 0 && rest <= kChecksumBytes) return std::nullopt;
    return stored / kStoredBlock * kBlockBytes + (rest == 0 ? 0 : rest - kChecksumBytes);
}

BlockChecksum::BlockChecksum(std::uint64_t number) : state_(XXH3_createState()) {
    if (!state_) throw std::bad_alloc();
    begin(number);
}
BlockChecksum::~BlockChecksum() = default;
BlockChecksum::BlockChecksum(BlockChecksum&&) noexcept = default;
BlockChecksum& BlockChecksum::operator=(BlockChecksum&&) noexcept = default;

void BlockChecksum::Free::operator()(XXH3_state_s* state) const {
    XXH3_freeState(state);
}

void BlockChecksum::update(ByteView bytes) {
    XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
}

std::uint64_t BlockChecksum::value() const {
    return XXH3_64bits_digest(state_.get());
}

void BlockChecksum::begin(std::uint64_t number) {
    XXH3_64bits_reset_withSeed(state_.get(), number);
}

StoredParts::StoredParts(std::uint64_t position, ByteView bytes, BlockChecksum& block) {
    checksums_.reserve(bytes.size() / kBlockBytes + 2);  // so that none moves
    while (!bytes.empty()) {
        const std::size_t room = kBlockBytes - static_cast<std::size_t>(position % kBlockBytes);
        const ByteView taken = bytes.first(std::min(room, bytes.size()));
        block.update(taken);
        checksums_.push_back(block.value());
        parts_.push_back(taken);
        parts_.push_back(std::as_bytes(std::span(&checksums_.back(), 1)));
        position += taken.size();
        if (taken.size() == room) block.begin(position / kBlockBytes);
        bytes = bytes.subspan(taken.size());
    }
}

}  // namespace skerry::storage
