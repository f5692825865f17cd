#pragma once

#include "coordinator/ledger/history.hpp"
#include "coordinator/service/fsck.hpp"

namespace skerry::coordinator {

/// Makes the tables anew from the journal, entry by entry, and checks on the way what an entry claims against all that
/// was before it. The tables' own constraints are the laws of updates: one lease, one sequence, one count.
class JournalCheck {
public:
    /// All outlive it; `tables` is empty.
    JournalCheck(ledger::SqliteJournal& tables, const crypto::VerifyKey& signing, Findings& found);

    /// Errors: of the database. What is wrong with the entry goes to the findings.
    [[nodiscard]] Result<> take(const ledger::Recorded& recorded);
    /// After the last entry: the tables are complete, and tell what is kept no more.
    [[nodiscard]] Result<> finish();

    /// No entry contradicted those before it, so the tables are what the journal says.
    [[nodiscard]] bool consistent() const { return consistent_; }

private:
    [[nodiscard]] Result<> check(const ledger::Recorded& recorded, const ledger::UpdateAccepted& event);
    [[nodiscard]] Result<> check(const ledger::Recorded& recorded, const ledger::VersionPublished& event);
    [[nodiscard]] Result<> check(const ledger::Recorded& recorded, const ledger::VersionDropped& event);
    [[nodiscard]] Result<> check(const ledger::Recorded& recorded, const ledger::VersionPinned& event);
    [[nodiscard]] Result<> check(const ledger::Recorded& recorded, const ledger::VersionUnpinned& event);
    [[nodiscard]] Result<> check(const ledger::Recorded& recorded, const ledger::TrialBegan& event);
    [[nodiscard]] Result<> check(const ledger::Recorded& recorded, const ledger::TrialEnded& event);
    [[nodiscard]] Result<> check(const ledger::Recorded& recorded, const ledger::RoundFrozen& event);
    [[nodiscard]] Result<> check(const ledger::Recorded&, const auto&) { return {}; }
    /// What tiers below event.restores_from have is what they had in the version before.
    [[nodiscard]] Result<bool> keeps_shallower_tiers(const ledger::VersionPublished& event) const;
    [[nodiscard]] Result<> commit();
    [[nodiscard]] Result<std::string> contradiction(const ledger::Recorded& recorded, const Error& error) const;
    void problem(const ledger::Recorded& recorded, const std::string& what);

    ledger::SqliteJournal& tables_;
    ledger::History history_;
    crypto::VerifyKey signing_;
    Findings& found_;
    std::optional<storage::Transaction> transaction_;
    std::size_t in_transaction_ = 0;
    bool consistent_ = true;
    ModelVersion newest_;
    bool pinned_ = false;
    std::optional<ModelVersion> on_trial_;
};

}  // namespace skerry::coordinator
