#pragma once

#include <nlohmann/json_fwd.hpp>

#include "coordinator/admin/admin_host.hpp"

/// The shapes of API.md. Included by .cpp files only.
namespace skerry::coordinator::views {

[[nodiscard]] Result<nlohmann::json> status(const AdminHost& host, TimePoint now);
[[nodiscard]] nlohmann::json token(const Token& token, TimePoint now);
[[nodiscard]] nlohmann::json made_token(const MadeToken& token);
[[nodiscard]] nlohmann::json node(const Federation& federation, const Node& node, TimePoint now);
[[nodiscard]] nlohmann::json update(const ledger::UpdateRow& row);
[[nodiscard]] nlohmann::json refusal(const ledger::RefusalRow& row);
[[nodiscard]] nlohmann::json round(const ledger::RoundRow& row);
/// As in a list: what needs no signature to be checked.
[[nodiscard]] nlohmann::json listed_model(const ledger::VersionRow& row, const Federation& federation);
[[nodiscard]] nlohmann::json model(const ledger::VersionRow& row, const Federation& federation);
[[nodiscard]] nlohmann::json verification(const Verification& result);

struct ErrorQuestion {
    std::optional<NodeId> node = {};
    std::optional<feedback::ErrorType> type = {};
    std::optional<TimePoint> since = {};  ///< of updates accepted from then on
};
/// drift_views.cpp
[[nodiscard]] nlohmann::json alarm(const AdminHost& host, const ledger::AlarmRow& row);
[[nodiscard]] Result<nlohmann::json> alarms(const AdminHost& host, const ledger::AlarmFilter& filter, std::size_t limit,
                                            TimePoint now);
/// With the round that it made an early one.
[[nodiscard]] Result<nlohmann::json> shown_alarm(const AdminHost& host, std::uint64_t id);

/// error_views.cpp
[[nodiscard]] Result<nlohmann::json> errors(const AdminHost& host, const ErrorQuestion& question);

}  // namespace skerry::coordinator::views
