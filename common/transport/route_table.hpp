#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/transport/curve_keys.hpp"

namespace skerry::transport {

/// Which connection leads to a key. A key belongs to the newest connection on which it has spoken: what an older one
/// still had under way when the peer came back is heard, but takes no answer away. Not thread-safe.
class RouteTable {
public:
    explicit RouteTable(std::size_t peers_max) : peers_max_(peers_max) {}

    /// A message of `key` came over `routing_id`. Returns the connection's number, unique in this table.
    /// When the table is full, the key silent for longest is forgotten.
    std::uint64_t heard_from(const CurvePublicKey& key, ByteView routing_id);

    /// The routing id to answer to; nothing when the key has not spoken. Borrowed until the next change.
    [[nodiscard]] const Bytes* route_to(const CurvePublicKey& key) const;

    void forget(const CurvePublicKey& key);

    [[nodiscard]] std::size_t size() const { return peers_.size(); }

private:
    struct Connection {
        Bytes routing_id;
        std::uint64_t number = 0;
    };
    struct Peer {
        Connection newest;
        std::vector<Connection> retired;  ///< the latest few
        std::list<CurvePublicKey>::iterator silence;
    };

    std::size_t peers_max_;
    std::uint64_t connections_ = 0;
    std::unordered_map<CurvePublicKey, Peer> peers_;
    std::list<CurvePublicKey> by_silence_;  ///< front: silent for longest
};

}  // namespace skerry::transport
