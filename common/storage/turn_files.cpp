#include "common/storage/turn_files.hpp"

#include <cerrno>
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

// Before the value, so that a file of another turn is known as one. In the order of this machine's bytes: no other one
// reads it.
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

// The names in a folder are durable only once the folder is.
bool sync_folder_of(const std::filesystem::path& path) {
    const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
    const FileDescriptor folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return folder.number() >= 0 && ::fsync(folder.number()) == 0;
}

}  // namespace

Result<> TurnFiles::write(Turn turn, std::span<const ByteView> parts) {
    const std::filesystem::path path = file_of(turn);
    const auto not_written = [&](const char* activity) {
        const int number = errno;
        disk_full_ = number == ENOSPC || number == EDQUOT;
        return failed(activity, path, number);
    };
    disk_full_ = false;
    const FileDescriptor file = opened(path, O_WRONLY | O_CREAT);
    if (file.number() < 0) return not_written("opening");
    Header header{{}, turn.number, turn.size};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    off_t end = 0;
    bool written = write_all(file.number(), std::as_bytes(std::span(&header, 1)), end);
    for (const ByteView part : parts)
        written = written && write_all(file.number(), part, end);
    if (!written || ::ftruncate(file.number(), end) != 0) return not_written("writing");
    if (::fdatasync(file.number()) != 0) return not_written("syncing");
    // Once for each file, whoever has made it: a process before this one may have been killed in between.
    bool& named = named_[turn.number % 2];
    if (!named && !sync_folder_of(path)) return not_written("syncing the folder of");
    named = true;
    return {};
}

Result<Bytes> TurnFiles::read(Turn turn) const {
    const std::filesystem::path path = file_of(turn);
    const FileDescriptor file = opened(path, O_RDONLY);
    if (file.number() < 0 && errno == ENOENT) return fail(ErrorCode::NotFound, path.string() + " is gone");
    struct stat facts {};
    if (file.number() < 0 || ::fstat(file.number(), &facts) != 0) return failed("opening", path, errno);
    const auto other = [&path] {
        return fail(ErrorCode::NotFound, path.string() + " is not what the database beside it speaks of");
    };
    const auto unread = [&]() -> tl::unexpected<Error> {
        if (errno == 0) return other();
        return failed("reading", path, errno);
    };
    Header header{};
    if (!read_all(file.number(), std::as_writable_bytes(std::span(&header, 1)), 0)) return unread();
    const bool fits = std::memcmp(header.magic, kMagic, sizeof kMagic) == 0 && header.number == turn.number &&
                      header.size == turn.size &&
                      static_cast<std::uint64_t>(facts.st_size) == sizeof header + turn.size;
    if (!fits) return other();
    Bytes value(turn.size);
    if (!read_all(file.number(), value, sizeof header)) return unread();
    return value;
}

std::filesystem::path TurnFiles::file_of(Turn turn) const {
    std::filesystem::path path = base_;
    path += turn.number % 2 == 0 ? "-0" : "-1";
    return path;
}

}  // namespace skerry::storage
