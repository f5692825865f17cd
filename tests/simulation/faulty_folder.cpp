#include "tests/simulation/faulty_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace skerry::simulation {

using Call = FaultyDisk::Call;
using Fault = FaultyDisk::Fault;

int FaultyFolder::append(const std::string& name, std::uint64_t offset, std::span<const ByteView> parts) {
    const auto file = life_ == disk_.life() ? disk_.open(name, true) : nullptr;
    if (!file) return EIO;
    for (const ByteView part : parts) {
        const Fault fault = disk_.meets(Call::Write, life_);
        const auto written = fault == Fault::None ? part.size() : disk_.dice().between(0, part.size());
        if (written > 0) file->write(offset, part.first(written));
        if (fault != Fault::None) return fault == Fault::NoRoom ? ENOSPC : EIO;
        offset += part.size();
    }
    return 0;
}

int FaultyFolder::sync(const std::string& name) {
    const auto file = life_ == disk_.life() ? disk_.open(name, false) : nullptr;
    if (!file) return ENOENT;
    const Fault fault = disk_.meets(Call::Sync, life_);
    if (fault == Fault::SyncFails) file->fail_sync(disk_.dice(), disk_.sector_bytes());
    if (fault != Fault::None) return EIO;
    if (!disk_.lies()) file->sync();
    return 0;
}

int FaultyFolder::write(const std::string& name, std::span<const ByteView> parts) {
    if (const int failure = append(name, 0, parts); failure != 0) return failure;
    std::uint64_t end = 0;
    for (const ByteView part : parts)
        end += part.size();
    if (disk_.meets(Call::Write, life_) != Fault::None) return EIO;
    disk_.open(name, false)->truncate(end);
    return sync(name);
}

int FaultyFolder::rename(const std::string& from, const std::string& to) {
    if (disk_.meets(Call::Write, life_) != Fault::None) return EIO;
    return disk_.rename(from, to) ? 0 : ENOENT;
}

int FaultyFolder::remove(const std::string& name) {
    if (disk_.meets(Call::Write, life_) != Fault::None) return EIO;
    disk_.remove(name, false);
    return 0;
}

int FaultyFolder::sync() {
    if (disk_.meets(Call::Sync, life_) != Fault::None) return EIO;
    if (!disk_.lies()) disk_.sync_names();
    return 0;
}

storage::Folder::Size FaultyFolder::size(const std::string& name) const {
    const auto file = life_ == disk_.life() ? disk_.open(name, false) : nullptr;
    return file ? Size{file->bytes().size(), 0} : Size{0, ENOENT};
}

storage::Folder::Size FaultyFolder::read(const std::string& name, std::uint64_t offset,
                                         std::span<std::byte> into) const {
    if (disk_.meets(Call::Read, life_) != Fault::None) return {0, EIO};
    const auto file = disk_.open(name, false);
    if (!file) return {0, ENOENT};
    const ByteView rest = ByteView(file->bytes()).subspan(std::min<std::uint64_t>(offset, file->bytes().size()));
    const std::size_t there = std::min(rest.size(), into.size());
    if (there > 0) std::memcpy(into.data(), rest.data(), there);
    return {there, 0};
}

int FaultyFolder::cut(const std::string& name, std::uint64_t bytes) {
    if (disk_.meets(Call::Write, life_) != Fault::None) return EIO;
    const auto file = disk_.open(name, false);
    if (!file) return ENOENT;
    if (file->bytes().size() > bytes) file->truncate(bytes);
    return 0;
}

storage::Folder::Names FaultyFolder::names() const {
    if (life_ != disk_.life()) return {{}, EIO};
    return {disk_.names(), 0};
}

}  // namespace skerry::simulation
