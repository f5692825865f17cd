#pragma once

#include <cstdint>
#include <string>
#include <string_view>

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
    void joined(ReplyToJoin::Outcome outcome);
    /// A socket lets nobody else in; "fleet" or "enrol".
    void connections_full(std::string_view socket);
    /// The admin API or the metrics could not accept a connection.
    void accept_failed();
    void said(const wire::FromCoordinator& message);
    void sent_weights(std::size_t bytes);

    /// What a socket says of itself.
    struct Traffic {
        std::size_t connections = 0;
        std::uint64_t refused = 0;  ///< messages beyond the bounds, so far
    };
    /// Text 0.0.4, with everything brought up to date that others count.
    [[nodiscard]] std::string text(const Federation& federation, const Traffic& fleet, const Traffic& enrol,
                                   TimePoint now);

private:
    void bring_up_to_date(const ledger::ErrorTally& errors);
    void bring_up_to_date(std::string_view socket, const Traffic& traffic, std::uint64_t& refused_told);

    observe::Registry registry_;
    std::uint64_t fleet_refused_ = 0, enrol_refused_ = 0;
    std::optional<TimePoint> opened_, frozen_;
    ledger::ErrorTally errors_told_;
};

/// A node whose last sign is older counts as away.
inline constexpr std::chrono::seconds kAwayAfter{45};
[[nodiscard]] bool is_connected(const Federation& federation, const Node& node, TimePoint now);

}  // namespace skerry::coordinator
