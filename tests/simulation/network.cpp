#include "tests/simulation/network.hpp"

#include <algorithm>
#include <utility>

namespace skerry::simulation {

using namespace std::chrono_literals;

Network::Network(World& world, std::size_t nodes, Ends ends)
    : world_(world), dice_(world.dice.fork()), ends_(std::move(ends)), links_(nodes) {}

void Network::to_coordinator(std::size_t node, wire::FromNode message) {
    transmit(node, Up, wire::encode(std::move(message)));
}

void Network::to_node(std::size_t node, wire::FromCoordinator message) {
    transmit(node, Down, wire::encode(std::move(message)));
}

bool Network::connected(std::size_t node) const {
    return !links_[node].noticed;
}

void Network::transmit(std::size_t node, Direction direction, wire::Frames frames) {
    ++world_.counters.messages;
    const Conditions& is = world_.conditions;
    if (!world_.storm) return launch(node, direction, std::move(frames), dice_.between(1ms, is.delay_max));
    if (dice_.chance(is.loss)) {
        ++world_.counters.lost;
        return;
    }
    if (dice_.chance(is.repeat)) launch(node, direction, frames, dice_.between(1ms, is.late_max));
    const bool late = is.reorder && dice_.chance(0.1);
    launch(node, direction, std::move(frames), dice_.between(1ms, late ? is.late_max : is.delay_max));
}

void Network::launch(std::size_t node, Direction direction, wire::Frames frames, std::chrono::milliseconds delay) {
    TimePoint when = world_.time.now() + delay;
    TimePoint& last = links_[node].last[direction];
    if (!world_.storm || !world_.conditions.reorder) when = std::max(when, last);
    last = std::max(last, when);
    world_.time.at(when, [this, node, direction, frames = std::move(frames)]() mutable {
        arrive(node, direction, std::move(frames));
    });
}

void Network::arrive(std::size_t node, Direction direction, wire::Frames frames) {
    Link& link = links_[node];
    if (link.cut[direction]) {
        if (dice_.chance(0.5)) link.held[direction].push_back(std::move(frames));
        return;
    }
    if (direction == Up) {
        auto message = wire::decode_from_node(std::move(frames));
        if (!message) return world_.broken("messages_read_back", message.error().message);
        ends_.at_coordinator(node, *std::move(message));
    } else {
        auto message = wire::decode_from_coordinator(std::move(frames));
        if (!message) return world_.broken("messages_read_back", message.error().message);
        ends_.at_node(node, *std::move(message));
    }
}

void Network::coordinator_went() {
    for (std::size_t node = 0; node < links_.size(); ++node) {
        links_[node].away = dice_.chance(0.6);
        look(node);
    }
}

void Network::coordinator_came() {
    for (std::size_t node = 0; node < links_.size(); ++node) {
        links_[node].away = false;
        look(node);
    }
}

void Network::begin_storm() {
    if (world_.conditions.cut_every == 0ms) return;
    for (std::size_t node = 0; node < links_.size(); ++node)
        plan_cut(node);
}

void Network::heal() {
    for (std::size_t node = 0; node < links_.size(); ++node)
        restore(node);
}

void Network::plan_cut(std::size_t node) {
    world_.time.after(dice_.between(1s, 2 * world_.conditions.cut_every), [this, node] {
        if (!world_.storm) return;
        const auto kind = dice_.below(3);
        links_[node].cut[Up] = kind != 2;
        links_[node].cut[Down] = kind != 1;
        world_.note("network", "cuts", node, kind);
        look(node);
        world_.time.after(dice_.between(100ms, world_.conditions.cut_max), [this, node] {
            if (!world_.storm) return;
            restore(node);
            plan_cut(node);
        });
    });
}

void Network::restore(std::size_t node) {
    Link& link = links_[node];
    for (const Direction direction : {Up, Down}) {
        link.cut[direction] = false;
        for (wire::Frames& frames : std::exchange(link.held[direction], {}))
            launch(node, direction, std::move(frames), dice_.between(1ms, world_.conditions.delay_max));
    }
    world_.note("network", "restores", node);
    look(node);
}

void Network::look(std::size_t node) {
    Link& link = links_[node];
    const bool lost = link.away || (link.cut[Up] && link.cut[Down]);
    if (lost == link.noticed) return;
    link.noticed = lost;
    ends_.link_changed(node);
}

}  // namespace skerry::simulation
