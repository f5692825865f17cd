#include "coordinator/service/repair.hpp"

#include "common/storage/disk_blob_store.hpp"
#include "coordinator/ledger/chain.hpp"
#include "coordinator/models/blob_check.hpp"

namespace skerry::coordinator {

Result<Repaired> repair(const Directory& directory) {
    const auto held = SKERRY_TRY(lock(directory));
    SKERRY_TRY(check_history(directory));
    auto journal = SKERRY_TRY(ledger::SqliteJournal::open(directory.history()));
    Repaired result;
    ledger::NeededBlobs needed;
    const ledger::StopFlag never{false};
    const auto chain =
        SKERRY_TRY(ledger::prove_chain(journal, never, [&needed](const ledger::Recorded& recorded) -> Result<> {
            needed.apply(recorded.event);
            return {};
        }));
    if (!chain.whole()) return fail(ErrorCode::Internal, chain.problem);
    result.entries = chain.entries;
    if (result.entries == 0) return damaged_history(directory, "it holds no federation");
    SKERRY_TRY(journal.rebuild());
    const auto blobs = SKERRY_TRY(storage::DiskBlobStore::open(directory.blobs()));
    result.blobs = needed.all().size();
    for (const auto& [name, blob] : needed.all()) {
        std::string problem = problem_of(*blobs, name, blob);
        if (!problem.empty()) result.problems.push_back(std::move(problem));
    }
    return result;
}

}  // namespace skerry::coordinator
