#include "common/transport/route_table.hpp"

#include <algorithm>

namespace skerry::transport {

namespace {
constexpr std::size_t kRetiredMax = 4;
}

std::uint64_t RouteTable::heard_from(const CurvePublicKey& key, ByteView routing_id) {
    const auto is_it = [routing_id](const Connection& connection) {
        return std::equal(routing_id.begin(), routing_id.end(), connection.routing_id.begin(),
                          connection.routing_id.end());
    };
    const auto found = peers_.find(key);
    if (found == peers_.end()) {
        if (peers_.size() >= peers_max_) {
            peers_.erase(by_silence_.front());
            by_silence_.pop_front();
        }
        const auto silence = by_silence_.insert(by_silence_.end(), key);
        peers_.emplace(key, Peer{{copy_of(routing_id), ++connections_}, {}, silence});
        return connections_;
    }
    Peer& peer = found->second;
    by_silence_.splice(by_silence_.end(), by_silence_, peer.silence);
    if (is_it(peer.newest)) return peer.newest.number;
    const auto retired = std::find_if(peer.retired.begin(), peer.retired.end(), is_it);
    if (retired != peer.retired.end()) return retired->number;
    if (peer.retired.size() == kRetiredMax) peer.retired.erase(peer.retired.begin());
    peer.retired.push_back(std::exchange(peer.newest, {copy_of(routing_id), ++connections_}));
    return connections_;
}

const Bytes* RouteTable::route_to(const CurvePublicKey& key) const {
    const auto found = peers_.find(key);
    return found != peers_.end() ? &found->second.newest.routing_id : nullptr;
}

void RouteTable::forget(const CurvePublicKey& key) {
    const auto found = peers_.find(key);
    if (found == peers_.end()) return;
    by_silence_.erase(found->second.silence);
    peers_.erase(found);
}

}  // namespace skerry::transport
