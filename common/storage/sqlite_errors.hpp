#pragma once

#include <filesystem>

#include "common/base/error.hpp"

struct sqlite3;

namespace skerry::storage {

/// What an SQLite result code means for an operator, with what to do about it. `handle` may be null.
[[nodiscard]] Error sqlite_error(int code, sqlite3* handle, const std::filesystem::path& path);

}  // namespace skerry::storage
