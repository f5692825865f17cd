#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "common/storage/blob_store.hpp"
#include "coordinator/actions.hpp"
#include "coordinator/draft_hashes.hpp"
#include "coordinator/ledger/journal.hpp"
#include "coordinator/service/worker.hpp"

namespace skerry::coordinator {

/// Performs actions in their order, none before what precedes it is durable, but many at once: blobs and drafts are
/// written by the worker, and all appends that have gathered meanwhile become one transaction (group commit without a
/// timer).
///
///     queue:  blob  append  send   blob  append  send   append  send
///             └──────────── the worker writes both blobs ──┘
///             then one transaction of three appends, then the three sends
///
/// A disk that refuses ends the process: the journal decides at the next start what has happened. Loop's thread only.
class ActionQueue {
public:
    struct Hooks {
        /// Anything but Append and what is_blob_order().
        std::function<void(const Action&)> perform;
        /// What has just become durable, in order.
        std::function<void(const ledger::Events&)> committed;
        /// Must not return.
        std::function<void(const Error&)> disk_failed;
        /// Everything is done.
        std::function<void()> idle;
    };

    /// All outlive it. `version`: of the journal now.
    ActionQueue(boost::asio::io_context& loop, ledger::Journal& journal, ledger::Version version,
                storage::BlobStore& blobs, DraftHashes& hashes, Worker& worker, Hooks hooks);

    void push(Actions actions);
    [[nodiscard]] bool idle() const { return queue_.empty() && !writing_; }

private:
    void schedule();
    void pump();
    void write_blobs();

    boost::asio::io_context& loop_;
    ledger::Journal& journal_;
    ledger::Version version_;
    storage::BlobStore& blobs_;
    DraftHashes& hashes_;
    Worker& worker_;
    Hooks hooks_;
    std::deque<Action> queue_;
    std::size_t stored_ = 0;  ///< blobs at the front of the queue that are written already
    bool writing_ = false;
    bool scheduled_ = false;
    std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);  ///< what we have posted asks it
};

}  // namespace skerry::coordinator
