#include "tests/simulation/faulty_file.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace skerry::simulation {
namespace {

void put(Bytes& file, std::uint64_t offset, ByteView bytes) {
    const auto end = static_cast<std::size_t>(offset) + bytes.size();
    if (file.size() < end) file.resize(end);
    std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
}

/// How many of the changes, in their order, have come as far as the disk: for the file's length and for each sector.
class Progress {
public:
    Progress(Dice& dice, std::size_t changes)
        : dice_(dice), changes_(changes), manner_(dice.below(4)), length_(draw()) {}

    [[nodiscard]] std::size_t length() const { return length_; }
    [[nodiscard]] std::size_t of_sector(std::uint64_t sector) {
        // In one manner of four the disk has kept the order: then only the last change may be torn.
        if (manner_ != 3) return length_;
        const auto [found, fresh] = of_sectors_.try_emplace(sector, 0);
        if (fresh) found->second = draw();
        return found->second;
    }

private:
    std::size_t draw() {
        if (manner_ == 0) return changes_;
        if (manner_ == 1) return 0;
        return static_cast<std::size_t>(dice_.between(0, changes_));
    }

    Dice& dice_;
    std::size_t changes_;
    std::uint64_t manner_;
    std::size_t length_;
    std::map<std::uint64_t, std::size_t> of_sectors_;
};

}  // namespace

void FaultyFile::write(std::uint64_t offset, ByteView bytes) {
    put(now_, offset, bytes);
    unsynced_.push_back({offset, copy_of(bytes)});
}

void FaultyFile::truncate(std::uint64_t size) {
    now_.resize(static_cast<std::size_t>(size));
    unsynced_.push_back({size, {}, true});
}

void FaultyFile::sync() {
    for (const Change& change : std::exchange(unsynced_, {})) {
        if (change.truncates) {
            durable_.resize(static_cast<std::size_t>(change.offset));
        } else {
            put(durable_, change.offset, change.bytes);
        }
    }
}

void FaultyFile::fail_sync(Dice& dice, std::size_t sector_bytes) {
    durable_ = survivors(dice, sector_bytes);
    unsynced_.clear();
}

void FaultyFile::cut_power(Dice& dice, std::size_t sector_bytes) {
    fail_sync(dice, sector_bytes);
    now_ = durable_;
}

Bytes FaultyFile::survivors(Dice& dice, std::size_t sector_bytes) const {
    Bytes file = durable_;
    std::size_t length = file.size();
    if (unsynced_.empty()) return file;
    Progress progress(dice, unsynced_.size());
    for (std::size_t i = 0; i < unsynced_.size(); ++i) {
        const Change& change = unsynced_[i];
        const auto end = static_cast<std::size_t>(change.offset) + change.bytes.size();
        if (i < progress.length()) length = change.truncates ? end : std::max(length, end);
        const std::size_t last = change.truncates ? file.size() : end;
        file.resize(std::max(file.size(), end));
        for (auto at = static_cast<std::size_t>(change.offset); at < last;) {
            const std::size_t next = std::min(last, (at / sector_bytes + 1) * sector_bytes);
            if (i < progress.of_sector(at / sector_bytes)) {
                const auto here = file.begin() + static_cast<std::ptrdiff_t>(at);
                const auto from = static_cast<std::ptrdiff_t>(at - change.offset);
                const auto count = static_cast<std::ptrdiff_t>(next - at);
                if (change.truncates) {
                    std::fill_n(here, count, std::byte{0});
                } else {
                    std::copy_n(change.bytes.begin() + from, count, here);
                }
            }
            at = next;
        }
    }
    file.resize(length);
    return file;
}

}  // namespace skerry::simulation
