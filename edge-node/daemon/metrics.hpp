#pragma once

#include <map>
#include <string>

#include "common/observe/metrics.hpp"
#include "edge-node/daemon/status.hpp"

namespace skerry::node {

/// The node's /metrics, from the same facts as its status page. One thread at a time.
class NodeMetrics {
public:
    NodeMetrics();

    /// Prometheus text 0.0.4 of this moment.
    [[nodiscard]] std::string text(const NodeFacts& facts);

private:
    void count_up_to(const std::string& name, std::string_view label, std::uint64_t total);

    observe::Registry registry_;
    std::map<std::string, std::uint64_t> counted_;
};

}  // namespace skerry::node
