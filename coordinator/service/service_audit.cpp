#include <algorithm>

#include "coordinator/service/service.hpp"

// What reads all of the history, or a lot of it: on threads of its own, through connections of its own.
namespace skerry::coordinator {
namespace {

tl::unexpected<Error> is_checking() {
    return fail(ErrorCode::Conflict, "the history is being checked already: wait for that to end");
}

}  // namespace

void Service::fsck(std::function<void(Result<Findings>)> done) {
    if (std::exchange(checking_, true)) return done(is_checking());
    const ModelVersion newest_then = federation_->newest().version;
    auditor_->run([this, newest_then, done = std::move(done)]() -> Worker::Continuation {
        auto found = coordinator::fsck(
            {directory_.history(), directory_.scratch(), blobs_.get(), keys_.ring.signing.verify_key(), 0},
            stop_reading_);
        return [this, newest_then, done, found = std::move(found)]() mutable {
            checking_ = false;
            if (found) complete(*found, newest_then);
            done(std::move(found));
        };
    });
}

// What only the running core knows.
void Service::complete(Findings& findings, ModelVersion newest_then) const {
    std::erase_if(findings.strays, [this](const Digest& stray) {
        const auto& versions = federation_->versions();
        return std::any_of(versions.begin(), versions.end(), [&](const auto& version) {
            const std::vector<Digest> offered = federation_->offered_blobs(version.first);
            return std::find(offered.begin(), offered.end(), stray) != offered.end();
        });
    });
    note_strays(findings);
    if (findings.newest > federation_->newest().version) {
        findings.problem("the coordinator serves version " + std::to_string(federation_->newest().version.value) +
                         ", but its journal ends with version " + std::to_string(findings.newest.value) +
                         ": another program has written to it; restart the coordinator, and let only one work on it");
    } else if (findings.clean() && findings.newest < newest_then) {
        findings.problem("the coordinator serves version " + std::to_string(newest_then.value) +
                         ", but its journal ends with version " + std::to_string(findings.newest.value) +
                         ": history.db was replaced while it ran; stop it and restore the newest copy");
    }
}

void Service::prove_journal(std::optional<ledger::NotedHead> noted, std::function<void(Result<JournalProof>)> done) {
    if (std::exchange(checking_, true)) return done(is_checking());
    auditor_->run([this, noted, done = std::move(done)]() -> Worker::Continuation {
        auto proof = [&]() -> Result<JournalProof> {
            const auto journal = SKERRY_TRY(ledger::SqliteJournal::open_beside(directory_.history()));
            JournalProof found{SKERRY_TRY(ledger::prove_chain(journal, stop_reading_)), noted, {}};
            if (noted) found.difference = SKERRY_TRY(ledger::difference_from(*noted, found.chain, journal));
            return found;
        }();
        return [this, done, proof = std::move(proof)] {
            checking_ = false;
            done(proof);
        };
    });
}

void Service::list_entries(ledger::EntryFilter filter, std::size_t limit,
                           std::function<void(Result<std::vector<ledger::EntryRow>>)> done) {
    janitor_->run([this, filter = std::move(filter), limit, done = std::move(done)]() -> Worker::Continuation {
        auto rows = [&]() -> Result<std::vector<ledger::EntryRow>> {
            auto journal = SKERRY_TRY(ledger::SqliteJournal::open_beside(directory_.history()));
            return ledger::History(journal.database()).entries(filter, limit, stop_reading_);
        }();
        return [done, rows = std::move(rows)] { done(rows); };
    });
}

}  // namespace skerry::coordinator
