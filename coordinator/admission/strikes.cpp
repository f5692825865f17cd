#include "coordinator/admission/strikes.hpp"

#include <algorithm>

namespace skerry::coordinator {

bool is_strike(wire::RefusalCode code) {
    using Code = wire::RefusalCode;
    switch (code) {
        case Code::Unsigned:
        case Code::Replayed:
        case Code::Misshapen:
        case Code::Undecryptable:
        case Code::NonFinite:
        case Code::OutOfBounds:
        case Code::Norm:
            return true;
        case Code::Malformed:
        case Code::Unleased:
        case Code::Stale:
        case Code::Oversized:
        case Code::NotYourTurn:
            return false;
    }
    return false;
}

std::string_view what_to_look_at(wire::RefusalCode code) {
    using Code = wire::RefusalCode;
    switch (code) {
        case Code::Unsigned:
        case Code::Undecryptable:
            return "look at its memory and its disk, and whether somebody else speaks for it";
        case Code::Replayed:
            return "look whether its folder was restored from an old copy, or runs on a second machine too";
        case Code::Misshapen:
            return "look whether its programs are of another release than the coordinator";
        default:
            return "look at its sensor, its labels and its learning rate";
    }
}

void Strikes::apply(const ledger::UpdateRefused& event) {
    if (!is_strike(event.code)) return;
    std::deque<TimePoint>& times = times_[event.update.node];
    times.push_back(event.at);
    if (times.size() > kMost) times.pop_front();
}

void Strikes::apply(const ledger::NodeReleased& event) {
    times_.erase(event.node);
}

// One from the future of a clock that was set back counts.
std::size_t Strikes::of(const NodeId& node, std::chrono::milliseconds window, TimePoint now) const {
    const auto found = times_.find(node);
    if (found == times_.end()) return 0;
    return static_cast<std::size_t>(
        std::count_if(found->second.begin(), found->second.end(), [&](TimePoint at) { return now - at < window; }));
}

}  // namespace skerry::coordinator
