#include "coordinator/admission/transfers.hpp"

#include <algorithm>

#include "common/base/limits.hpp"

namespace skerry::coordinator {

bool Transfers::has_room(std::uint64_t bytes) const {
    return active_.empty() || (active_.size() < policy_.count_max && bytes_ + bytes <= policy_.bytes_max);
}

std::optional<wire::PullUpdate> Transfers::offer(Incoming incoming, TimePoint now) {
    const NodeId node = incoming.id().node;
    if (const auto found = active_.find(node); found != active_.end()) {
        Active& transfer = found->second;
        if (transfer.state.update) return std::nullopt;
        if (transfer.state.incoming.offer.content == incoming.offer.content) {
            // Offered again: something on the way was lost, so go on from the first hole.
            return next_pull(transfer);
        }
        drop(node);
    }
    const auto queued = std::find_if(waiting_.begin(), waiting_.end(),
                                     [&node](const Incoming& other) { return other.id().node == node; });
    if (queued != waiting_.end()) {
        *queued = std::move(incoming);  // keeps its place
        return std::nullopt;
    }
    if (!waiting_.empty() || !has_room(incoming.offer.sealed_bytes)) {
        waiting_.push_back(std::move(incoming));
        return std::nullopt;
    }
    return start(std::move(incoming), now);
}

wire::PullUpdate Transfers::start(Incoming incoming, TimePoint now) {
    const NodeId node = incoming.id().node;
    const std::size_t size = static_cast<std::size_t>(incoming.offer.sealed_bytes);
    Active transfer;
    transfer.chunks.resize((size + limits::kChunkBytes - 1) / limits::kChunkBytes);
    transfer.missing = transfer.chunks.size();
    transfer.started = now;
    transfer.progress = now;
    transfer.state.incoming = std::move(incoming);
    bytes_ += size;
    return next_pull(active_.insert_or_assign(node, std::move(transfer)).first->second);
}

// One run of missing chunks, at most as long as the credit.
wire::PullUpdate Transfers::next_pull(Active& transfer) {
    const auto is_here = [](const Bytes& chunk) { return !chunk.empty(); };
    const auto hole = std::find_if_not(transfer.chunks.begin(), transfer.chunks.end(), is_here);
    const auto end = std::find_if(hole, transfer.chunks.end(), is_here);
    const auto run = std::min<std::ptrdiff_t>(end - hole, limits::kChunkCredit);
    const auto first = static_cast<std::uint32_t>(hole - transfer.chunks.begin());
    transfer.window_end = first + static_cast<std::uint32_t>(run);
    transfer.in_flight = static_cast<std::size_t>(run);
    return {transfer.state.incoming.id().sequence, first, static_cast<std::uint32_t>(run)};
}

Transfers::Taken Transfers::take(const NodeId& node, const wire::UpdateChunk& chunk, TimePoint now) {
    const auto found = active_.find(node);
    if (found == active_.end()) return Unexpected{};
    Active& transfer = found->second;
    const Incoming& incoming = transfer.state.incoming;
    if (transfer.state.update || chunk.sequence != incoming.id().sequence || chunk.index >= transfer.window_end ||
        !transfer.chunks[chunk.index].empty()) {
        return Unexpected{};
    }
    const std::uint64_t offset = std::uint64_t{chunk.index} * limits::kChunkBytes;
    const auto expected =
        static_cast<std::size_t>(std::min<std::uint64_t>(limits::kChunkBytes, incoming.offer.sealed_bytes - offset));
    if (chunk.bytes.size() != expected) {
        return WrongSize{"chunk " + std::to_string(chunk.index) + " has " + std::to_string(chunk.bytes.size()) +
                         " bytes, must have " + std::to_string(expected)};
    }
    transfer.chunks[chunk.index] = chunk.bytes;
    transfer.progress = now;
    if (transfer.in_flight > 0) --transfer.in_flight;
    if (--transfer.missing > 0) {
        if (transfer.in_flight > 0) return More{};
        return More{next_pull(transfer)};
    }
    auto update = std::make_shared<wire::SealedUpdate>();
    update->header = incoming.offer.header;
    update->sealed.reserve(static_cast<std::size_t>(incoming.offer.sealed_bytes));
    for (Bytes& piece : transfer.chunks) {
        update->sealed.insert(update->sealed.end(), piece.begin(), piece.end());
        piece = Bytes();  // so that both together are never held
    }
    update->signature = incoming.offer.signature;
    update->content = incoming.offer.content;
    transfer.state.update = std::move(update);
    return Complete{transfer.state.update, incoming.header, incoming.lease};
}

const Transfers::Examining* Transfers::examining(const UpdateId& id, const Digest& content) const {
    const auto found = active_.find(id.node);
    if (found == active_.end() || !found->second.state.update) return nullptr;
    const Examining& state = found->second.state;
    return state.incoming.id() == id && state.incoming.offer.content == content ? &state : nullptr;
}

const Incoming* Transfers::pulling(const NodeId& node) const {
    const auto found = active_.find(node);
    return found == active_.end() || found->second.state.update ? nullptr : &found->second.state.incoming;
}

const Incoming* Transfers::pending(const NodeId& node) const {
    if (const Incoming* const pulled = pulling(node)) return pulled;
    const auto waits = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&node](const Incoming& other) { return other.id().node == node; });
    return waits == waiting_.end() ? nullptr : &*waits;
}

bool Transfers::holds(const NodeId& node, const wire::UpdateOffer& offer) const {
    if (const auto found = active_.find(node); found != active_.end()) {
        return found->second.state.incoming.offer == offer;
    }
    const Incoming* const waits = pending(node);
    return waits != nullptr && waits->offer == offer;
}

void Transfers::drop(const NodeId& node) {
    if (const auto found = active_.find(node); found != active_.end() && !found->second.state.update) erase(found);
    std::erase_if(waiting_, [&node](const Incoming& other) { return other.id().node == node; });
}

void Transfers::finish(const NodeId& node) {
    if (const auto found = active_.find(node); found != active_.end() && found->second.state.update) erase(found);
}

void Transfers::erase(std::map<NodeId, Active>::iterator transfer) {
    bytes_ -= transfer->second.state.incoming.offer.sealed_bytes;
    active_.erase(transfer);
}

// When a transfer loses its place. Else one chunk now and then would hold it for as long as a node likes.
TimePoint Transfers::end_of(const Active& transfer) const {
    const TimePoint idle = transfer.progress + policy_.idle_time;
    if (waiting_.empty()) return idle;
    const std::uint64_t ms = transfer.state.incoming.offer.sealed_bytes * 1000 / policy_.rate_min;
    return std::min(idle, transfer.started + policy_.idle_time + std::chrono::milliseconds(ms));
}

std::vector<Transfers::Started> Transfers::make_room(TimePoint now) {
    std::vector<NodeId> over;
    for (const auto& [node, transfer] : active_) {
        // Under examination nothing is awaited from the node.
        if (!transfer.state.update && now >= end_of(transfer)) over.push_back(node);
    }
    for (const NodeId& node : over)
        drop(node);
    std::vector<Started> started;
    while (!waiting_.empty() && has_room(waiting_.front().offer.sealed_bytes)) {
        Incoming next = std::move(waiting_.front());
        waiting_.pop_front();
        const NodeId node = next.id().node;
        started.push_back({node, start(std::move(next), now)});
    }
    return started;
}

std::optional<TimePoint> Transfers::deadline() const {
    std::optional<TimePoint> first;
    for (const auto& [node, transfer] : active_) {
        if (transfer.state.update) continue;
        const TimePoint end = end_of(transfer);
        if (!first || end < *first) first = end;
    }
    return first;
}

}  // namespace skerry::coordinator
