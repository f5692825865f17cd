#include "common/storage/slot_files.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>
#include <utility>

namespace skerry::storage {
namespace {

constexpr char kMagic[8] = {'S', 'K', 'T', 'U', 'R', 'N', '0', '1'};

// In the order of this machine's bytes: no other one reads it.
struct Header {
    char magic[8];
    std::uint64_t number;
    std::uint64_t size;
};

tl::unexpected<Error> failed(const char* activity, const std::filesystem::path& path, int number) {
    return fail(ErrorCode::Unavailable,
                std::string(activity) + " " + path.string() + ": " + std::generic_category().message(number));
}

tl::unexpected<Error> of_another_time(const std::filesystem::path& path) {
    return fail(ErrorCode::NotFound, path.string() + " is not what the database beside it speaks of");
}

}  // namespace

SlotFiles::SlotFiles(std::filesystem::path base, std::shared_ptr<Folder> folder)
    : base_(std::move(base)), folder_(std::move(folder)) {
    if (!folder_) folder_ = Folder::at(base_.has_parent_path() ? base_.parent_path() : ".");
}

Result<> SlotFiles::write(Slot slot, Value value, std::span<const ByteView> parts) {
    const auto not_written = [&](const char* activity, int failure) {
        disk_full_ = failure == ENOSPC || failure == EDQUOT;
        return failed(activity, path_of(slot), failure);
    };
    disk_full_ = false;
    Header header{{}, value.number, value.size};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    std::vector<ByteView> all{std::as_bytes(std::span(&header, 1))};
    all.insert(all.end(), parts.begin(), parts.end());
    if (const int failure = folder_->write(name_of(slot), all); failure != 0) {
        (void)folder_->cut(name_of(slot), 0);  // a full disk needs the room
        return not_written("writing", failure);
    }
    // Once for each file, whoever has made it: a process before this one may have been killed in between.
    if (named_.size() <= slot) named_.resize(slot + 1);
    if (!named_[slot]) {
        if (const int failure = folder_->sync(); failure != 0) return not_written("syncing the folder of", failure);
    }
    named_[slot] = true;
    return {};
}

Result<> SlotFiles::must_hold(Slot slot, Value value) const {
    Header header{};
    SKERRY_TRY(read_from(slot, 0, std::as_writable_bytes(std::span(&header, 1))));
    const bool fits = std::memcmp(header.magic, kMagic, sizeof kMagic) == 0 && header.number == value.number &&
                      header.size == value.size;
    if (!fits) return of_another_time(path_of(slot));
    return {};
}

Result<> SlotFiles::read_from(Slot slot, std::uint64_t offset, std::span<std::byte> into) const {
    const auto [bytes, failure] = folder_->read(name_of(slot), offset, into);
    if (failure == ENOENT) return fail(ErrorCode::NotFound, path_of(slot).string() + " is gone");
    if (failure != 0) return failed("reading", path_of(slot), failure);
    if (bytes < into.size()) return of_another_time(path_of(slot));
    return {};
}

Result<> SlotFiles::read(Slot slot, Value value, std::uint64_t offset, std::span<std::byte> into) const {
    SKERRY_TRY(must_hold(slot, value));
    return read_from(slot, sizeof(Header) + offset, into);
}

Result<Bytes> SlotFiles::read(Slot slot, Value value) const {
    SKERRY_TRY(must_hold(slot, value));
    const auto [size, failure] = folder_->size(name_of(slot));
    if (failure != 0) return failed("reading", path_of(slot), failure);
    if (size != sizeof(Header) + value.size) return of_another_time(path_of(slot));
    Bytes bytes(value.size);
    SKERRY_TRY(read_from(slot, sizeof(Header), bytes));
    return bytes;
}

void SlotFiles::cut(Slot slot, std::uint64_t bytes) {
    (void)folder_->cut(name_of(slot), sizeof(Header) + bytes);
}

void SlotFiles::release(Slot slot) {
    (void)folder_->cut(name_of(slot), 0);
}

void SlotFiles::release_all_but(const std::function<bool(Slot)>& used) {
    const std::string stem = base_.filename().string() + "-";
    for (const std::string& name : folder_->names().all) {
        if (!name.starts_with(stem)) continue;
        Slot slot = 0;
        const char* const end = name.data() + name.size();
        const auto read = std::from_chars(name.data() + stem.size(), end, slot);
        if (read.ec == std::errc() && read.ptr == end && !used(slot)) release(slot);
    }
}

std::string SlotFiles::name_of(Slot slot) const {
    return base_.filename().string() + "-" + std::to_string(slot);
}

std::filesystem::path SlotFiles::path_of(Slot slot) const {
    return base_.parent_path() / name_of(slot);
}

}  // namespace skerry::storage
