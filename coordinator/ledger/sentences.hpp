#pragma once

#include <functional>
#include <optional>
#include <string>

#include "coordinator/ledger/events.hpp"

/// Events as people read and look for them.
namespace skerry::coordinator::ledger {

/// How people call a node.
using NodeName = std::function<std::string(const NodeId&)>;

/// What has happened, in one sentence without its time: "update 12 of porch was accepted for round 7: …".
[[nodiscard]] std::string sentence_of(const Event& event, const NodeName& name);

/// What an event is about; nothing: no node, no round, no version, or several nodes.
struct Subject {
    std::optional<NodeId> node = {};
    std::optional<RoundId> round = {};
    std::optional<ModelVersion> version = {};
};
[[nodiscard]] Subject subject_of(const Event& event);
/// Also true of a round's frozen set that an update of the node is in.
[[nodiscard]] bool concerns(const Event& event, const NodeId& node);

/// "20.5 MB"; "1 update", "3 updates"
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);
[[nodiscard]] std::string count_text(std::uint64_t count, std::string_view one);

}  // namespace skerry::coordinator::ledger
