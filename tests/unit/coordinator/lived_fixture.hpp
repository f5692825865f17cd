#pragma once

#include <functional>
#include <string>
#include <vector>

#include "coordinator/ledger/sqlite_journal.hpp"
#include "tests/unit/coordinator/service_fixture.hpp"

namespace skerry::coordinator {

/// A directory on which a coordinator has worked, for tests of what happens to it afterwards.
class LivedTest : public ServiceTest {
protected:
    /// Version 2, one update that waits, and a coordinator that has stopped.
    void live_a_little() {
        auto first = joined("first");
        auto second = joined("second");
        const std::vector<float> some(size(), 0.25F);
        first->contribute(ModelVersion{1}, some, 100);
        second->contribute(ModelVersion{1}, some, 100);
        EXPECT_TRUE(run_until(loop_, [&] { return service_->federation().newest().version == ModelVersion{2}; }));
        first->contribute(ModelVersion{2}, some, 100);
        waiting_ = service_->federation().pool().waiting().at(0).content;
        newest_ = service_->federation().newest().weights;
        stop();
    }
    void with_blobs(const std::function<void(storage::BlobStore&)>& change) {
        const auto blobs = *storage::DiskBlobStore::open(directory_.blobs());
        change(*blobs);
    }
    void with_history(const std::string& change) {
        auto journal = *ledger::SqliteJournal::open(directory_.history());
        ASSERT_TRUE(journal.database().run(change));
    }

    Digest waiting_{}, newest_{};
};

}  // namespace skerry::coordinator
