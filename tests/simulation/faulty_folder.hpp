#pragma once

#include "common/storage/folder.hpp"
#include "tests/simulation/faulty_disk.hpp"

namespace skerry::simulation {

/// The files of a FaultyDisk as one process sees them, beside those that SQLite has there.
class FaultyFolder final : public storage::Folder {
public:
    explicit FaultyFolder(FaultyDisk& disk) : disk_(disk), life_(disk.life()) {}

    [[nodiscard]] int write(const std::string& name, std::span<const ByteView> parts) override;
    [[nodiscard]] int append(const std::string& name, std::uint64_t offset, std::span<const ByteView> parts) override;
    [[nodiscard]] int sync(const std::string& name) override;
    [[nodiscard]] int rename(const std::string& from, const std::string& to) override;
    [[nodiscard]] int remove(const std::string& name) override;
    [[nodiscard]] int sync() override;
    [[nodiscard]] Size size(const std::string& name) const override;
    [[nodiscard]] Size read(const std::string& name, std::uint64_t offset, std::span<std::byte> into) const override;
    [[nodiscard]] int cut(const std::string& name, std::uint64_t bytes) override;
    [[nodiscard]] Names names() const override;

private:
    FaultyDisk& disk_;
    std::uint64_t life_;
};

}  // namespace skerry::simulation
