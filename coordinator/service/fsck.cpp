#include "coordinator/service/fsck.hpp"

#include <algorithm>
#include <map>

#include "common/storage/disk_blob_store.hpp"
#include "coordinator/ledger/comparison.hpp"
#include "coordinator/ledger/sentences.hpp"
#include "coordinator/models/blob_check.hpp"
#include "coordinator/service/high_water.hpp"
#include "coordinator/service/journal_check.hpp"

namespace skerry::coordinator {
namespace {

constexpr std::size_t kProblemsMax = 100;
constexpr std::size_t kRowsShown = 5;
constexpr std::size_t kStraysShown = 3;

// The tables made anew, in files that go with it.
class Scratch {
public:
    explicit Scratch(std::filesystem::path path) : path_(std::move(path)) { remove_scratch(path_); }
    ~Scratch() { remove_scratch(path_); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    Result<ledger::SqliteJournal> open() const {
        auto journal = SKERRY_TRY(ledger::SqliteJournal::open(path_));
        SKERRY_TRY(journal.database().run_script("PRAGMA synchronous = OFF"));  // nobody will miss it
        return journal;
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

class Inspection {
public:
    Inspection(const FsckSources& sources, const ledger::StopFlag& stop) : sources_(sources), stop_(stop) {}

    Result<Findings> run() {
        // Before the journal: a blob that comes later is needed by an entry that comes later.
        const std::vector<Digest> stored = SKERRY_TRY(sources_.blobs->names());
        auto history = SKERRY_TRY(ledger::SqliteJournal::open_beside(sources_.history));
        const bool whole = SKERRY_TRY(check_journal(history));
        if (sources_.noted > found_.entries) {
            found_.problem("the journal ends at entry " + std::to_string(found_.entries) + ", but it has been at " +
                           std::to_string(sources_.noted) + ": history.db is an older copy; restore a newer one");
        }
        if (!whole) {
            found_.notes.emplace_back(
                "tables and blobs were not compared with the journal, which cannot be trusted behind its last good "
                "entry");
            return std::move(found_);
        }
        SKERRY_TRY(check_blobs());
        SKERRY_TRY(look_again(history, stored));
        return std::move(found_);
    }

private:
    // The tables take about half of history.db, and their log may take as much again.
    [[nodiscard]] Result<> check_room() const {
        std::error_code error;
        const std::uint64_t needed = std::filesystem::file_size(sources_.history, error) + sources_.spare_bytes;
        if (error) return {};
        const auto room = std::filesystem::space(sources_.history.parent_path(), error);
        if (error || room.available >= needed) return {};
        return fail(ErrorCode::Unavailable, "the disk has " + ledger::bytes_text(room.available) +
                                                " of room, and checking needs " + ledger::bytes_text(needed) +
                                                " of it for a while: free space under " +
                                                sources_.history.parent_path().string());
    }

    Result<bool> check_journal(ledger::SqliteJournal& history) {
        SKERRY_TRY(check_room());
        const Scratch scratch(sources_.scratch);
        auto tables = SKERRY_TRY(scratch.open());
        SKERRY_TRY(history.database().run("ATTACH DATABASE ? AS anew", scratch.path().string()));
        bool whole = false;
        {
            const auto moment = SKERRY_TRY(storage::Snapshot::begin(history.database()));
            JournalCheck check(tables, sources_.signing, found_);
            const auto chain = SKERRY_TRY(ledger::prove_chain(history, stop_, [&](const ledger::Recorded& recorded) {
                needed_.apply(recorded.event);
                return check.take(recorded);
            }));
            SKERRY_TRY(check.finish());
            found_.entries = chain.entries;
            found_.head = chain.head;
            whole = chain.whole();
            if (!whole) found_.problem(chain.problem);
            if (whole && check.consistent()) SKERRY_TRY(compare_tables(history));
        }
        SKERRY_TRY(history.database().run("DETACH DATABASE anew"));
        return whole;
    }

    Result<> compare_tables(ledger::SqliteJournal& history) {
        const auto differences = SKERRY_TRY(ledger::compare_projections(history.database(), "anew", kRowsShown));
        for (const std::string& sentence : differences.sentences) {
            found_.problem(sentence +
                           ": stop the coordinator and run 'skerry-coordinator repair', which makes the tables anew");
        }
        if (differences.more) found_.problem("more rows of these tables say otherwise than the journal");
        return {};
    }

    Result<> check_blobs() {
        for (const auto& [name, blob] : needed_.all()) {
            if (stop_) return fail(ErrorCode::Unavailable, "stopped before all blobs were read");
            std::string problem = problem_of(*sources_.blobs, name, blob);
            if (!problem.empty()) suspects_.emplace(name, std::move(problem));
        }
        found_.blobs = needed_.all().size();
        return {};
    }

    // A coordinator that runs has erased, stored and counted meanwhile.
    Result<> look_again(const ledger::SqliteJournal& history, const std::vector<Digest>& stored) {
        ledger::NeededBlobs now = needed_;
        for (ledger::Version at = found_.entries;;) {
            const auto page = SKERRY_TRY(history.read(ledger::kFederationStream, at, 100));
            if (page.empty()) break;
            for (const ledger::Recorded& recorded : page)
                now.apply(recorded.event);
            at = page.back().version;
        }
        for (const auto& [name, problem] : suspects_) {
            if (now.all().contains(name)) found_.problem(problem);
        }
        for (const Digest& name : stored) {
            if (needed_.all().contains(name) || now.all().contains(name)) continue;
            if (SKERRY_TRY(sources_.blobs->has(name))) found_.strays.push_back(name);
        }
        return {};
    }

    const FsckSources& sources_;
    const ledger::StopFlag& stop_;
    Findings found_;
    ledger::NeededBlobs needed_;
    std::map<Digest, std::string> suspects_;
};

}  // namespace

void Findings::problem(std::string sentence) {
    if (problems.size() < kProblemsMax) {
        problems.push_back(std::move(sentence));
    } else {
        ++more;
    }
}

void remove_scratch(const std::filesystem::path& scratch) {
    std::error_code ignored;
    for (const char* const part : {"", "-wal", "-shm"})
        std::filesystem::remove(scratch.string() + part, ignored);
}

Result<Findings> fsck(const FsckSources& sources, const ledger::StopFlag& stop) {
    return Inspection(sources, stop).run();
}

Result<Findings> fsck(const Directory& directory) {
    const auto held = SKERRY_TRY(lock(directory));
    const auto keys = SKERRY_TRY(load_keys(directory));
    SKERRY_TRY(check_history(directory));
    static_cast<void>(SKERRY_TRY(ledger::SqliteJournal::open(directory.history())));  // of an older program
    const auto blobs = SKERRY_TRY(storage::DiskBlobStore::open(directory.blobs()));
    const auto high_water = SKERRY_TRY(HighWater::open(directory.high_water()));
    const ledger::StopFlag never{false};
    auto found = SKERRY_TRY(fsck(
        {directory.history(), directory.scratch(), blobs.get(), keys.ring.signing.verify_key(), high_water.noted()},
        never));
    if (found.entries == 0 && found.clean()) return damaged_history(directory, "it holds no federation");
    note_strays(found);
    return found;
}

void note_strays(Findings& findings) {
    if (findings.strays.empty()) return;
    std::string names;
    for (std::size_t i = 0; i < std::min(findings.strays.size(), kStraysShown); ++i)
        names.append(i == 0 ? "" : ", ").append(to_hex(findings.strays[i]));
    if (findings.strays.size() > kStraysShown) names += ", …";
    findings.notes.push_back(std::to_string(findings.strays.size()) + " blobs are strays, which nothing needs (" +
                             names +
                             "): harmless; the coordinator's next start erases those that are not encodings of the "
                             "newest version");
}

}  // namespace skerry::coordinator
