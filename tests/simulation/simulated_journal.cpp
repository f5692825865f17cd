#include "tests/simulation/simulated_journal.hpp"

#include <algorithm>
#include <array>

#include "coordinator/ledger/comparison.hpp"

namespace skerry::simulation {

namespace ledger = coordinator::ledger;
using Fault = FaultyDisk::Fault;

namespace {

constexpr std::size_t kPage = 500;
constexpr const char* kFile = "history.db";
constexpr const char* kAnew = "anew.db";

// What may go well before the fault. An append reads nothing that is not in memory; it writes each of some pages in two
// calls. An opening reads the log, page by page, and writes little.
constexpr std::uint64_t kAppendWrites = 16;
constexpr std::uint64_t kOpenReads = 60, kOpenWrites = 3;
constexpr std::uint64_t kSyncs = 2;

}  // namespace

SimulatedJournal::SimulatedJournal(World& world)
    : world_(world),
      dice_(world.plan.seed ^ 0xD15C),
      disk_(dice_.fork()),
      pages_in_log_(dice_.chance(0.7) ? dice_.between(4, 60) : 0) {}

bool SimulatedJournal::open() {
    if (world_.storm && dice_.chance(world_.conditions.disk_fails * 4)) arm(kOpenReads, kOpenWrites);
    life_ = disk_.life();
    const auto found = read_back();
    const bool fault_happened = disarm();
    if (!found) return refused(found.error(), fault_happened);
    if (died()) return false;
    compare(*found);
    return true;
}

Result<ledger::Events> SimulatedJournal::read_back() {
    if (world_.storm && world_.plan.mutation == Mutation::NeverSyncs) disk_.lie_about_syncs();
    file_ = SKERRY_TRY(ledger::SqliteJournal::open(kFile, {.vfs = disk_.vfs()}));
    if (pages_in_log_ > 0) {
        const std::string pragma = "PRAGMA wal_autocheckpoint = " + std::to_string(pages_in_log_);
        SKERRY_TRY(file_->database().run_script(pragma.c_str()));
    }
    if (world_.plan.mutation == Mutation::JournalUnflushed)
        SKERRY_TRY(file_->database().run_script("PRAGMA synchronous = OFF"));
    ledger::Events found;
    while (true) {
        const auto page = SKERRY_TRY(file_->read(ledger::kFederationStream, found.size(), kPage));
        for (const ledger::Recorded& recorded : page)
            found.push_back(recorded.event);
        if (page.size() < kPage) return found;
    }
}

// Where no fault has happened nothing may fail, and where one has, the word for it is Unavailable.
bool SimulatedJournal::refused(const Error& error, bool fault_happened) {
    const bool expected = fault_happened || world_.plan.mutation == Mutation::IgnoresFailedAppend;
    if (!expected || error.code != ErrorCode::Unavailable) world_.broken("the_journal_opens", error.message);
    return false;
}

void SimulatedJournal::compare(const ledger::Events& found) {
    const ledger::Events& known = known_.events(ledger::kFederationStream);
    const auto differ = std::mismatch(known.begin(), known.end(), found.begin(), found.end());
    if (differ.first != known.end()) {
        return world_.broken("no_receipt_without_its_update", "the journal has lost entry " +
                                                                  std::to_string(differ.first - known.begin() + 1) +
                                                                  " of " + std::to_string(known.size()));
    }
    const ledger::Events more(differ.second, found.end());
    if (!more.empty() && more != in_doubt_) {
        return world_.broken("appends_are_whole", "the journal has " + std::to_string(more.size()) +
                                                      " entries of an append of " + std::to_string(in_doubt_.size()));
    }
    in_doubt_.clear();
    if (!more.empty()) SKERRY_ASSERT(known_.append(ledger::kFederationStream, known.size(), more).has_value());
}

bool SimulatedJournal::append(const ledger::Events& events, bool faulty) {
    if (faulty) arm(0, kAppendWrites);
    const auto written = write(events);
    const bool fault_happened = disarm();
    const bool goes_on = fault_happened && world_.plan.mutation == Mutation::IgnoresFailedAppend;
    if ((!written && !goes_on) || died()) {
        in_doubt_ = events;
        // Entries that contradict the tables are refused: only a planted bug makes such.
        return !written && written.error().code != ErrorCode::Conflict && refused(written.error(), fault_happened);
    }
    const std::size_t before = known_.events(ledger::kFederationStream).size();
    if (!known_.append(ledger::kFederationStream, before, events))
        world_.broken("appends_are_whole", "the tables let pass what contradicts them");
    return true;
}

Result<ledger::Version> SimulatedJournal::write(const ledger::Events& events) {
    const ledger::Version before = known_.events(ledger::kFederationStream).size();
    if (world_.plan.mutation != Mutation::AppendsByHalves || events.size() < 2)
        return file_->append(ledger::kFederationStream, before, events);
    const auto middle = events.begin() + static_cast<std::ptrdiff_t>(events.size() / 2);
    const auto half = SKERRY_TRY(file_->append(ledger::kFederationStream, before, {events.begin(), middle}));
    return file_->append(ledger::kFederationStream, half, {middle, events.end()});
}

void SimulatedJournal::arm(std::uint64_t reads, std::uint64_t writes) {
    static constexpr std::array kAll{Fault::WriteFails, Fault::NoRoom, Fault::SyncFails, Fault::ProcessDies,
                                     Fault::ReadFails};
    const Fault fault = kAll[dice_.below(reads > 0 ? kAll.size() : kAll.size() - 1)];
    const std::uint64_t calls = fault == Fault::ReadFails ? reads : fault == Fault::SyncFails ? kSyncs : writes;
    disk_.arm(fault, dice_.below(calls));
}

bool SimulatedJournal::disarm() {
    const bool happened = disk_.disarm();
    world_.counters.disk_faults += happened ? 1 : 0;
    return happened;
}

void SimulatedJournal::crash(bool power) {
    // Now and then it ends in order, and carries over its log.
    if (!power && dice_.chance(0.2)) file_.reset();
    disk_.kill();
    file_.reset();
    if (!power) return;
    ++world_.counters.power_cuts;
    disk_.cut_power();
}

void SimulatedJournal::compare_tables() {
    const auto compared = [this]() -> Result<ledger::Differences> {
        {
            auto anew = SKERRY_TRY(ledger::SqliteJournal::open(kAnew, {.vfs = disk_.vfs()}));
            SKERRY_TRY(anew.append(ledger::kFederationStream, 0, known_.events(ledger::kFederationStream)));
        }
        SKERRY_TRY(file_->database().run("ATTACH DATABASE ? AS anew", kAnew));
        return ledger::compare_projections(file_->database(), "anew", 1);
    }();
    if (!compared) return world_.broken("tables_are_the_journals_fold", compared.error().message);
    if (!compared->sentences.empty()) world_.broken("tables_are_the_journals_fold", compared->sentences.front());
}

}  // namespace skerry::simulation
