#include "coordinator/ledger/memory_journal.hpp"

#include <algorithm>
#include <utility>

namespace skerry::coordinator::ledger {

Result<Version> MemoryJournal::append(std::string_view stream, Version expected, const Events& events) {
    Stream& target = streams_[std::string(stream)];
    if (target.events.size() != expected) {
        return fail(ErrorCode::Conflict, "the journal is at version " + std::to_string(target.events.size()) +
                                             ", not at " + std::to_string(expected) +
                                             ": another coordinator has written to it");
    }
    const Disk disk = disk_ ? disk_() : Disk::Works;
    if (disk == Disk::FailsBefore) return fail(ErrorCode::Unavailable, "the disk has failed");
    for (const Event& event : events) {
        if (auto added = target.add(event); !added) {
            target.cut(static_cast<std::size_t>(expected));
            return tl::unexpected(std::move(added).error());
        }
    }
    if (syncing_) target.synced = target.events.size();
    if (disk == Disk::FailsAfter) return fail(ErrorCode::Unavailable, "the disk has failed");
    return target.events.size();
}

Result<> MemoryJournal::Stream::add(const Event& event) {
    if (const auto* accepted = std::get_if<UpdateAccepted>(&event)) {
        if (updates.contains(accepted->update) || !leases.insert(accepted->lease).second) {
            return fail(ErrorCode::Conflict, "a lease or a sequence is spent twice");
        }
        updates[accepted->update] = true;
    } else if (const auto* frozen = std::get_if<RoundFrozen>(&event)) {
        for (const UpdateId& update : frozen->set) {
            const auto found = updates.find(update);
            if (found == updates.end() || !std::exchange(found->second, false) || quarantined.contains(update.node)) {
                return fail(ErrorCode::Conflict, "an update is counted that is not waiting");
            }
        }
    } else if (const auto* held = std::get_if<NodeQuarantined>(&event)) {
        quarantined.insert(held->node);
    } else if (const auto* released = std::get_if<NodeReleased>(&event)) {
        quarantined.erase(released->node);
    }
    if (const auto* aside = std::get_if<UpdateSetAside>(&event)) {
        const auto found = updates.find(aside->update);
        if (found == updates.end() || !std::exchange(found->second, false)) {
            return fail(ErrorCode::Conflict, "an update is set aside that is not waiting");
        }
    }
    events.push_back(event);
    return {};
}

void MemoryJournal::Stream::cut(std::size_t count) {
    std::vector<Event> kept = std::exchange(events, {});
    kept.resize(count);
    leases.clear();
    updates.clear();
    quarantined.clear();
    for (const Event& event : kept) {
        const auto added = add(event);
        SKERRY_ASSERT(added.has_value());
    }
}

Result<std::vector<Recorded>> MemoryJournal::read(std::string_view stream, Version after, std::size_t max) const {
    std::vector<Recorded> found;
    const std::vector<Event>& all = events(stream);
    for (Version version = after; version < all.size() && found.size() < max; ++version) {
        found.push_back({version + 1, all[static_cast<std::size_t>(version)]});
    }
    return found;
}

Result<std::optional<Fate>> MemoryJournal::fate_of(const UpdateId& update) const {
    const std::vector<Event>& all = events(kFederationStream);
    for (auto event = all.rbegin(); event != all.rend(); ++event) {
        if (const auto* accepted = std::get_if<UpdateAccepted>(&*event); accepted && accepted->update == update) {
            return Fate{accepted->content, Fate::Accepted{accepted->receipt}};
        }
    }
    for (const Event& event : all) {
        if (const auto* refused = std::get_if<UpdateRefused>(&event); refused && refused->update == update) {
            return Fate{refused->content, Fate::Refused{refused->code, refused->text}};
        }
    }
    return std::nullopt;
}

void MemoryJournal::crash() {
    for (auto& [name, stream] : streams_)
        stream.cut(static_cast<std::size_t>(stream.synced));
    syncing_ = true;
}

const std::vector<Event>& MemoryJournal::events(std::string_view stream) const {
    static const std::vector<Event> kNone;
    const auto found = streams_.find(stream);
    return found == streams_.end() ? kNone : found->second.events;
}

}  // namespace skerry::coordinator::ledger
