#pragma once

#include <utility>

#include "coordinator/federation.hpp"

/// For the .cpp files of Federation.
namespace skerry::coordinator {

inline Send to(const Node& node, wire::FromCoordinator message) {
    return {node.id, node.transport, std::move(message)};
}

inline Actions only(Action action) {
    Actions actions;
    actions.push_back(std::move(action));
    return actions;
}

}  // namespace skerry::coordinator
