#include "common/storage/slot_files.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "common/base/file_descriptor.hpp"

namespace skerry::storage {
namespace {

constexpr char kMagic[8] = {'S', 'K', 'T', 'U', 'R', 'N', '0', '1'};

// In the order of this machine's bytes: no other one reads it.
struct Header {
    char magic[8];
    std::uint64_t number;
    std::uint64_t size;
};

bool write_all(int file, ByteView bytes, off_t& offset) {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(file, bytes.data(), bytes.size(), offset);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        offset += written;
    }
    return true;
}

// False: the file ends before that, errno 0, or it cannot be read.
bool read_all(int file, std::span<std::byte> bytes, off_t offset) {
    while (!bytes.empty()) {
        errno = 0;
        const ssize_t got = ::pread(file, bytes.data(), bytes.size(), offset);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(got));
        offset += got;
    }
    return true;
}

FileDescriptor opened(const std::filesystem::path& path, int flags) {
    return FileDescriptor(::open(path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, 0600));
}

tl::unexpected<Error> failed(const char* activity, const std::filesystem::path& path, int number) {
    return fail(ErrorCode::Unavailable,
                std::string(activity) + " " + path.string() + ": " + std::generic_category().message(number));
}

tl::unexpected<Error> of_another_time(const std::filesystem::path& path) {
    return fail(ErrorCode::NotFound, path.string() + " is not what the database beside it speaks of");
}

// The file, once its header says that it has that value.
Result<FileDescriptor> holding(const std::filesystem::path& path, SlotFiles::Value value) {
    FileDescriptor file = opened(path, O_RDONLY);
    if (file.number() < 0 && errno == ENOENT) return fail(ErrorCode::NotFound, path.string() + " is gone");
    if (file.number() < 0) return failed("opening", path, errno);
    Header header{};
    if (!read_all(file.number(), std::as_writable_bytes(std::span(&header, 1)), 0)) {
        if (errno != 0) return failed("reading", path, errno);
        return of_another_time(path);
    }
    const bool fits = std::memcmp(header.magic, kMagic, sizeof kMagic) == 0 && header.number == value.number &&
                      header.size == value.size;
    if (!fits) return of_another_time(path);
    return file;
}

void cut_down(const std::filesystem::path& path, std::uint64_t size) {
    const FileDescriptor file = opened(path, O_WRONLY);
    struct stat facts {};
    if (file.number() < 0 || ::fstat(file.number(), &facts) != 0) return;
    if (static_cast<std::uint64_t>(facts.st_size) <= size) return;
    [[maybe_unused]] const int untouched = ::ftruncate(file.number(), static_cast<off_t>(size));
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : ".";
}

// The names in a folder are durable only once the folder is.
bool sync_folder_of(const std::filesystem::path& path) {
    const FileDescriptor folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder.number() >= 0 && ::fsync(folder.number()) == 0;
}

}  // namespace

Result<> SlotFiles::write(Slot slot, Value value, std::span<const ByteView> parts) {
    const std::filesystem::path path = file_of(slot);
    const auto not_written = [&](const char* activity) {
        const int number = errno;
        disk_full_ = number == ENOSPC || number == EDQUOT;
        return failed(activity, path, number);
    };
    disk_full_ = false;
    const FileDescriptor file = opened(path, O_WRONLY | O_CREAT);
    if (file.number() < 0) return not_written("opening");
    const auto given_up = [&](const char* activity) {
        auto error = not_written(activity);
        cut_down(path, 0);  // a full disk needs the room
        return error;
    };
    Header header{{}, value.number, value.size};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    off_t end = 0;
    bool written = write_all(file.number(), std::as_bytes(std::span(&header, 1)), end);
    for (const ByteView part : parts)
        written = written && write_all(file.number(), part, end);
    if (!written || ::ftruncate(file.number(), end) != 0) return given_up("writing");
    if (::fdatasync(file.number()) != 0) return given_up("syncing");
    // Once for each file, whoever has made it: a process before this one may have been killed in between.
    if (named_.size() <= slot) named_.resize(slot + 1);
    if (!named_[slot] && !sync_folder_of(path)) return not_written("syncing the folder of");
    named_[slot] = true;
    return {};
}

Result<> SlotFiles::read(Slot slot, Value value, std::uint64_t offset, std::span<std::byte> into) const {
    const std::filesystem::path path = file_of(slot);
    const FileDescriptor file = SKERRY_TRY(holding(path, value));
    if (read_all(file.number(), into, static_cast<off_t>(sizeof(Header) + offset))) return {};
    if (errno != 0) return failed("reading", path, errno);
    return of_another_time(path);
}

Result<Bytes> SlotFiles::read(Slot slot, Value value) const {
    const std::filesystem::path path = file_of(slot);
    const FileDescriptor file = SKERRY_TRY(holding(path, value));
    struct stat facts {};
    if (::fstat(file.number(), &facts) != 0) return failed("opening", path, errno);
    if (static_cast<std::uint64_t>(facts.st_size) != sizeof(Header) + value.size) return of_another_time(path);
    Bytes bytes(value.size);
    if (read_all(file.number(), bytes, sizeof(Header))) return bytes;
    if (errno != 0) return failed("reading", path, errno);
    return of_another_time(path);
}

void SlotFiles::cut(Slot slot, std::uint64_t bytes) {
    cut_down(file_of(slot), sizeof(Header) + bytes);
}

void SlotFiles::release(Slot slot) {
    cut_down(file_of(slot), 0);
}

void SlotFiles::release_all_but(const std::function<bool(Slot)>& used) {
    const std::string stem = base_.filename().string() + "-";
    std::error_code unread;
    for (const auto& entry : std::filesystem::directory_iterator(folder_of(base_), unread)) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with(stem)) continue;
        Slot slot = 0;
        const char* const end = name.data() + name.size();
        const auto read = std::from_chars(name.data() + stem.size(), end, slot);
        if (read.ec == std::errc() && read.ptr == end && !used(slot)) release(slot);
    }
}

std::filesystem::path SlotFiles::file_of(Slot slot) const {
    std::filesystem::path path = base_;
    path += "-" + std::to_string(slot);
    return path;
}

}  // namespace skerry::storage
