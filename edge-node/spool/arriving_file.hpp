#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/base/file_descriptor.hpp"
#include "edge-node/session/state.hpp"

namespace skerry::node {

/// The version that is on its way to a node, in a file of its own: what was announced of it, then its bytes as they
/// come, so that a node that was killed or restarted goes on where it stopped. A database would write each of them
/// twice. What the disk has no room for waits in memory. Flushed every 16 MiB: a power cut costs at most as much, and
/// what it leaves is verified with the rest, when all has come. One thread at a time.
class ArrivingFile {
public:
    /// Made when a version is begun.
    explicit ArrivingFile(std::filesystem::path path) : path_(std::move(path)) {}

    /// What a process before this one has left of one, to be appended to. Nothing: none, or its head is damaged.
    [[nodiscard]] std::optional<ArrivingVersion> open();
    /// In the place of whatever is there. False: it waits in memory, as with append().
    bool begin(const Announced& version);
    bool append(ByteView bytes);
    /// All that came. Memory: twice that, where it waits in memory. Unavailable: it cannot be read.
    [[nodiscard]] Result<Bytes> bytes() const;
    void remove();

private:
    bool write_tail();

    std::filesystem::path path_;
    std::optional<FileDescriptor> file_;
    std::uint64_t head_ = 0;     ///< bytes before the first of the version
    std::uint64_t written_ = 0;  ///< with these
    std::uint64_t flushed_ = 0;
    Bytes tail_;  ///< behind what is written
};

}  // namespace skerry::node
