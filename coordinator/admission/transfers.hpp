#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "common/wire/sealed_update.hpp"

namespace skerry::coordinator {

/// Bounds on updates that are on their way in.
struct TransferPolicy {
    std::size_t count_max = 16;
    std::uint64_t bytes_max = 256ULL << 20U;  ///< sealed, together; one update larger than this still passes, alone
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
/// order of arrival. The receiver drives: credit of limits::kChunkCredit chunks, in their order, then the next pull; a
/// lost chunk costs one repeated offer. What has come is in a draft of the blob that it becomes (BlobStore): header ‖
/// chunks. So a transfer that ends in between, by silence, Goodbye or a crash of either side, goes on where its draft
/// ends. Pure. Not thread-safe.
class Transfers {
public:
    explicit Transfers(TransferPolicy policy) : policy_(policy) {}

    /// At a start: this draft of the node is there. False: it is of no use, because the node has another.
    [[nodiscard]] bool restore(const wire::UpdateHeader& header, Bytes header_bytes, const Digest& content,
                               std::uint64_t draft_bytes);

    struct Offered {
        std::optional<wire::PullUpdate> pull{};  ///< to send now; nothing: it waits its turn, or is being examined
        std::optional<Digest> dropped{};         ///< the draft of what it took the place of
    };
    /// Another update of the same node takes the place of an unfinished one. Not while is_anothers().
    [[nodiscard]] Offered offer(Incoming incoming, TimePoint now);
    /// Whether another node's transfer has this content: a content names one node, so one of the two lies.
    [[nodiscard]] bool is_anothers(const NodeId& node, const Digest& content) const;

    struct Unexpected {};  ///< no such transfer, or not the next chunk
    struct WrongSize {
        std::string text;
    };
    /// For the draft.
    struct Piece {
        Digest content{};
        std::uint64_t at = 0;
        Bytes bytes;
    };
    struct More {
        Piece piece;
        std::optional<wire::PullUpdate> pull;  ///< nothing: the rest of the credit is still on its way
    };
    struct Complete {
        Piece piece;
        const Incoming* incoming = nullptr;  ///< until the next call
    };
    using Taken = std::variant<Unexpected, WrongSize, More, Complete>;
    /// Takes one chunk. After Complete the transfer is under examination until finish().
    [[nodiscard]] Taken take(const NodeId& node, wire::UpdateChunk chunk, TimePoint now);

    /// The update of that node that is under examination with this content.
    [[nodiscard]] const Incoming* examining(const UpdateId& id, const Digest& content) const;
    /// What this node is sending now and is not yet under examination; null: nothing.
    [[nodiscard]] const Incoming* pulling(const NodeId& node) const;
    /// Whether exactly this offer of the node waits, is being pulled, was interrupted, or is under examination; after a
    /// restart, whether its content was.
    [[nodiscard]] bool holds(const NodeId& node, const wire::UpdateOffer& offer) const;
    /// Whether that update of the node waits, is being pulled or was interrupted.
    [[nodiscard]] bool is_unfinished(const UpdateId& id) const;

    /// Forgets what this node has on its way, unless it is under examination; the draft to drop, if it has one.
    [[nodiscard]] std::optional<Digest> drop(const NodeId& node);
    /// The node is gone for now. Its draft stays.
    void interrupt(const NodeId& node);
    /// The examination is over. The draft becomes the blob, or is dropped by whom this tells.
    void finish(const NodeId& node);

    struct Started {
        NodeId node;
        wire::PullUpdate pull;
    };
    /// Interrupts idle transfers, and slow ones that others wait for, then starts waiting ones that have room now. Call
    /// after drop(), interrupt() and finish(), and when deadline() is due.
    [[nodiscard]] std::vector<Started> make_room(TimePoint now);
    [[nodiscard]] std::optional<TimePoint> deadline() const;

    [[nodiscard]] std::size_t active() const { return active_; }
    [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
    /// Those of which only a draft is left.
    [[nodiscard]] std::size_t interrupted() const { return transfers_.size() - active_ - waiting_.size(); }

private:
    enum class State { Waiting, Pulling, UnderExamination, Interrupted };
    struct Transfer {
        State state = State::Waiting;
        Incoming incoming;
        bool restored = false;         ///< of the offer only header and content are known
        std::uint64_t drafted = 0;     ///< bytes of the draft
        std::uint32_t next = 0;        ///< chunk
        std::uint32_t window_end = 0;  ///< chunks before this were asked for
        TimePoint started;
        TimePoint progress;
    };
    using All = std::map<NodeId, Transfer>;

    [[nodiscard]] const Transfer* find(const NodeId& node) const;
    [[nodiscard]] bool has_room(std::uint64_t bytes) const;
    wire::PullUpdate start(const NodeId& node, Transfer& transfer, TimePoint now);
    static wire::PullUpdate next_pull(Transfer& transfer);
    [[nodiscard]] TimePoint end_of(const Transfer& transfer) const;
    /// Gives its place away.
    void leave(All::iterator transfer);
    void erase(All::iterator transfer);

    TransferPolicy policy_;
    All transfers_;
    std::map<Digest, NodeId> owners_;  ///< whose transfer has which content
    std::set<NodeId> pulling_;
    std::size_t active_ = 0;   ///< pulled or examined
    std::uint64_t bytes_ = 0;  ///< of them
    std::deque<NodeId> waiting_;
};

}  // namespace skerry::coordinator
