#include "coordinator/service/action_queue.hpp"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "coordinator/blob_orders.hpp"

namespace skerry::coordinator {

ActionQueue::ActionQueue(boost::asio::io_context& loop, ledger::Journal& journal, ledger::Version version,
                         storage::BlobStore& blobs, DraftHashes& hashes, Worker& worker, Hooks hooks)
    : loop_(loop),
      journal_(journal),
      version_(version),
      blobs_(blobs),
      hashes_(hashes),
      worker_(worker),
      hooks_(std::move(hooks)) {}

void ActionQueue::push(Actions actions) {
    if (actions.empty()) return;
    queue_.insert(queue_.end(), std::make_move_iterator(actions.begin()), std::make_move_iterator(actions.end()));
    schedule();
}

// Posted, not called: whatever else the loop has ready now joins the same commit.
void ActionQueue::schedule() {
    if (scheduled_ || writing_) return;
    scheduled_ = true;
    boost::asio::post(loop_, [this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        scheduled_ = false;
        pump();
    });
}

void ActionQueue::pump() {
    if (writing_) return;
    ledger::Events events;
    Actions after;
    while (!queue_.empty()) {
        if (is_blob_order(queue_.front())) {
            if (stored_ == 0) break;
            --stored_;
        } else if (auto* append = std::get_if<Append>(&queue_.front())) {
            std::move(append->events.begin(), append->events.end(), std::back_inserter(events));
        } else {
            after.push_back(std::move(queue_.front()));
        }
        queue_.pop_front();
    }
    if (!events.empty()) {
        const auto version = journal_.append(ledger::kFederationStream, version_, events);
        if (!version) return hooks_.disk_failed(version.error());
        version_ = *version;
        hooks_.committed(events);
    }
    for (const Action& action : after)
        hooks_.perform(action);
    if (!queue_.empty()) write_blobs();
    if (idle()) hooks_.idle();
}

// Moved, not copied: what was written leaves the queue with the next pump().
void ActionQueue::write_blobs() {
    auto orders = std::make_shared<Actions>();
    for (Action& action : queue_)
        if (is_blob_order(action)) orders->push_back(std::exchange(action, DropDraft{}));
    writing_ = true;
    worker_.run([this, orders]() -> Worker::Continuation {
        Result<> written;
        for (const Action& order : *orders) {
            if (written) written = perform_blob_order(order, blobs_, hashes_);
        }
        return [this, written, count = orders->size()] {
            if (!written) return hooks_.disk_failed(written.error());
            writing_ = false;
            stored_ = count;
            pump();
        };
    });
}

}  // namespace skerry::coordinator
