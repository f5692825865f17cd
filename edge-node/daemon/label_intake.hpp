#pragma once

#include <functional>
#include <string>
#include <vector>

#include "edge-node/daemon/storage_thread.hpp"
#include "feedback/label_delays.hpp"
#include "feedback/label_join.hpp"
#include "feedback/label_store.hpp"
#include "feedback/pending_ring.hpp"

namespace skerry::node {

struct IncomingLabel {
    std::string request;
    std::uint32_t label = 0;  ///< class index, checked
};

/// Labels on their way to the disk: joined with the predictions that wait for them, made durable in groups, and only
/// then answered. While one group is being committed the next one gathers, so the more labels come, the fewer commits
/// each costs. Loop thread only; the store is touched on the storage thread alone.
class LabelIntake {
public:
    using Verdicts = std::vector<feedback::LabelVerdict>;
    using OnDone = std::function<void(Result<Verdicts>)>;

    /// `on_accepted` hears how many labels each durable group has added, before those that sent them do; `on_full`,
    /// that the disk had no room for one.
    LabelIntake(
        StorageThread& storage, feedback::LabelStore& store, feedback::PendingRing& ring,
        std::function<void(std::size_t)> on_accepted, std::function<void()> on_full = [] {})
        : storage_(storage),
          store_(store),
          ring_(ring),
          on_accepted_(std::move(on_accepted)),
          on_full_(std::move(on_full)) {}

    /// One verdict a label, in order. Unavailable: the disk is full, and nothing was kept. Another failure of the disk
    /// ends the process.
    void submit(std::vector<IncomingLabel> labels, OnDone on_done);

    /// Labels that wait for their commit.
    [[nodiscard]] std::size_t waiting() const { return waiting_; }
    /// From the answers to their labels, of those accepted since the start.
    [[nodiscard]] const feedback::LabelDelays& delays() const { return delays_; }
    /// Why the last labels were not kept; empty: they were.
    [[nodiscard]] const std::string& disk_trouble() const { return disk_trouble_; }

private:
    struct Submission {
        std::vector<IncomingLabel> labels;
        OnDone on_done;
    };
    void commit();
    /// What the ring knew of a label's prediction; the order 0: nothing.
    struct Answered {
        std::uint64_t order = 0;
        TimePoint at;
    };
    void finish(std::vector<Submission> group, const std::vector<Answered>& answered, Result<Verdicts> verdicts);

    StorageThread& storage_;
    feedback::LabelStore& store_;
    feedback::PendingRing& ring_;
    std::function<void(std::size_t)> on_accepted_;
    std::function<void()> on_full_;
    std::vector<Submission> gathering_;
    std::size_t waiting_ = 0;
    feedback::LabelDelays delays_;
    std::string disk_trouble_;
    bool committing_ = false;
};

}  // namespace skerry::node
