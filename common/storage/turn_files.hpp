#pragma once

#include "common/storage/slot_files.hpp"

namespace skerry::storage {

/// Two slots that take turns, for a value that is replaced all the time:
///
///     const Turn next = turn ? turn->next(size) : Turn{1, size};
///     write(next, parts)      the other file: the value that counts stays whole
///     commit `next`           from here on that one counts; a crash before leaves the one before
///
/// Errors and costs are those of SlotFiles. One thread at a time.
class TurnFiles {
public:
    struct Turn {
        std::uint64_t number;  ///< from 1; odd and even ones are in different files
        std::uint64_t size;    ///< bytes of the value
        [[nodiscard]] Turn next(std::uint64_t next_size) const { return {number + 1, next_size}; }
    };

    /// The files are BASE-0 and BASE-1, made when they are first written.
    explicit TurnFiles(std::filesystem::path base) : files_(std::move(base)) {}

    [[nodiscard]] Result<> write(Turn turn, std::span<const ByteView> parts) {
        return files_.write(slot_of(turn), {turn.number, turn.size}, parts);
    }
    /// The value of a turn that was written.
    [[nodiscard]] Result<Bytes> read(Turn turn) const { return files_.read(slot_of(turn), {turn.number, turn.size}); }

    /// The last write failed for want of room: it may be repeated later.
    [[nodiscard]] bool disk_full() const { return files_.disk_full(); }
    void forget_disk_full() { files_.forget_disk_full(); }

private:
    [[nodiscard]] static SlotFiles::Slot slot_of(Turn turn) { return turn.number % 2; }

    SlotFiles files_;
};

}  // namespace skerry::storage
