#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "common/observe/metrics.hpp"
#include "edge-node/daemon/status.hpp"

namespace skerry::node {

/// The series of one model, from the same facts as the status page; where `named`, each with its name as the label
/// "model".
class ModelMetrics {
public:
    ModelMetrics(const std::string& model, bool named);

    void update(const NodeFacts& facts);
    [[nodiscard]] const observe::Registry& registry() const { return registry_; }

private:
    void update_stages(const NodeFacts& facts);
    void count_up_to(const std::string& name, std::string_view label, double total);
    void count_up_to(const std::string& name, std::string_view label, std::uint64_t total);

    observe::Registry registry_;
    std::map<std::string, double> counted_;
};

/// The /metrics of a process. One thread at a time.
class NodeMetrics {
public:
    /// One set of series for each of these names. Labelled with it where there are several: a process of one model
    /// has the series that its dashboards know.
    explicit NodeMetrics(const std::vector<std::string>& models);

    /// Prometheus text 0.0.4 of this moment; `facts`: of each model, in their order.
    [[nodiscard]] std::string text(std::span<const NodeFacts> facts);

private:
    void update(const MemoryFacts& memory);

    std::vector<ModelMetrics> models_;
    observe::Registry memory_;
    std::array<std::uint64_t, kMemoryUses> refused_{};  ///< counted so far
};

}  // namespace skerry::node
