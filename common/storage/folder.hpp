#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/base/bytes.hpp"

namespace skerry::storage {

/// The files of one folder, as far as SlotFiles and FileBlobStore touch them: the operating system's, or those of a
/// disk that a test lets fail. `failure`: errno, 0 after success. The operating system's is thread-safe.
class Folder {
public:
    Folder() = default;
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    virtual ~Folder() = default;

    /// The operating system's.
    [[nodiscard]] static std::shared_ptr<Folder> at(std::filesystem::path path);

    /// The file is these parts, one after the other, and they are on the disk; its name, where it is new, once sync()
    /// has returned. After a failure it holds anything. Mode 0600.
    [[nodiscard]] virtual int write(const std::string& name, std::span<const ByteView> parts) = 0;
    /// The file, which may be new, has these parts from `offset` on, one after the other, as its end; not yet on the
    /// disk.
    [[nodiscard]] virtual int append(const std::string& name, std::uint64_t offset,
                                     std::span<const ByteView> parts) = 0;
    /// What the file holds is on the disk.
    [[nodiscard]] virtual int sync(const std::string& name) = 0;
    /// Takes the place of a file of the new name; on the disk once sync() has returned.
    [[nodiscard]] virtual int rename(const std::string& from, const std::string& to) = 0;
    /// Likewise. A file that is not there is no failure.
    [[nodiscard]] virtual int remove(const std::string& name) = 0;
    /// The names are on the disk, too.
    [[nodiscard]] virtual int sync() = 0;

    struct Size {
        std::uint64_t bytes = 0;
        int failure = 0;
    };
    [[nodiscard]] virtual Size size(const std::string& name) const = 0;
    /// Fewer bytes than `into` has without a failure: the file ends there.
    [[nodiscard]] virtual Size read(const std::string& name, std::uint64_t offset, std::span<std::byte> into) const = 0;

    /// Down to so many bytes; one that is shorter stays as it is, one that cannot be cut, too.
    [[nodiscard]] virtual int cut(const std::string& name, std::uint64_t bytes) = 0;
    struct Names {
        std::vector<std::string> all;  ///< in no order
        int failure = 0;
    };
    /// Of all files.
    [[nodiscard]] virtual Names names() const = 0;
};

}  // namespace skerry::storage
