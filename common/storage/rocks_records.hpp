#pragma once

#include <filesystem>
#include <string>

#include <rocksdb/options.h>
#include <rocksdb/slice.h>
#include <rocksdb/status.h>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"

/// How blobs and drafts lie in RocksDB:
///
///     digest               → size in bytes, u64 as in memory: the blob is whole
///     digest ‖ 'd'         → the same of a draft: so many bytes are in its parts
///     digest ‖ be32(part)  → bytes [part, part + 1) MiB; of what is written now there is one part at most
namespace skerry::storage {

inline constexpr std::size_t kPartBytes = 1 << 20;

[[nodiscard]] inline rocksdb::Slice slice_of(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Big-endian, so that the parts of a blob lie in order behind its size.
[[nodiscard]] std::string part_key(const Digest& name, std::uint64_t part);
[[nodiscard]] std::string draft_key(const Digest& name);
[[nodiscard]] inline std::uint64_t parts_of(std::uint64_t size) {
    return (size + kPartBytes - 1) / kPartBytes;
}
/// Of part `part` of so many bytes; the last one may be short.
[[nodiscard]] std::size_t bytes_in(std::uint64_t size, std::uint64_t part);

[[nodiscard]] inline rocksdb::Slice slice_of(const std::uint64_t& size) {
    return slice_of(std::as_bytes(std::span(&size, 1)));
}
/// Unavailable: `value` is no size.
[[nodiscard]] Result<std::uint64_t> size_in(std::string_view value, const Digest& name,
                                            const std::filesystem::path& folder);

[[nodiscard]] rocksdb::Options options_of_a_small_process();
[[nodiscard]] rocksdb::WriteOptions durably();

/// What to do about it.
[[nodiscard]] Error error_of(const rocksdb::Status& status, const std::filesystem::path& folder);
[[nodiscard]] tl::unexpected<Error> damaged(const std::filesystem::path& folder, const std::string& what);

}  // namespace skerry::storage
