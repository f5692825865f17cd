#include "common/storage/folder.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "common/base/file_descriptor.hpp"

namespace skerry::storage {
namespace {

FileDescriptor opened(const std::filesystem::path& path, int flags) {
    return FileDescriptor(::open(path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, 0600));
}

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

class SystemFolder final : public Folder {
public:
    explicit SystemFolder(std::filesystem::path path) : path_(std::move(path)) {}

    int write(const std::string& name, std::span<const ByteView> parts) override {
        const FileDescriptor file = opened(path_ / name, O_WRONLY | O_CREAT);
        if (file.number() < 0) return errno;
        off_t end = 0;
        for (const ByteView part : parts)
            if (!write_all(file.number(), part, end)) return errno;
        return ::ftruncate(file.number(), end) != 0 || ::fdatasync(file.number()) != 0 ? errno : 0;
    }

    int append(const std::string& name, std::uint64_t offset, std::span<const ByteView> parts) override {
        const FileDescriptor file = opened(path_ / name, O_WRONLY | O_CREAT);
        if (file.number() < 0) return errno;
        auto end = static_cast<off_t>(offset);
        for (const ByteView part : parts)
            if (!write_all(file.number(), part, end)) return errno;
        return 0;
    }

    int sync(const std::string& name) override {
        const FileDescriptor file = opened(path_ / name, O_WRONLY);
        return file.number() < 0 || ::fdatasync(file.number()) != 0 ? errno : 0;
    }

    int rename(const std::string& from, const std::string& to) override {
        return ::rename((path_ / from).c_str(), (path_ / to).c_str()) != 0 ? errno : 0;
    }

    int remove(const std::string& name) override {
        return ::unlink((path_ / name).c_str()) != 0 && errno != ENOENT ? errno : 0;
    }

    int sync() override {
        const FileDescriptor folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        return folder.number() < 0 || ::fsync(folder.number()) != 0 ? errno : 0;
    }

    Size size(const std::string& name) const override {
        const FileDescriptor file = opened(path_ / name, O_RDONLY);
        struct stat facts {};
        if (file.number() < 0 || ::fstat(file.number(), &facts) != 0) return {0, errno};
        return {static_cast<std::uint64_t>(facts.st_size), 0};
    }

    Size read(const std::string& name, std::uint64_t offset, std::span<std::byte> into) const override {
        const FileDescriptor file = opened(path_ / name, O_RDONLY);
        if (file.number() < 0) return {0, errno};
        std::size_t got = 0;
        while (got < into.size()) {
            const ssize_t more =
                ::pread(file.number(), into.data() + got, into.size() - got, static_cast<off_t>(offset + got));
            if (more < 0 && errno == EINTR) continue;
            if (more < 0) return {got, errno};
            if (more == 0) break;
            got += static_cast<std::size_t>(more);
        }
        return {got, 0};
    }

    int cut(const std::string& name, std::uint64_t bytes) override {
        const FileDescriptor file = opened(path_ / name, O_WRONLY);
        struct stat facts {};
        if (file.number() < 0 || ::fstat(file.number(), &facts) != 0) return errno;
        if (static_cast<std::uint64_t>(facts.st_size) <= bytes) return 0;
        return ::ftruncate(file.number(), static_cast<off_t>(bytes)) != 0 ? errno : 0;
    }

    Names names() const override {
        Names found;
        std::error_code unread;
        for (auto entry = std::filesystem::directory_iterator(path_, unread);
             !unread && entry != std::filesystem::directory_iterator(); entry.increment(unread))
            found.all.push_back(entry->path().filename().string());
        found.failure = unread.value();
        return found;
    }

private:
    std::filesystem::path path_;
};

}  // namespace

std::shared_ptr<Folder> Folder::at(std::filesystem::path path) {
    return std::make_shared<SystemFolder>(std::move(path));
}

}  // namespace skerry::storage
