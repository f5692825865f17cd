#include "common/crypto/key_file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "common/base/file_descriptor.hpp"
#include "common/crypto/random.hpp"

namespace skerry::crypto {

namespace {

using std::filesystem::path;
using std::filesystem::perms;

tl::unexpected<Error> system_error(const char* activity, const path& where, int number) {
    const auto code = [number] {
        switch (number) {
            case ENOENT:
            case ENOTDIR:
                return ErrorCode::NotFound;
            case EACCES:
            case EPERM:
                return ErrorCode::PermissionDenied;
            case EEXIST:
                return ErrorCode::Conflict;
            case EISDIR:
            case ELOOP:
            case ENAMETOOLONG:
                return ErrorCode::InvalidInput;
            default:
                return ErrorCode::Unavailable;
        }
    }();
    return fail(code, std::string(activity) + " " + where.string() + ": " + std::generic_category().message(number));
}

// For a shell, whatever characters the path has.
std::string quoted(const path& where) {
    std::string text = "'";
    for (const char letter : where.string())
        text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    return text + "'";
}

Result<> write_all(int file, ByteView content, const path& where) {
    while (!content.empty()) {
        const ssize_t written = ::write(file, content.data(), content.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return system_error("writing", where, errno);
        content = content.subspan(static_cast<std::size_t>(written));
    }
    return {};
}

// The name in a folder is durable only once the folder is.
Result<> sync_folder_of(const path& where) {
    const path folder = where.has_parent_path() ? where.parent_path() : path(".");
    const FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.number() < 0 || ::fsync(directory.number()) != 0) return system_error("syncing", folder, errno);
    return {};
}

Result<> write_new_file(const path& where, ByteView content, perms permissions) {
    const FileDescriptor file(::open(where.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (file.number() < 0) return system_error("creating", where, errno);
    SKERRY_TRY(write_all(file.number(), content, where));
    // After the content, and not through open(), where the umask would have a say.
    if (::fchmod(file.number(), static_cast<mode_t>(permissions)) != 0) return system_error("chmod of", where, errno);
    if (::fsync(file.number()) != 0) return system_error("syncing", where, errno);
    return {};
}

Result<> move_into_place(const path& from, const path& to, IfExists if_exists) {
    if (if_exists == IfExists::Replace) {
        if (::rename(from.c_str(), to.c_str()) != 0) return system_error("replacing", to, errno);
        return {};
    }
    // link() is the rename that never replaces, on every file system that has permissions.
    if (::link(from.c_str(), to.c_str()) != 0) {
        if (errno == EEXIST) {
            return fail(ErrorCode::Conflict, to.string() + " exists already: move it away first if it is not needed");
        }
        return system_error("creating", to, errno);
    }
    ::unlink(from.c_str());
    return {};
}

Result<> write_whole(const path& where, ByteView content, perms permissions, IfExists if_exists) {
    path beside = where;
    beside += "." + to_hex(random_bytes<8>()) + ".new";
    Result<> done = write_new_file(beside, content, permissions);
    if (done) done = move_into_place(beside, where, if_exists);
    if (!done) {
        ::unlink(beside.c_str());
        return done;
    }
    return sync_folder_of(where);
}

Result<FileDescriptor> open_regular(const path& where, struct stat& facts) {
    // Non-blocking, so that a pipe in the file's place is found out instead of waited for.
    FileDescriptor file(::open(where.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (file.number() < 0 || ::fstat(file.number(), &facts) != 0) return system_error("opening", where, errno);
    if (!S_ISREG(facts.st_mode)) return fail(ErrorCode::InvalidInput, where.string() + " is not a regular file");
    return file;
}

Result<Bytes> read_opened(const FileDescriptor& file, const struct stat& facts, const path& where, std::size_t limit) {
    const auto too_long = [&] {
        return fail(ErrorCode::InvalidInput, where.string() + " has more than " + std::to_string(limit) + " bytes");
    };
    const auto size = static_cast<std::uintmax_t>(facts.st_size);
    if (size > limit) return too_long();
    // Room for one more byte shows whether the file grew after it was measured; the size is fixed, so that the
    // content of a secret is never left behind by a reallocation.
    Bytes content(static_cast<std::size_t>(size) + 1);
    std::size_t filled = 0;
    while (filled < content.size()) {
        const ssize_t count = ::read(file.number(), content.data() + filled, content.size() - filled);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return system_error("reading", where, errno);
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    if (filled > size) return fail(ErrorCode::Unavailable, where.string() + " grew while it was read: read it again");
    content.resize(filled);
    return content;
}

}  // namespace

Result<> write_secret_file(const path& path, ByteView content, IfExists if_exists) {
    return write_whole(path, content, perms::owner_read | perms::owner_write, if_exists);
}

Result<Bytes> read_secret_file(const path& path, std::size_t limit) {
    struct stat facts {};
    const FileDescriptor file = SKERRY_TRY(open_regular(path, facts));
    if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fail(ErrorCode::PermissionDenied,
                    path.string() + " holds a secret that others may read: run chmod 600 " + quoted(path));
    }
    return read_opened(file, facts, path, limit);
}

Result<> write_file_durably(const path& path, ByteView content, perms permissions) {
    return write_whole(path, content, permissions, IfExists::Replace);
}

Result<Bytes> read_file(const path& path, std::size_t limit) {
    struct stat facts {};
    const FileDescriptor file = SKERRY_TRY(open_regular(path, facts));
    return read_opened(file, facts, path, limit);
}

}  // namespace skerry::crypto
