#include "coordinator/admission/transfers.hpp"

#include <algorithm>
#include <utility>

#include "common/base/limits.hpp"

namespace skerry::coordinator {
namespace {

std::uint32_t chunks_of(const wire::UpdateOffer& offer) {
    return static_cast<std::uint32_t>((offer.sealed_bytes + limits::kChunkBytes - 1) / limits::kChunkBytes);
}

}  // namespace

const Transfers::Transfer* Transfers::find(const NodeId& node) const {
    const auto found = transfers_.find(node);
    return found == transfers_.end() ? nullptr : &found->second;
}

bool Transfers::has_room(std::uint64_t bytes) const {
    return active_ == 0 || (active_ < policy_.count_max && bytes_ + bytes <= policy_.bytes_max);
}

bool Transfers::is_anothers(const NodeId& node, const Digest& content) const {
    const auto owner = owners_.find(content);
    return owner != owners_.end() && owner->second != node;
}

bool Transfers::restore(const wire::UpdateHeader& header, Bytes header_bytes, const Digest& content,
                        std::uint64_t draft_bytes) {
    const auto [found, fresh] = transfers_.try_emplace(header.update.node);
    if (!fresh) return false;
    Transfer& transfer = found->second;
    transfer.state = State::Interrupted;
    transfer.restored = true;
    transfer.drafted = draft_bytes;
    transfer.incoming.header = header;
    transfer.incoming.offer.header = std::move(header_bytes);
    transfer.incoming.offer.content = content;
    owners_[content] = header.update.node;
    return true;
}

Transfers::Offered Transfers::offer(Incoming incoming, TimePoint now) {
    SKERRY_ASSERT(incoming.offer.sealed_bytes > 0);
    const NodeId node = incoming.id().node;
    SKERRY_ASSERT(!is_anothers(node, incoming.offer.content));
    Offered offered;
    auto found = transfers_.find(node);
    if (found != transfers_.end()) {
        Transfer& transfer = found->second;
        const wire::UpdateOffer& before = transfer.incoming.offer;
        if (transfer.state == State::UnderExamination) return offered;
        const bool same = before.content == incoming.offer.content && before.header == incoming.offer.header;
        if (same && transfer.state == State::Pulling) {
            // Offered again: something on the way was lost, so go on behind what has come.
            offered.pull = next_pull(transfer);
            return offered;
        }
        if (!same) {
            if (transfer.drafted > 0) offered.dropped = before.content;
            owners_.erase(before.content);
            transfer.drafted = 0;
        }
        leave(found);
        transfer.incoming = std::move(incoming);
        transfer.restored = false;
        if (transfer.state == State::Waiting) {
            owners_[transfer.incoming.offer.content] = node;
            return offered;  // keeps its place
        }
    } else {
        found = transfers_.try_emplace(node).first;
        found->second.incoming = std::move(incoming);
    }
    Transfer& transfer = found->second;
    owners_[transfer.incoming.offer.content] = node;
    if (!waiting_.empty() || !has_room(transfer.incoming.offer.sealed_bytes)) {
        transfer.state = State::Waiting;
        waiting_.push_back(node);
        return offered;
    }
    offered.pull = start(node, transfer, now);
    return offered;
}

wire::PullUpdate Transfers::start(const NodeId& node, Transfer& transfer, TimePoint now) {
    transfer.state = State::Pulling;
    pulling_.insert(node);
    transfer.started = transfer.progress = now;
    const std::uint64_t sealed = transfer.drafted - std::min<std::uint64_t>(transfer.drafted, wire::kUpdateHeaderBytes);
    // Of a draft that is complete the last chunk comes again, so that there is a chunk to complete it.
    transfer.next = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(sealed / limits::kChunkBytes, chunks_of(transfer.incoming.offer) - 1));
    ++active_;
    bytes_ += transfer.incoming.offer.sealed_bytes;
    return next_pull(transfer);
}

wire::PullUpdate Transfers::next_pull(Transfer& transfer) {
    const std::uint32_t left = chunks_of(transfer.incoming.offer) - transfer.next;
    const std::uint32_t count = std::min(left, static_cast<std::uint32_t>(limits::kChunkCredit));
    transfer.window_end = transfer.next + count;
    return {transfer.incoming.id().sequence, transfer.next, count};
}

Transfers::Taken Transfers::take(const NodeId& node, wire::UpdateChunk chunk, TimePoint now) {
    const auto found = transfers_.find(node);
    if (found == transfers_.end() || found->second.state != State::Pulling) return Unexpected{};
    Transfer& transfer = found->second;
    const wire::UpdateOffer& offer = transfer.incoming.offer;
    if (chunk.sequence != transfer.incoming.id().sequence || chunk.index != transfer.next ||
        chunk.index >= transfer.window_end) {
        return Unexpected{};
    }
    const std::uint64_t offset = std::uint64_t{chunk.index} * limits::kChunkBytes;
    const auto expected = std::min<std::uint64_t>(limits::kChunkBytes, offer.sealed_bytes - offset);
    if (chunk.bytes.size() != expected) {
        return WrongSize{"chunk " + std::to_string(chunk.index) + " has " + std::to_string(chunk.bytes.size()) +
                         " bytes, must have " + std::to_string(expected)};
    }
    Piece piece{offer.content, wire::kUpdateHeaderBytes + offset, std::move(chunk.bytes)};
    if (chunk.index == 0) {
        piece.at = 0;
        piece.bytes.insert(piece.bytes.begin(), offer.header.begin(), offer.header.end());
    }
    transfer.drafted = std::max<std::uint64_t>(transfer.drafted, piece.at + piece.bytes.size());
    transfer.progress = now;
    if (++transfer.next == chunks_of(offer)) {
        transfer.state = State::UnderExamination;
        pulling_.erase(node);
        return Complete{std::move(piece), &transfer.incoming};
    }
    if (transfer.next < transfer.window_end) return More{std::move(piece), std::nullopt};
    return More{std::move(piece), next_pull(transfer)};
}

const Incoming* Transfers::examining(const UpdateId& id, const Digest& content) const {
    const Transfer* const found = find(id.node);
    if (found == nullptr || found->state != State::UnderExamination) return nullptr;
    const Incoming& incoming = found->incoming;
    return incoming.id() == id && incoming.offer.content == content ? &incoming : nullptr;
}

const Incoming* Transfers::pulling(const NodeId& node) const {
    const Transfer* const found = find(node);
    return found != nullptr && found->state == State::Pulling ? &found->incoming : nullptr;
}

bool Transfers::holds(const NodeId& node, const wire::UpdateOffer& offer) const {
    const Transfer* const found = find(node);
    if (found == nullptr) return false;
    const wire::UpdateOffer& held = found->incoming.offer;
    return found->restored ? held.content == offer.content && held.header == offer.header : held == offer;
}

bool Transfers::is_unfinished(const UpdateId& id) const {
    const Transfer* const found = find(id.node);
    return found != nullptr && found->state != State::UnderExamination && found->incoming.id() == id;
}

void Transfers::leave(All::iterator transfer) {
    if (transfer->second.state != State::Pulling && transfer->second.state != State::UnderExamination) return;
    transfer->second.state = State::Interrupted;
    pulling_.erase(transfer->first);
    --active_;
    bytes_ -= transfer->second.incoming.offer.sealed_bytes;
}

void Transfers::erase(All::iterator transfer) {
    leave(transfer);
    std::erase(waiting_, transfer->first);
    owners_.erase(transfer->second.incoming.offer.content);
    transfers_.erase(transfer);
}

std::optional<Digest> Transfers::drop(const NodeId& node) {
    const auto found = transfers_.find(node);
    if (found == transfers_.end() || found->second.state == State::UnderExamination) return std::nullopt;
    std::optional<Digest> draft;
    if (found->second.drafted > 0) draft = found->second.incoming.offer.content;
    erase(found);
    return draft;
}

void Transfers::interrupt(const NodeId& node) {
    const auto found = transfers_.find(node);
    if (found == transfers_.end() || found->second.state == State::UnderExamination) return;
    if (found->second.drafted == 0) return erase(found);
    leave(found);
    std::erase(waiting_, node);
    found->second.state = State::Interrupted;
}

void Transfers::finish(const NodeId& node) {
    const auto found = transfers_.find(node);
    if (found != transfers_.end() && found->second.state == State::UnderExamination) erase(found);
}

// When a transfer loses its place. Else one chunk now and then would hold it for as long as a node likes.
TimePoint Transfers::end_of(const Transfer& transfer) const {
    const TimePoint idle = transfer.progress + policy_.idle_time;
    if (waiting_.empty()) return idle;
    const std::uint64_t ms = transfer.incoming.offer.sealed_bytes * 1000 / policy_.rate_min;
    return std::min(idle, transfer.started + policy_.idle_time + std::chrono::milliseconds(ms));
}

std::vector<Transfers::Started> Transfers::make_room(TimePoint now) {
    std::vector<NodeId> over;
    for (const NodeId& node : pulling_)
        if (now >= end_of(transfers_.at(node))) over.push_back(node);
    for (const NodeId& node : over)
        interrupt(node);
    std::vector<Started> started;
    while (!waiting_.empty()) {
        const NodeId node = waiting_.front();
        Transfer& next = transfers_.at(node);
        if (!has_room(next.incoming.offer.sealed_bytes)) break;
        waiting_.pop_front();
        started.push_back({node, start(node, next, now)});
    }
    return started;
}

std::optional<TimePoint> Transfers::deadline() const {
    std::optional<TimePoint> first;
    for (const NodeId& node : pulling_) {
        const TimePoint end = end_of(transfers_.at(node));
        if (!first || end < *first) first = end;
    }
    return first;
}

}  // namespace skerry::coordinator
