#pragma once

#include <optional>

#include "coordinator/ledger/memory_journal.hpp"
#include "coordinator/ledger/sqlite_journal.hpp"
#include "tests/simulation/faulty_disk.hpp"
#include "tests/simulation/world.hpp"

namespace skerry::simulation {

/// The coordinator's journal: the real one, in an SQLite file on a disk that fails as the seed says; and beside it what
/// some process was told to be in there, which must be so for ever. Whoever opens it reads it back and compares: here
/// are the laws the_journal_opens, appends_are_whole and tables_are_the_journals_fold, and that part of
/// no_receipt_without_its_update which says that the journal only ever grows.
class SimulatedJournal {
public:
    explicit SimulatedJournal(World& world);

    /// A process starts and reads all of it. False: the disk has failed, and the process must end.
    [[nodiscard]] bool open();
    /// False: the process must end; whether anything is written, open() tells. `faulty`: the disk fails in some call.
    [[nodiscard]] bool append(const coordinator::ledger::Events& events, bool faulty);
    /// The process is gone. `power`: and so is that of the machine.
    void crash(bool power);
    /// All is over: the tables must say what the journal says.
    void compare_tables();

    /// What processes know to be in it.
    [[nodiscard]] const coordinator::ledger::MemoryJournal& known() const { return known_; }

private:
    [[nodiscard]] Result<coordinator::ledger::Events> read_back();
    [[nodiscard]] Result<coordinator::ledger::Version> write(const coordinator::ledger::Events& events);
    void compare(const coordinator::ledger::Events& found);
    void arm(std::uint64_t reads, std::uint64_t writes);
    /// True: the fault has happened.
    bool disarm();
    [[nodiscard]] bool died() const { return disk_.life() != life_; }
    [[nodiscard]] bool refused(const Error& error, bool fault_happened);

    World& world_;
    Dice dice_;
    FaultyDisk disk_;
    coordinator::ledger::MemoryJournal known_;
    coordinator::ledger::Events in_doubt_;  ///< of the append that failed
    std::uint64_t pages_in_log_;            ///< before they are carried over; 0: as the product says
    std::uint64_t life_ = 0;                ///< of the process, by the disk's counting
    std::optional<coordinator::ledger::SqliteJournal> file_;
};

}  // namespace skerry::simulation
