#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/storage/folder.hpp"

namespace skerry::storage {

/// Files beside a database for its values of megabytes, which it would write twice, page by page: a value is written
/// into a free slot, and a row that is committed afterwards says which slot holds what. A crash before leaves the row
/// and the value before.
///
/// A slot is a file, BASE-N, that is used again and again: of a slot that was released the name stays and the room goes
/// back to the disk. One thread at a time.
class SlotFiles {
public:
    using Slot = std::uint32_t;
    /// Which value of the owner's it is, written before its bytes: a file of another time is known as one.
    struct Value {
        std::uint64_t number;
        std::uint64_t size;  ///< bytes
    };

    /// `folder`: that `base` lies in; null: the operating system's.
    explicit SlotFiles(std::filesystem::path base, std::shared_ptr<Folder> folder = nullptr);

    /// The value is its parts, one after the other; on the disk when it returns. Unavailable: the disk failed or is
    /// full. Cost: a write for each part, one sync, and once for a slot one of the folder.
    [[nodiscard]] Result<> write(Slot slot, Value value, std::span<const ByteView> parts);
    /// Bytes of the value from `offset` on, as many as `into` has. NotFound: the file is gone, cut off before their end
    /// or of another value; that they are the ones written is the disk's to promise. Unavailable: they are there and
    /// cannot be read.
    [[nodiscard]] Result<> read(Slot slot, Value value, std::uint64_t offset, std::span<std::byte> into) const;
    /// All of it. NotFound also: the file is longer.
    [[nodiscard]] Result<Bytes> read(Slot slot, Value value) const;

    /// Gives back the room of all of a value behind its first `bytes`, which read() still finds; of a file that cannot
    /// be cut the room stays taken until its slot is written again.
    void cut(Slot slot, std::uint64_t bytes);
    /// Gives back all of the room.
    void release(Slot slot);
    /// Releases each slot that `used` does not name: what a crash left before its row was committed.
    void release_all_but(const std::function<bool(Slot)>& used);

    /// The last write failed for want of room: it may be repeated later.
    [[nodiscard]] bool disk_full() const { return disk_full_; }
    void forget_disk_full() { disk_full_ = false; }

private:
    [[nodiscard]] std::string name_of(Slot slot) const;
    [[nodiscard]] std::filesystem::path path_of(Slot slot) const;
    /// Its header says that it has that value.
    [[nodiscard]] Result<> must_hold(Slot slot, Value value) const;
    [[nodiscard]] Result<> read_from(Slot slot, std::uint64_t offset, std::span<std::byte> into) const;

    std::filesystem::path base_;
    std::shared_ptr<Folder> folder_;
    bool disk_full_ = false;
    std::vector<bool> named_;  ///< by slot: its entry in the folder is known to be on the disk
};

}  // namespace skerry::storage
