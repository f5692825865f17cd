#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"

namespace skerry::storage {

/// Two files that take turns, for a value of megabytes that is replaced all the time: a database would write it twice,
/// page by page. A row of the owner's database says which file holds the value:
///
///     const Turn next = turn ? turn->next(size) : Turn{1, size};
///     write(next, parts)      the other file: the value that counts stays whole
///     commit `next`           from here on that one counts; a crash before leaves the one before
///
/// One thread at a time.
class TurnFiles {
public:
    struct Turn {
        std::uint64_t number;  ///< from 1; odd and even ones are in different files
        std::uint64_t size;    ///< bytes of the value
        [[nodiscard]] Turn next(std::uint64_t next_size) const { return {number + 1, next_size}; }
    };

    /// The files are BASE-0 and BASE-1, made when they are first written.
    explicit TurnFiles(std::filesystem::path base) : base_(std::move(base)) {}

    /// The value is its parts, one after the other; on the disk when it returns. Unavailable: the disk failed or is
    /// full. Cost: a write for each part and one sync.
    [[nodiscard]] Result<> write(Turn turn, std::span<const ByteView> parts);
    /// The value of a turn that was written. NotFound: the file is gone, cut off or of another turn; that its bytes are
    /// the ones written is the disk's to promise. Unavailable: it is there and cannot be read.
    [[nodiscard]] Result<Bytes> read(Turn turn) const;

    /// The last write failed for want of room: it may be repeated later.
    [[nodiscard]] bool disk_full() const { return disk_full_; }

private:
    [[nodiscard]] std::filesystem::path file_of(Turn turn) const;

    std::filesystem::path base_;
    bool disk_full_ = false;
    bool named_[2] = {};  ///< whether the folder's entry of each file is known to be on the disk
};

}  // namespace skerry::storage
