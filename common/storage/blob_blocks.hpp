#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "common/base/bytes.hpp"

struct XXH3_state_s;

/// How a large blob lies in its file: mebibyte after mebibyte, each followed by its XXH3-64 checksum (Collet,
/// xxHash_spec.md) seeded with the block's number, eight bytes as this machine has them; the last block is what is
/// left. A file that the disk has changed, or that was cut anywhere but behind a block, is known as one by that; of a
/// shorter one, whose blob is shorter, the blob's own hash tells.
namespace skerry::storage {

inline constexpr std::size_t kBlockBytes = 1 << 20;
inline constexpr std::size_t kChecksumBytes = 8;

/// Where byte `position` of a blob lies.
[[nodiscard]] constexpr std::uint64_t stored_at(std::uint64_t position) {
    return position + position / kBlockBytes * kChecksumBytes;
}
/// Bytes of the blob in a file of so many; nothing: no blob has such a file.
[[nodiscard]] std::optional<std::uint64_t> size_of_stored(std::uint64_t stored);

/// The checksum of the block that is written now, as its bytes come.
class BlockChecksum {
public:
    explicit BlockChecksum(std::uint64_t number = 0);
    ~BlockChecksum();
    BlockChecksum(BlockChecksum&&) noexcept;
    BlockChecksum& operator=(BlockChecksum&&) noexcept;

    void update(ByteView bytes);
    [[nodiscard]] std::uint64_t value() const;
    /// Of this block from here on.
    void begin(std::uint64_t number);

private:
    struct Free {
        void operator()(XXH3_state_s* state) const;
    };
    std::unique_ptr<XXH3_state_s, Free> state_;
};

/// What to write for bytes of a blob that begin at `position`: views of them and of the checksums between, and at the
/// end that of a block that is not full, which the next bytes replace. `block`: of those of its block that are written.
class StoredParts {
public:
    StoredParts(std::uint64_t position, ByteView bytes, BlockChecksum& block);
    StoredParts(const StoredParts&) = delete;
    StoredParts& operator=(const StoredParts&) = delete;
    /// They live as long as this and as the bytes.
    [[nodiscard]] const std::vector<ByteView>& parts() const { return parts_; }

private:
    std::vector<std::uint64_t> checksums_;
    std::vector<ByteView> parts_;
};

}  // namespace skerry::storage
