#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "common/wire/sealed_update.hpp"

namespace skerry::coordinator {

/// Bounds on the memory of updates that are on their way in.
struct TransferPolicy {
    std::size_t count_max = 16;
    std::uint64_t bytes_max = 256ULL << 20U;  ///< one update larger than this still passes, alone
    /// A transfer without a new chunk for this long gives its place to the next; its node will offer again.
    std::chrono::milliseconds idle_time{30'000};
    /// Bytes a second: a transfer slower than this on the whole gives its place to whoever waits for one.
    std::uint64_t rate_min = 64 << 10U;
};

/// An offer that has passed the cheap gates.
struct Incoming {
    wire::UpdateHeader header;
    wire::Lease lease;
    wire::UpdateOffer offer;

    [[nodiscard]] const UpdateId& id() const { return header.update; }
};

/// Sealed updates being pulled: at most one a node, bounded in number and bytes together; the rest waits its turn in
/// order of arrival. The receiver drives: credit of limits::kChunkCredit chunks, then the next pull, so a lost chunk
/// costs one repeated offer. Pure; volatile: after a crash nodes offer again. Not thread-safe.
class Transfers {
public:
    explicit Transfers(TransferPolicy policy) : policy_(policy) {}

    /// What to send to the node now; nothing: it waits its turn, or is being examined.
    /// Another update of the same node takes the place of an unfinished one.
    [[nodiscard]] std::optional<wire::PullUpdate> offer(Incoming incoming, TimePoint now);

    struct Unexpected {};  ///< no such transfer, or a chunk that is there already
    struct More {
        std::optional<wire::PullUpdate> pull;  ///< nothing: the rest of the credit is still on its way
    };
    struct WrongSize {
        std::string text;
    };
    struct Complete {
        std::shared_ptr<const wire::SealedUpdate> update;
        wire::UpdateHeader header;
        wire::Lease lease;
    };
    using Taken = std::variant<Unexpected, More, WrongSize, Complete>;
    /// Takes one chunk; memory is taken as chunks come. After Complete the transfer is under examination until
    /// finish().
    [[nodiscard]] Taken take(const NodeId& node, const wire::UpdateChunk& chunk, TimePoint now);

    /// The update of that node that is under examination with this content.
    struct Examining {
        Incoming incoming;
        std::shared_ptr<const wire::SealedUpdate> update;
    };
    [[nodiscard]] const Examining* examining(const UpdateId& id, const Digest& content) const;
    /// What this node is sending now and is not yet under examination; null: nothing.
    [[nodiscard]] const Incoming* pulling(const NodeId& node) const;
    /// The same, or what waits for its turn.
    [[nodiscard]] const Incoming* pending(const NodeId& node) const;
    /// Whether exactly this offer of the node waits, is being pulled, or is under examination.
    [[nodiscard]] bool holds(const NodeId& node, const wire::UpdateOffer& offer) const;

    /// Forgets what this node has on its way, unless it is under examination: a worker holds its bytes, so they count
    /// until finish().
    void drop(const NodeId& node);
    /// The examination is over.
    void finish(const NodeId& node);

    struct Started {
        NodeId node;
        wire::PullUpdate pull;
    };
    /// Drops idle transfers, and slow ones that others wait for, then starts waiting ones that have room now. Call
    /// after drop() and finish(), and when deadline() is due.
    [[nodiscard]] std::vector<Started> make_room(TimePoint now);
    [[nodiscard]] std::optional<TimePoint> deadline() const;

    [[nodiscard]] std::size_t active() const { return active_.size(); }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

private:
    struct Active {
        Examining state;            ///< update: null while chunks are missing
        std::vector<Bytes> chunks;  ///< empty: not yet here
        std::size_t missing = 0;
        std::uint32_t window_end = 0;  ///< chunks before this were asked for
        std::size_t in_flight = 0;     ///< of them, not yet here
        TimePoint started;
        TimePoint progress;
    };

    [[nodiscard]] bool has_room(std::uint64_t bytes) const;
    wire::PullUpdate start(Incoming incoming, TimePoint now);
    static wire::PullUpdate next_pull(Active& transfer);
    [[nodiscard]] TimePoint end_of(const Active& transfer) const;
    void erase(std::map<NodeId, Active>::iterator transfer);

    TransferPolicy policy_;
    std::map<NodeId, Active> active_;
    std::uint64_t bytes_ = 0;  ///< of all active transfers
    std::deque<Incoming> waiting_;
};

}  // namespace skerry::coordinator
