#include "coordinator/service/journal_check.hpp"

#include "coordinator/ledger/projections.hpp"
#include "coordinator/ledger/sentences.hpp"
#include "coordinator/models/verification.hpp"

namespace skerry::coordinator {
namespace {

constexpr std::size_t kEntriesPerTransaction = 1000;

std::string name_of_update(const UpdateId& update) {
    return "update " + std::to_string(update.sequence.value) + " of node " + update.node.to_text();
}

}  // namespace

JournalCheck::JournalCheck(ledger::SqliteJournal& tables, const crypto::VerifyKey& signing, Findings& found)
    : tables_(tables), history_(tables.database()), signing_(signing), found_(found) {}

Result<> JournalCheck::take(const ledger::Recorded& recorded) {
    if (!transaction_) transaction_.emplace(SKERRY_TRY(storage::Transaction::begin(tables_.database())));
    SKERRY_TRY(std::visit([&](const auto& event) { return check(recorded, event); }, recorded.event));
    if (const auto projected = ledger::project(tables_.database(), recorded); !projected) {
        if (projected.error().code != ErrorCode::Conflict) return tl::unexpected(projected.error());
        consistent_ = false;
        problem(recorded, SKERRY_TRY(contradiction(recorded, projected.error())));
    }
    return ++in_transaction_ < kEntriesPerTransaction ? Result<>() : commit();
}

Result<> JournalCheck::finish() {
    SKERRY_TRY(commit());
    const auto erasures = SKERRY_TRY(history_.erasures());
    for (const ledger::History::Erasures& erased : erasures) {
        found_.notes.push_back("the updates of " + ledger::count_text(erased.rounds, "round") + ", up to round " +
                               std::to_string(erased.newest.value) + ", were erased, as " + erased.by +
                               " says: these cannot be recomputed");
    }
    return {};
}

Result<> JournalCheck::commit() {
    if (!transaction_) return {};
    SKERRY_TRY(transaction_->commit());
    transaction_.reset();
    in_transaction_ = 0;
    return {};
}

Result<> JournalCheck::check(const ledger::Recorded& recorded, const ledger::UpdateAccepted& event) {
    ++found_.updates;
    ledger::UpdateRow row;
    row.update = event.update;
    row.lease = event.lease;
    row.content = event.content;
    row.weight = event.weight;
    if (!agrees(event.receipt, row, signing_)) {
        problem(recorded, "the receipt of " + name_of_update(event.update) +
                              " is not signed by this coordinator, or says something else than the entry");
    }
    return {};
}

Result<> JournalCheck::check(const ledger::Recorded& recorded, const ledger::VersionPublished& event) {
    ++found_.versions;
    const std::string name = "version " + std::to_string(event.version.value);
    if (event.version != newest_.next() || event.parent != newest_) {
        problem(recorded,
                name + " does not follow version " + std::to_string(newest_.value) + ", the newest before it");
    }
    newest_ = std::max(newest_, event.version);
    found_.newest = newest_;
    std::vector<Contribution> set;
    if (event.restores_from != Tier::Light && (!event.restores || !SKERRY_TRY(keeps_shallower_tiers(event)))) {
        problem(recorded, name + " is to keep what version " + std::to_string(event.parent.value) + " has below " +
                              std::string(name_of(event.restores_from)) + ", and has others there");
    } else if (event.restores) {
        const auto old = history_.version(*event.restores);
        if (!old && old.error().code != ErrorCode::NotFound) return tl::unexpected(old.error());
        const bool whole = event.restores_from == Tier::Light;  // of a part, its digests do not tell
        const bool same = old && (!whole || (old->weights == event.weights && old->optimiser == event.optimiser));
        if (!same || event.round.value != 0) {
            problem(recorded, name + " is to have the weights of version " + std::to_string(event.restores->value) +
                                  " again, and its optimiser's memory, and has others");
        }
    }
    if (event.round.value != 0) {
        const auto round = history_.round(event.round);
        if (!round && round.error().code != ErrorCode::NotFound) return tl::unexpected(round.error());
        if (!round || round->state != "frozen") {
            problem(recorded, name + " is of round " + std::to_string(event.round.value) + ", which was not frozen");
            return {};
        }
        set = contributions_of(SKERRY_TRY(history_.contributors(*round)));
    }
    ledger::VersionRow row;
    row.version = event.version;
    row.parent = event.parent;
    row.round = event.round;
    row.sum = event.sum;
    row.weights = event.weights;
    row.manifest = event.manifest;
    const std::string wrong = manifest_problem(row, set, signing_);
    if (!wrong.empty()) problem(recorded, "of " + name + ", " + wrong);
    return {};
}

Result<bool> JournalCheck::keeps_shallower_tiers(const ledger::VersionPublished& event) const {
    const auto parent = history_.version(event.parent);
    if (!parent && parent.error().code != ErrorCode::NotFound) return tl::unexpected(parent.error());
    if (!parent) return false;
    const auto kept = wire::open_manifest(parent->manifest, signing_);
    const auto manifest = wire::open_manifest(event.manifest, signing_);
    const auto tiers = static_cast<std::ptrdiff_t>(event.restores_from);
    return kept && manifest &&
           std::equal(manifest->digests.begin(), manifest->digests.begin() + tiers, kept->digests.begin());
}

Result<> JournalCheck::check(const ledger::Recorded&, const ledger::VersionPinned&) {
    pinned_ = true;
    return {};
}

Result<> JournalCheck::check(const ledger::Recorded&, const ledger::VersionUnpinned&) {
    pinned_ = false;
    return {};
}

Result<> JournalCheck::check(const ledger::Recorded& recorded, const ledger::TrialBegan& event) {
    if (on_trial_ || event.version != newest_) {
        problem(recorded, "version " + std::to_string(event.version.value) +
                              " goes on trial, and it is not the newest, or another is on trial");
    }
    on_trial_ = event.version;
    return {};
}

Result<> JournalCheck::check(const ledger::Recorded& recorded, const ledger::TrialEnded& event) {
    if (on_trial_ != event.version) {
        problem(recorded, "the trial of version " + std::to_string(event.version.value) + " ends, which has not begun");
    }
    on_trial_.reset();
    return {};
}

Result<> JournalCheck::check(const ledger::Recorded& recorded, const ledger::RoundFrozen& event) {
    const char* const held = pinned_ ? "pinned" : on_trial_ ? "on trial" : nullptr;
    if (held != nullptr) {
        problem(recorded,
                "round " + std::to_string(event.round.value) + " closes while a version is " + std::string(held));
    }
    return {};
}

Result<> JournalCheck::check(const ledger::Recorded& recorded, const ledger::VersionDropped& event) {
    if (event.version >= newest_) {
        problem(recorded, "version " + std::to_string(event.version.value) + " is dropped, and it is the newest");
    }
    return {};
}

// The database only knows which of its constraints was hurt.
Result<std::string> JournalCheck::contradiction(const ledger::Recorded& recorded, const Error& error) const {
    if (const auto* accepted = std::get_if<ledger::UpdateAccepted>(&recorded.event)) {
        auto row = SKERRY_TRY(tables_.database().prepare("SELECT node, sequence FROM updates WHERE lease = ?"));
        if (SKERRY_TRY(row.bind(accepted->lease).step())) {
            const UpdateId by{NodeId{row.array<16>(0).value_or(ByteArray<16>{})}, Sequence{row.uint64(1)}};
            return name_of_update(accepted->update) + " spends a lease that " +
                   (by == accepted->update ? "it has spent before" : name_of_update(by) + " has spent");
        }
        return name_of_update(accepted->update) + " is accepted a second time";
    }
    return error.message;
}

void JournalCheck::problem(const ledger::Recorded& recorded, const std::string& what) {
    found_.problem("journal entry " + std::to_string(recorded.version) + ": " + what +
                   ": no coordinator writes this; keep a copy of the directory and restore it from a backup");
}

}  // namespace skerry::coordinator
