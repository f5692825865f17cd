#include "tests/simulation/faulty_disk.hpp"

#include <utility>

// Of the class, all but its two ends, which are in faulty_vfs.cpp.
namespace skerry::simulation {

void FaultyDisk::arm(Fault fault, std::uint64_t spared) {
    armed_ = fault;
    spared_ = spared;
    happened_ = false;
}

bool FaultyDisk::disarm() {
    armed_ = Fault::None;
    return std::exchange(happened_, false);
}

FaultyDisk::Fault FaultyDisk::meets(Call call, std::uint64_t life) {
    if (life != life_) return Fault::ProcessDies;
    const bool can = armed_ == Fault::ReadFails     ? call == Call::Read
                     : armed_ == Fault::SyncFails   ? call == Call::Sync
                     : armed_ == Fault::ProcessDies ? call != Call::Read
                                                    : armed_ != Fault::None && call == Call::Write;
    if (!can || spared_-- > 0) return Fault::None;
    happened_ = true;
    if (armed_ == Fault::ProcessDies) {
        died_ = true;
        ++life_;
    }
    return std::exchange(armed_, Fault::None);
}

void FaultyDisk::kill() {
    died_ = false;
    ++life_;
}

void FaultyDisk::cut_power() {
    kill();
    for (auto& [name, entry] : entries_) {
        if (entry.now != entry.durable && dice_.chance(0.5)) entry.now = entry.durable;
        entry.durable = entry.now;
        if (entry.now) entry.now->cut_power(dice_, sector_bytes_);
    }
}

std::shared_ptr<FaultyFile> FaultyDisk::open(const std::string& name, bool create) {
    if (died_) return nullptr;
    Entry& entry = entries_[name];
    if (!entry.now && create) entry.now = std::make_shared<FaultyFile>();
    return entry.now;
}

std::vector<std::string> FaultyDisk::names() const {
    std::vector<std::string> all;
    for (const auto& [name, entry] : entries_)
        if (entry.now) all.push_back(name);
    return all;
}

bool FaultyDisk::remove(const std::string& name, bool durable) {
    Entry& entry = entries_[name];
    const bool was = std::exchange(entry.now, nullptr) != nullptr;
    if (durable) entry.durable = nullptr;
    return was;
}

bool FaultyDisk::rename(const std::string& from, const std::string& to) {
    const auto file = std::exchange(entries_[from].now, nullptr);
    if (file) entries_[to].now = file;
    return file != nullptr;
}

void FaultyDisk::sync_names() {
    for (auto& [name, entry] : entries_)
        entry.durable = entry.now;
}

}  // namespace skerry::simulation
