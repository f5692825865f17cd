#include "coordinator/ledger/memory_journal.hpp"

#include <algorithm>

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
    target.events.insert(target.events.end(), events.begin(), events.end());
    if (syncing_) target.synced = target.events.size();
    if (disk == Disk::FailsAfter) return fail(ErrorCode::Unavailable, "the disk has failed");
    return target.events.size();
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
        stream.events.resize(static_cast<std::size_t>(stream.synced));
    syncing_ = true;
}

const std::vector<Event>& MemoryJournal::events(std::string_view stream) const {
    static const std::vector<Event> kNone;
    const auto found = streams_.find(stream);
    return found == streams_.end() ? kNone : found->second.events;
}

}  // namespace skerry::coordinator::ledger
