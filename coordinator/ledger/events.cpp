#include "coordinator/ledger/events.hpp"

#include <utility>

namespace skerry::coordinator::ledger {
namespace {

struct Name {
    std::string_view operator()(const FederationCreated&) const { return "federation_created"; }
    std::string_view operator()(const TokenCreated&) const { return "token_created"; }
    std::string_view operator()(const NodeEnrolled&) const { return "node_enrolled"; }
    std::string_view operator()(const CertificateRenewed&) const { return "certificate_renewed"; }
    std::string_view operator()(const NodeRevoked&) const { return "node_revoked"; }
    std::string_view operator()(const NodeQuarantined&) const { return "node_quarantined"; }
    std::string_view operator()(const NodeReleased&) const { return "node_released"; }
    std::string_view operator()(const RoundOpened&) const { return "round_opened"; }
    std::string_view operator()(const UpdateAccepted&) const { return "update_accepted"; }
    std::string_view operator()(const UpdateRefused&) const { return "update_refused"; }
    std::string_view operator()(const UpdateSetAside&) const { return "update_set_aside"; }
    std::string_view operator()(const RoundFrozen&) const { return "round_frozen"; }
    std::string_view operator()(const RoundAbandoned&) const { return "round_abandoned"; }
    std::string_view operator()(const VersionPublished&) const { return "version_published"; }
    std::string_view operator()(const VersionDropped&) const { return "version_dropped"; }
    std::string_view operator()(const DriftReported&) const { return "drift_reported"; }
    std::string_view operator()(const UpdatesErased&) const { return "updates_erased"; }
    std::string_view operator()(const VersionPinned&) const { return "version_pinned"; }
    std::string_view operator()(const VersionUnpinned&) const { return "version_unpinned"; }
    std::string_view operator()(const TrialBegan&) const { return "trial_began"; }
    std::string_view operator()(const TrialEnded&) const { return "trial_ended"; }
};

template <std::size_t... Kinds>
std::vector<std::string_view> names(std::index_sequence<Kinds...>) {
    return {Name{}(std::variant_alternative_t<Kinds, Event>{})...};
}

}  // namespace

std::string_view name_of(RetentionLimit limit) {
    return limit == RetentionLimit::RoundsVerifiable ? "limits.rounds_verifiable" : "limits.updates_kept";
}

std::string_view name_of(QuarantinedBy by) {
    constexpr std::array<std::string_view, kQuarantineCauses> kNames = {"operator", "strikes", "outlier", "opposition"};
    return kNames.at(static_cast<std::size_t>(by));
}

std::string_view name_of(TrialOutcome outcome) {
    return outcome == TrialOutcome::Published ? "published" : "withdrawn";
}

std::string_view name_of(const Event& event) {
    return std::visit(Name{}, event);
}

std::vector<std::string_view> names_of_events() {
    return names(std::make_index_sequence<std::variant_size_v<Event>>{});
}

TimePoint time_of(const Event& event) {
    return std::visit([](const auto& happened) { return happened.at; }, event);
}

}  // namespace skerry::coordinator::ledger
