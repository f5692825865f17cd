#include "common/storage/turn_files.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

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

class File {
public:
    File(const std::filesystem::path& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (number_ >= 0) ::close(number_);
    }
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
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

bool read_all(int file, std::span<std::byte> bytes, off_t offset) {
    while (!bytes.empty()) {
        const ssize_t got = ::pread(file, bytes.data(), bytes.size(), offset);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(got));
        offset += got;
    }
    return true;
}

}  // namespace

Result<> TurnFiles::write(Turn turn, std::span<const ByteView> parts) {
    const std::filesystem::path path = file_of(turn);
    std::error_code ignored;
    const bool is_new = !std::filesystem::exists(path, ignored);
    const File file(path, O_WRONLY | O_CREAT | O_NOFOLLOW);
    if (file.number() < 0) return failed("opening", turn, errno);
    Header header{{}, turn.number, turn.size};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    off_t end = 0;
    bool written = write_all(file.number(), std::as_bytes(std::span(&header, 1)), end);
    for (const ByteView part : parts)
        written = written && write_all(file.number(), part, end);
    if (!written || ::ftruncate(file.number(), end) != 0) return failed("writing", turn, errno);
    if ((is_new ? ::fsync(file.number()) : ::fdatasync(file.number())) != 0) return failed("syncing", turn, errno);
    if (is_new) {
        const File folder(path.parent_path(), O_RDONLY | O_DIRECTORY);
        if (folder.number() < 0 || ::fsync(folder.number()) != 0) return failed("syncing the folder of", turn, errno);
    }
    disk_full_ = false;
    return {};
}

Result<Bytes> TurnFiles::read(Turn turn) const {
    const std::filesystem::path path = file_of(turn);
    const auto unusable = [&path](const char* why) { return fail(ErrorCode::NotFound, path.string() + " " + why); };
    const File file(path, O_RDONLY | O_NOFOLLOW);
    struct stat facts {};
    Header header{};
    if (file.number() < 0) return unusable("cannot be opened");
    if (::fstat(file.number(), &facts) != 0 ||
        !read_all(file.number(), std::as_writable_bytes(std::span(&header, 1)), 0)) {
        return unusable("cannot be read");
    }
    const bool fits = std::memcmp(header.magic, kMagic, sizeof kMagic) == 0 && header.number == turn.number &&
                      header.size == turn.size &&
                      static_cast<std::uint64_t>(facts.st_size) == sizeof header + turn.size;
    if (!fits) return unusable("is not what the database beside it speaks of");
    Bytes value(turn.size);
    if (!read_all(file.number(), value, sizeof header)) return unusable("cannot be read");
    return value;
}

std::filesystem::path TurnFiles::file_of(Turn turn) const {
    std::filesystem::path path = base_;
    path += turn.number % 2 == 0 ? "-0" : "-1";
    return path;
}

Result<> TurnFiles::failed(const char* activity, Turn turn, int number) {
    disk_full_ = number == ENOSPC || number == EDQUOT;
    return fail(ErrorCode::Unavailable,
                std::string(activity) + " " + file_of(turn).string() + ": " + std::generic_category().message(number));
}

}  // namespace skerry::storage
