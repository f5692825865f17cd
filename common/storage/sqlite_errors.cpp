#include "common/storage/sqlite_errors.hpp"

#include <string>

#include <sqlite3.h>

namespace skerry::storage {

Error sqlite_error(int code, sqlite3* handle, const std::filesystem::path& path) {
    const std::string file = path.string();
    const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
    const std::string detail = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
    switch (code & 0xff) {  // the low byte is the kind, the rest its detail: sqlite.org/rescode.html
        case SQLITE_FULL:
            return {ErrorCode::Unavailable, file + ": the disk is full: free space under " + folder + " and restart"};
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {ErrorCode::Unavailable,
                    file + " is locked by another process: stop the other program that uses it"};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return {ErrorCode::Unavailable, file + " is damaged (" + detail + "): restore it from a backup"};
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_READONLY:
            return {ErrorCode::Unavailable, file + " cannot be opened for writing (" + detail +
                                                "): check that its folder exists and belongs to this user"};
        case SQLITE_IOERR:
            return {ErrorCode::Unavailable, file + ": input/output error " + std::to_string(code) + " (" + detail +
                                                "): check the disk, then restart"};
        case SQLITE_CONSTRAINT:
            return {ErrorCode::Conflict, file + ": " + detail};
        default:
            return {ErrorCode::Internal, file + ": " + detail + " (SQLite code " + std::to_string(code) + ")"};
    }
}

}  // namespace skerry::storage
