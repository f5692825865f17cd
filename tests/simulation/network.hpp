#pragma once

#include <functional>
#include <vector>

#include "common/wire/codec.hpp"
#include "tests/simulation/world.hpp"

namespace skerry::simulation {

/// The links between the coordinator and each node. Every message goes through the wire's codec; while the storm lasts
/// it may come late, twice, out of order or not at all, and links are cut: both ways, which the node notices as a lost
/// connection, or one way, which nobody notices. What is on its way when a link is cut is lost, or comes afterwards.
class Network {
public:
    struct Ends {
        std::function<void(std::size_t node, wire::FromNode)> at_coordinator;
        std::function<void(std::size_t node, wire::FromCoordinator)> at_node;
        std::function<void(std::size_t node)> link_changed;
    };

    Network(World& world, std::size_t nodes, Ends ends);

    void to_coordinator(std::size_t node, wire::FromNode message);
    void to_node(std::size_t node, wire::FromCoordinator message);
    /// As the node's socket sees it.
    [[nodiscard]] bool connected(std::size_t node) const;

    /// A coordinator that dies takes some connections with it; others have not noticed when it is back.
    void coordinator_went();
    void coordinator_came();

    /// From here links are cut, until heal().
    void begin_storm();
    void heal();

private:
    enum Direction { Up, Down };
    struct Link {
        bool cut[2] = {false, false};
        bool away = false;  ///< the node noticed that the coordinator died
        bool noticed = false;
        TimePoint last[2];  ///< when the newest message arrives: the next one waits for it unless order is broken
        std::vector<wire::Frames> held[2];
    };

    void transmit(std::size_t node, Direction direction, wire::Frames frames);
    void launch(std::size_t node, Direction direction, wire::Frames frames, std::chrono::milliseconds delay);
    void arrive(std::size_t node, Direction direction, wire::Frames frames);
    void plan_cut(std::size_t node);
    void restore(std::size_t node);
    void look(std::size_t node);

    World& world_;
    Dice dice_;
    Ends ends_;
    std::vector<Link> links_;
};

}  // namespace skerry::simulation
