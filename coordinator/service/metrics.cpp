#include "coordinator/service/metrics.hpp"

#include <array>

namespace skerry::coordinator {
namespace {

using observe::MetricFamily;
using observe::MetricKind;

constexpr std::array<std::string_view, std::variant_size_v<wire::FromNode>> kMessages = {
    "hello", "lease_request", "update_offer", "update_chunk", "model_pull", "report", "goodbye"};

// In the order of ReplyToJoin::Outcome.
constexpr std::array<std::string_view, 3> kOutcomes = {"admitted", "refused", "limited"};

std::vector<std::string> refusal_names() {
    std::vector<std::string> names;
    for (int code = 0; code <= static_cast<int>(wire::RefusalCode::NotYourTurn); ++code) {
        names.emplace_back(wire::name_of(static_cast<wire::RefusalCode>(code)));
    }
    return names;
}

std::vector<std::string> ignored_names() {
    std::vector<std::string> names;
    for (std::size_t why = 0; why < kIgnoredReasons; ++why)
        names.emplace_back(name_of(static_cast<Ignored::Why>(why)));
    return names;
}

std::vector<std::string> causes() {
    std::vector<std::string> names;
    for (std::size_t by = 0; by < ledger::kQuarantineCauses; ++by)
        names.emplace_back(ledger::name_of(static_cast<ledger::QuarantinedBy>(by)));
    return names;
}

std::vector<std::string> error_types() {
    std::vector<std::string> names;
    for (std::size_t type = 0; type < feedback::kErrorTypes; ++type)
        names.emplace_back(feedback::name_of(static_cast<feedback::ErrorType>(type)));
    return names;
}

std::vector<MetricFamily> table() {
    const std::vector<std::string> sockets = {"fleet", "enrol"};
    const std::vector<std::string> outcomes(kOutcomes.begin(), kOutcomes.end());
    const std::vector<std::string> messages(kMessages.begin(), kMessages.end());
    const std::vector<double> seconds = {0.01, 0.1, 1, 10, 60, 300, 1800, 3600};
    return {
        {"skerry_messages_total", "Messages from nodes.", MetricKind::Counter, "kind", messages, {}},
        {"skerry_messages_malformed_total", "Messages that could not be read.", MetricKind::Counter, "", {}, {}},
        {"skerry_messages_ignored_total", "Messages without effect.", MetricKind::Counter, "why", ignored_names(), {}},
        {"skerry_messages_refused_total", "Messages beyond the bounds.", MetricKind::Counter, "socket", sockets, {}},
        {"skerry_connections", "Open connections.", MetricKind::Gauge, "socket", sockets, {}},
        {"skerry_connections_full_total", "Times no more were let in.", MetricKind::Counter, "socket", sockets, {}},
        {"skerry_accepts_failed_total", "Connections to the admin API lost.", MetricKind::Counter, "", {}, {}},
        {"skerry_joins_total", "Answers to who asked to join.", MetricKind::Counter, "outcome", outcomes, {}},
        {"skerry_leases_granted_total", "Permissions to contribute.", MetricKind::Counter, "", {}, {}},
        {"skerry_updates_accepted_total", "Updates with a receipt.", MetricKind::Counter, "", {}, {}},
        {"skerry_updates_set_aside_total", "Accepted updates that will never count.", MetricKind::Counter, "", {}, {}},
        {"skerry_updates_refused_total", "Updates refused.", MetricKind::Counter, "reason", refusal_names(), {}},
        {"skerry_updates_counted_total", "Updates in a published version.", MetricKind::Counter, "", {}, {}},
        {"skerry_update_bytes_total", "Sealed bytes of accepted updates.", MetricKind::Counter, "", {}, {}},
        {"skerry_model_bytes_sent_total", "Bytes of weights sent.", MetricKind::Counter, "", {}, {}},
        {"skerry_rounds_total", "Rounds that ended.", MetricKind::Counter, "outcome", {"published", "abandoned"}, {}},
        {"skerry_drift_alarms_total", "Alarms of nodes on record.", MetricKind::Counter, "", {}, {}},
        {"skerry_rounds_early_total", "Rounds that an alarm made early ones.", MetricKind::Counter, "", {}, {}},
        {"skerry_round_seconds", "From opening to freezing.", MetricKind::Histogram, "", {}, seconds},
        {"skerry_sum_seconds", "From freezing to publishing.", MetricKind::Histogram, "", {}, seconds},
        {"skerry_model_version", "The newest version.", MetricKind::Gauge, "", {}, {}},
        {"skerry_updates_waiting", "Accepted, not yet in a round's set.", MetricKind::Gauge, "", {}, {}},
        {"skerry_nodes", "Enrolled nodes.", MetricKind::Gauge, "state", {"connected", "away", "revoked"}, {}},
        {"skerry_strikes_total", "Refusals that no healthy node earns.", MetricKind::Counter, "", {}, {}},
        {"skerry_nodes_quarantined", "Nodes in quarantine, connected or not.", MetricKind::Gauge, "by", causes(), {}},
        {"skerry_quarantines_total", "Nodes put into quarantine.", MetricKind::Counter, "by", causes(), {}},
        {"skerry_updates_held", "Accepted, of nodes in quarantine.", MetricKind::Gauge, "", {}, {}},
        {"skerry_version_on_trial", "1: only its canaries have the newest version.", MetricKind::Gauge, "", {}, {}},
        {"skerry_version_pinned",
         "1: no round closes until an operator unpins the version.",
         MetricKind::Gauge,
         "",
         {},
         {}},
        {"skerry_rollbacks_total", "Versions that have an older one's weights again.", MetricKind::Counter, "", {}, {}},
        {"skerry_labelled_total", "Labelled answers in counted updates.", MetricKind::Counter, "", {}, {}},
        {"skerry_errors_total", "Wrong ones of these.", MetricKind::Counter, "type", error_types(), {}},
        {"skerry_transfers", "Updates on their way in.", MetricKind::Gauge, "state", {"active", "waiting"}, {}},
    };
}

double seconds_between(TimePoint from, TimePoint to) {
    return std::chrono::duration<double>(to - from).count();
}

}  // namespace

CoordinatorMetrics::CoordinatorMetrics() : registry_(table()) {}

void CoordinatorMetrics::heard(const wire::FromNode& message) {
    registry_.counter("skerry_messages_total", kMessages.at(message.index())).add();
}

void CoordinatorMetrics::malformed() {
    registry_.counter("skerry_messages_malformed_total").add();
}

void CoordinatorMetrics::ignored(Ignored::Why why) {
    registry_.counter("skerry_messages_ignored_total", name_of(why)).add();
}

void CoordinatorMetrics::joined(ReplyToJoin::Outcome outcome) {
    registry_.counter("skerry_joins_total", kOutcomes.at(static_cast<std::size_t>(outcome))).add();
}

void CoordinatorMetrics::connections_full(std::string_view socket) {
    registry_.counter("skerry_connections_full_total", socket).add();
}

void CoordinatorMetrics::accept_failed() {
    registry_.counter("skerry_accepts_failed_total").add();
}

void CoordinatorMetrics::bring_up_to_date(std::string_view socket, const Traffic& traffic,
                                          std::uint64_t& refused_told) {
    registry_.gauge("skerry_connections", socket).set(static_cast<double>(traffic.connections));
    registry_.counter("skerry_messages_refused_total", socket).add(static_cast<double>(traffic.refused - refused_told));
    refused_told = traffic.refused;
}

void CoordinatorMetrics::said(const wire::FromCoordinator& message) {
    if (std::holds_alternative<wire::LeaseGrant>(message)) registry_.counter("skerry_leases_granted_total").add();
}

void CoordinatorMetrics::sent_weights(std::size_t bytes) {
    registry_.counter("skerry_model_bytes_sent_total").add(static_cast<double>(bytes));
}

void CoordinatorMetrics::committed(const ledger::Event& event) {
    if (const auto* accepted = std::get_if<ledger::UpdateAccepted>(&event)) {
        registry_.counter("skerry_updates_accepted_total").add();
        registry_.counter("skerry_update_bytes_total").add(static_cast<double>(accepted->bytes));
    } else if (const auto* refused = std::get_if<ledger::UpdateRefused>(&event)) {
        registry_.counter("skerry_updates_refused_total", wire::name_of(refused->code)).add();
        if (is_strike(refused->code)) registry_.counter("skerry_strikes_total").add();
    } else if (std::holds_alternative<ledger::UpdateSetAside>(event)) {
        registry_.counter("skerry_updates_set_aside_total").add();
    } else if (const auto* quarantined = std::get_if<ledger::NodeQuarantined>(&event)) {
        registry_.counter("skerry_quarantines_total", ledger::name_of(quarantined->by)).add();
    } else if (const auto* opened = std::get_if<ledger::RoundOpened>(&event)) {
        opened_ = opened->at;
    } else if (const auto* frozen = std::get_if<ledger::RoundFrozen>(&event)) {
        if (opened_) registry_.histogram("skerry_round_seconds").observe(seconds_between(*opened_, frozen->at));
        frozen_ = frozen->at;
    } else if (const auto* drift = std::get_if<ledger::DriftReported>(&event)) {
        registry_.counter("skerry_drift_alarms_total").add();
        if (drift->early.value != 0) registry_.counter("skerry_rounds_early_total").add();
    } else if (std::holds_alternative<ledger::RoundAbandoned>(event)) {
        registry_.counter("skerry_rounds_total", "abandoned").add();
    } else if (const auto* published = std::get_if<ledger::VersionPublished>(&event)) {
        if (published->restores) return registry_.counter("skerry_rollbacks_total").add();
        registry_.counter("skerry_rounds_total", "published").add();
        registry_.counter("skerry_updates_counted_total").add(published->updates);
        if (frozen_) registry_.histogram("skerry_sum_seconds").observe(seconds_between(*frozen_, published->at));
    }
}

bool is_connected(const Federation& federation, const Node& node, TimePoint now) {
    const auto found = federation.presence().find(node.id);
    return !node.revoked && found != federation.presence().end() && found->second.present &&
           now - found->second.last_seen <= kAwayAfter;
}

std::string CoordinatorMetrics::text(const Federation& federation, const Traffic& fleet, const Traffic& enrol,
                                     TimePoint now) {
    bring_up_to_date("fleet", fleet, fleet_refused_);
    bring_up_to_date("enrol", enrol, enrol_refused_);
    double connected = 0;
    double revoked = 0;
    std::array<double, ledger::kQuarantineCauses> quarantined{};
    for (const auto& [id, node] : federation.registry().nodes()) {
        connected += is_connected(federation, node, now) ? 1 : 0;
        revoked += node.revoked ? 1 : 0;
        if (node.quarantine) ++quarantined.at(static_cast<std::size_t>(node.quarantine->by));
    }
    for (std::size_t by = 0; by < quarantined.size(); ++by) {
        registry_.gauge("skerry_nodes_quarantined", ledger::name_of(static_cast<ledger::QuarantinedBy>(by)))
            .set(quarantined.at(by));
    }
    const auto enrolled = static_cast<double>(federation.registry().nodes().size());
    registry_.gauge("skerry_nodes", "connected").set(connected);
    registry_.gauge("skerry_nodes", "revoked").set(revoked);
    registry_.gauge("skerry_nodes", "away").set(enrolled - connected - revoked);
    registry_.gauge("skerry_model_version").set(static_cast<double>(federation.newest().version.value));
    registry_.gauge("skerry_version_pinned").set(federation.pin() ? 1 : 0);
    registry_.gauge("skerry_version_on_trial").set(federation.trial() ? 1 : 0);
    registry_.gauge("skerry_updates_waiting").set(static_cast<double>(federation.pool().waiting().size()));
    registry_.gauge("skerry_updates_held").set(static_cast<double>(federation.pool().held().size()));
    registry_.gauge("skerry_transfers", "active").set(static_cast<double>(federation.transfers().active()));
    registry_.gauge("skerry_transfers", "waiting").set(static_cast<double>(federation.transfers().waiting()));
    bring_up_to_date(federation.fleet_errors().known());
    return registry_.text();
}

// Counted over all of history, as the ledger is: a restart begins where it was.
void CoordinatorMetrics::bring_up_to_date(const ledger::ErrorTally& errors) {
    registry_.counter("skerry_labelled_total").add(static_cast<double>(errors.labelled - errors_told_.labelled));
    for (std::size_t type = 0; type < errors.by_type.size(); ++type) {
        registry_.counter("skerry_errors_total", feedback::name_of(static_cast<feedback::ErrorType>(type)))
            .add(static_cast<double>(errors.by_type[type] - errors_told_.by_type[type]));
    }
    errors_told_ = errors;
}

}  // namespace skerry::coordinator
