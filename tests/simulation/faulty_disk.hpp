#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/simulation/faulty_file.hpp"

namespace skerry::simulation {

/// The disk of a simulated machine, for SQLite: named files in memory, behind a VFS of its own (faulty_vfs.cpp). It
/// outlives the processes that use it; each has at most one connection to a file. Everything is decided by its dice.
/// Not thread-safe.
class FaultyDisk {
public:
    enum class Fault {
        None,
        ReadFails,    ///< EIO
        WriteFails,   ///< EIO, and some of the bytes may be written
        NoRoom,       ///< ENOSPC, likewise
        SyncFails,    ///< EIO: FaultyFile::fail_sync()
        ProcessDies,  ///< in the middle of a write, or instead of a sync: none of its calls does anything from here on
    };

    explicit FaultyDisk(Dice dice);
    ~FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    /// For storage::OpenOptions.
    [[nodiscard]] const std::string& vfs() const { return name_; }

    /// One fault happens to the first call that it can happen to, after `spared` of them.
    void arm(Fault fault, std::uint64_t spared);
    /// True: it has happened.
    bool disarm();
    /// From here a sync says that it is done and does nothing.
    void lie_about_syncs() { lies_ = true; }

    /// The process is gone: its calls fail from here on. Whoever comes next sees all that it wrote.
    void kill();
    /// The machine is: of what was not synced, somehow much is left.
    void cut_power();

    // ---- What the VFS asks ----

    enum class Call { Read, Write, Sync };
    /// What happens to this call of a process of that life.
    [[nodiscard]] Fault meets(Call call, std::uint64_t life);
    [[nodiscard]] std::uint64_t life() const { return life_; }
    [[nodiscard]] Dice& dice() { return dice_; }
    [[nodiscard]] bool lies() const { return lies_; }
    [[nodiscard]] std::size_t sector_bytes() const { return sector_bytes_; }
    /// Null: there is none, and none is wanted; or the process is dead, and nobody has noticed yet.
    [[nodiscard]] std::shared_ptr<FaultyFile> open(const std::string& name, bool create);
    [[nodiscard]] std::vector<std::string> names() const;
    /// False: there is none. `durable`: even a power cut does not bring it back.
    bool remove(const std::string& name, bool durable);
    /// The file takes the place of the one of the new name. False: there is none.
    bool rename(const std::string& from, const std::string& to);
    /// What was made, renamed and removed is so on the disk too.
    void sync_names();

private:
    struct Entry {
        std::shared_ptr<FaultyFile> now, durable;  ///< null: no file of that name
    };
    struct Vfs;

    Dice dice_;
    std::size_t sector_bytes_;
    std::map<std::string, Entry> entries_;
    std::uint64_t life_ = 0;
    Fault armed_ = Fault::None;
    std::uint64_t spared_ = 0;
    bool happened_ = false;
    bool died_ = false;  ///< before kill()
    bool lies_ = false;
    std::string name_;
    std::unique_ptr<Vfs> vfs_;
};

}  // namespace skerry::simulation
