#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"

namespace rocksdb {
class DB;
}

namespace skerry::storage {

/// The drafts of a RocksBlobStore, of a mebibyte at most: in memory, and written, without waiting for the disk, when
/// too many are there, and at the end. Thread-safe: one lock, held while one is written. Errors as BlobStore's.
class RocksDrafts {
public:
    /// Both outlive it.
    RocksDrafts(rocksdb::DB& database, const std::filesystem::path& folder) : database_(database), folder_(folder) {}
    ~RocksDrafts();

    /// Nothing above `offset` is missing, and it ends within the mebibyte.
    [[nodiscard]] Result<> append(const Digest& name, std::uint64_t offset, ByteView bytes);
    /// Nothing: no such draft.
    [[nodiscard]] Result<std::optional<std::uint64_t>> size(const Digest& name);
    /// All of it. Nothing: no such draft.
    [[nodiscard]] Result<std::optional<Bytes>> read(const Digest& name);
    /// The draft becomes the blob in one durable batch. NotFound: no such draft.
    [[nodiscard]] Result<> finish(const Digest& name);
    /// Durable with the next write that is. A draft that is not there is no error. Bytes of it that the database had.
    [[nodiscard]] Result<std::uint64_t> drop(const Digest& name);
    /// From here on the database has all of them, until the next append.
    [[nodiscard]] Result<> write_all();

private:
    struct Draft {
        std::uint64_t size = 0;
        std::uint64_t written = 0;  ///< what the database's record says
        Bytes bytes;                ///< all, or none: the database has them
        std::uint64_t touched = 0;
    };
    using Drafts = std::map<Digest, Draft>;

    Result<Drafts::iterator> find(const Digest& name);
    Result<> load(const Digest& name, Draft& draft) const;
    Result<> write(const Digest& name, Draft& draft) const;
    Result<> remove(const Digest& name, std::uint64_t written) const;
    Result<> make_room(const Digest& but);

    rocksdb::DB& database_;
    const std::filesystem::path& folder_;
    mutable std::mutex mutex_;
    Drafts drafts_;  ///< that were asked for since the start
    std::uint64_t touches_ = 0;
};

}  // namespace skerry::storage
