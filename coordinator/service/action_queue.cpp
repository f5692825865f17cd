#include "coordinator/service/action_queue.hpp"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace skerry::coordinator {

ActionQueue::ActionQueue(boost::asio::io_context& loop, ledger::Journal& journal, ledger::Version version,
                         storage::BlobStore& blobs, Worker& worker, Hooks hooks)
    : loop_(loop), journal_(journal), version_(version), blobs_(blobs), worker_(worker), hooks_(std::move(hooks)) {}

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
        if (std::holds_alternative<StoreBlob>(queue_.front())) {
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

void ActionQueue::write_blobs() {
    std::vector<std::shared_ptr<const wire::SealedUpdate>> updates;
    for (const Action& action : queue_) {
        if (const auto* store = std::get_if<StoreBlob>(&action)) updates.push_back(store->update);
    }
    writing_ = true;
    worker_.run([this, updates = std::move(updates)]() -> Worker::Continuation {
        Result<> written;
        for (const auto& update : updates) {
            written = blobs_.put(update->content, update->blob());
            if (!written) break;
        }
        return [this, written, count = updates.size()] {
            if (!written) return hooks_.disk_failed(written.error());
            writing_ = false;
            stored_ = count;
            pump();
        };
    });
}

}  // namespace skerry::coordinator
