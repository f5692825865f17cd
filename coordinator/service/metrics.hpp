#pragma once

#include <string>

#include "common/observe/metrics.hpp"
#include "coordinator/federation.hpp"

namespace skerry::coordinator {

/// What the coordinator counts: the participation funnel, rounds, versions. One table, in metrics.cpp. Loop's thread.
class CoordinatorMetrics {
public:
    CoordinatorMetrics();

    /// A message from a node, before it is judged.
    void heard(const wire::FromNode& message);
    /// A message that could not be decoded, on either socket.
    void malformed();
    /// What has become durable.
    void committed(const ledger::Event& event);
    void ignored(Ignored::Why why);
    void said(const wire::FromCoordinator& message);

    /// Text 0.0.4, with the gauges brought up to date.
    [[nodiscard]] std::string text(const Federation& federation, TimePoint now);

private:
    observe::Registry registry_;
    std::optional<TimePoint> opened_, frozen_;
};

/// A node whose last sign is older counts as away.
inline constexpr std::chrono::seconds kAwayAfter{45};
[[nodiscard]] bool is_connected(const Federation& federation, const Node& node, TimePoint now);

}  // namespace skerry::coordinator
