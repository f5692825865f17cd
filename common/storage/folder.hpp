#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/base/bytes.hpp"

namespace skerry::storage {

/// The files of one folder, as far as SlotFiles touches them: the operating system's, or those of a disk that a test
/// lets fail. `failure`: errno, 0 after success. One thread at a time.
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
    /// The names are on the disk, too.
    [[nodiscard]] virtual int sync() = 0;

    struct Size {
        std::uint64_t bytes = 0;
        int failure = 0;
    };
    [[nodiscard]] virtual Size size(const std::string& name) const = 0;
    /// Fewer bytes than `into` has without a failure: the file ends there.
    [[nodiscard]] virtual Size read(const std::string& name, std::uint64_t offset, std::span<std::byte> into) const = 0;

    /// Down to so many bytes; one that is shorter, or cannot be cut, stays as it is.
    virtual void cut(const std::string& name, std::uint64_t bytes) = 0;
    /// Of all files; none where they cannot be read.
    [[nodiscard]] virtual std::vector<std::string> names() const = 0;
};

}  // namespace skerry::storage
