#include "coordinator/admin/views.hpp"

#include <nlohmann/json.hpp>

#include "common/observe/process_usage.hpp"
#include "coordinator/service/metrics.hpp"

namespace skerry::coordinator::views {
namespace {

using nlohmann::json;

constexpr std::size_t kWarningsShown = 8;

std::string hex(ByteView bytes) {
    return to_hex(bytes);
}
json time_or_null(const std::optional<TimePoint>& time) {
    return time ? json(to_text(*time)) : json(nullptr);
}
template <class Id>
json number_or_null(const std::optional<Id>& id) {
    return id ? json(id->value) : json(nullptr);
}
template <class Values>
json per_tier(const Values& values) {
    return {{"light", values[0]}, {"medium", values[1]}, {"heavy", values[2]}};
}

json round_now(const Federation& federation) {
    const auto& round = federation.frozen_round() ? federation.frozen_round() : federation.open_round();
    if (!round) return nullptr;
    const std::size_t accepted = round->open() ? federation.pool().waiting().size() : federation.pool().frozen().size();
    return {{"id", round->id().value},
            {"state", round->open() ? "open" : "frozen"},
            {"accepted", accepted},
            {"goal", round->goal()},
            {"quorum", round->quorum()},
            {"opened_at", to_text(round->opened())},
            {"deadline", to_text(round->deadline())}};
}

// What an operator must know of a node; null: nothing.
constexpr auto kDoubted =
    "is doubted: its updates pull the model back from where the fleet moves it, so each counts as one example until "
    "they go along again; look at its labels and its sensor, or run 'skerry node release' if it is right";
json problem_of(const Federation& federation, const Node& node, TimePoint now) {
    if (!node.revoked && node.expired(now)) return has_expired(node);
    if (node.quarantine) return is_quarantined(node);
    if (federation.opposition().of(node.id).doubted) return kDoubted;
    const auto found = federation.presence().find(node.id);
    const ModelVersion newest = federation.newest().version;
    if (found == federation.presence().end() || found->second.installed <= newest) return nullptr;
    return behind_its_nodes(found->second.installed, newest);
}

json quarantine_of(const Federation& federation, const Node& node) {
    if (!node.quarantine) return nullptr;
    const Contribution* const held = federation.pool().held_of(node.id);
    return {{"since", to_text(node.quarantine->since)},
            {"by", ledger::name_of(node.quarantine->by)},
            {"reason", node.quarantine->reason},
            {"held", held == nullptr ? json(nullptr) : json(held->update.sequence.value)}};
}

json budget_of(const Federation& federation, const Node& node, TimePoint now) {
    const Budgets::Left left = federation.budgets().left(node.id, now);
    return {{"updates_left", left.updates ? json(*left.updates) : json(nullptr)},
            {"bytes_left", left.bytes ? json(*left.bytes) : json(nullptr)},
            {"limited", left.limited}};
}

json opposition_of(const Federation& federation, const Node& node) {
    const Opposition::Standing standing = federation.opposition().of(node.id);
    return {{"against", standing.against}, {"doubted", standing.doubted}, {"doubts", standing.doubts}};
}

std::string_view state_of(const Node& node) {
    return node.revoked ? "revoked" : node.quarantine ? "quarantined" : "active";
}

json pinned(const Federation& federation) {
    const auto& pin = federation.pin();
    return pin ? json{{"since", to_text(pin->since)}, {"reason", pin->reason}} : json();
}

json counts_of(const wire::TrialCounts& counts) {
    return {{"samples", counts.samples}, {"better", counts.better}, {"worse", counts.worse},
            {"cheaper", counts.cheaper}, {"dearer", counts.dearer}, {"refused", counts.refused}};
}

// Of a trial that goes on; null: there is none.
json on_trial(const Federation& federation) {
    const auto& trial = federation.trial();
    if (!trial) return nullptr;
    const ledger::TrialBegan& began = trial->began();
    json to = counts_of(trial->total());
    to.update({{"version", began.version.value},
               {"against", began.against.value},
               {"began_at", to_text(began.at)},
               {"deadline", to_text(trial->deadline())},
               {"canaries", json::array()}});
    for (const NodeId& id : began.canaries) {
        const Node* const node = federation.registry().node(id);
        const auto heard = trial->heard().find(id);
        json canary = counts_of(heard == trial->heard().end() ? wire::TrialCounts{} : heard->second);
        canary.update({{"node", id.to_text()}, {"name", node == nullptr ? std::string() : node->name}});
        to["canaries"].push_back(std::move(canary));
    }
    return to;
}

// Of one that ended; null: there was none, or it goes on.
json trial_of(const std::optional<ledger::TrialRow>& row) {
    if (!row || !row->ended) return nullptr;
    json to = counts_of(row->counts);
    to.erase("refused");
    to.update({{"against", row->against.value},
               {"began_at", to_text(row->began)},
               {"ended_at", to_text(*row->ended)},
               {"canaries", row->canaries},
               {"outcome", row->outcome},
               {"reason", row->reason}});
    return to;
}

}  // namespace

Result<json> status(const AdminHost& host, TimePoint now) {
    const Federation& federation = host.federation();
    const auto counts = SKERRY_TRY(host.history().counts());
    const parameters::ModelSpec& spec = host.model_spec();
    std::size_t connected = 0;
    std::size_t quarantined = 0;
    json warnings = json::array();
    for (const auto& [id, node] : federation.registry().nodes()) {
        connected += is_connected(federation, node, now) ? 1 : 0;
        quarantined += node.quarantine ? 1 : 0;
        const json problem = problem_of(federation, node, now);
        if (!node.revoked && problem.is_string() && warnings.size() < kWarningsShown) {
            warnings.push_back(node.name + ": " + problem.get<std::string>());
        }
    }
    const std::size_t enrolled = federation.registry().nodes().size();
    const Endpoints endpoints = host.endpoints();
    return json{{"federation", federation.id().to_text()},
                {"name", federation.created().name},
                {"model",
                 {{"name", spec.name},
                  {"identity", hex(federation.model().identity)},
                  {"modality", parameters::name_of(spec.modality)},
                  {"classes", spec.classes},
                  {"parameters", per_tier(federation.model().values)}}},
                {"version", federation.newest().version.value},
                {"pinned", pinned(federation)},
                {"on_trial", on_trial(federation)},
                {"published_at", to_text(federation.newest().published)},
                {"round", round_now(federation)},
                {"nodes",
                 {{"enrolled", enrolled},
                  {"connected", connected},
                  {"quarantined", quarantined},
                  {"revoked", enrolled - federation.registry().active()}}},
                {"updates",
                 {{"accepted", counts.accepted},
                  {"counted", counts.counted},
                  {"held", federation.pool().held().size()},
                  {"set_aside", counts.set_aside},
                  {"refused", counts.refused}}},
                {"endpoints",
                 {{"fleet", endpoints.advertised_fleet.empty() ? endpoints.fleet : endpoints.advertised_fleet},
                  {"enrol", endpoints.advertised_enrol.empty() ? endpoints.enrol : endpoints.advertised_enrol}}},
                {"warnings", std::move(warnings)},
                {"started_at", to_text(host.started_at())},
                {"resident_bytes", observe::process_usage().resident_memory_bytes},
                {"software", "skerry-coordinator " SKERRY_VERSION}};
}

json token(const Token& token, TimePoint now) {
    const char* const state = token.used >= token.uses ? "used" : now >= token.expires ? "expired" : "usable";
    return {{"id", token.id.to_text()},
            {"created_at", to_text(token.created)},
            {"expires_at", to_text(token.expires)},
            {"uses_left", token.uses - std::min(token.used, token.uses)},
            {"tier", name_of(token.tier)},
            {"note", token.note},
            {"state", state}};
}

json made_token(const MadeToken& token) {
    return {{"id", token.record.id.to_text()},
            {"token", token.text},
            {"expires_at", to_text(token.record.expires)},
            {"uses", token.record.uses},
            {"tier", name_of(token.record.tier)},
            {"note", token.record.note}};
}

json node(const Federation& federation, const Node& node, TimePoint now) {
    const auto found = federation.presence().find(node.id);
    const Presence* const presence = found == federation.presence().end() ? nullptr : &found->second;
    const wire::Report report = presence && presence->report ? *presence->report : wire::Report{};
    const Pool::Standing& standing = federation.pool().of(node.id);
    json to = {{"id", node.id.to_text()},
               {"name", node.name},
               {"state", state_of(node)},
               {"connected", is_connected(federation, node, now)},
               {"tier", name_of(node.tier)},
               {"enrolled_at", to_text(node.enrolled)},
               {"certificate_expires_at", to_text(node.certificate_expires)},
               {"last_seen", presence ? json(to_text(presence->last_seen)) : json(nullptr)},
               {"version", presence ? json(presence->installed.value) : json(nullptr)},
               {"sequence_accepted", standing.decided.value},
               {"sequence_counted", standing.counted.value}};
    to["problem"] = problem_of(federation, node, now);
    to["quarantine"] = quarantine_of(federation, node);
    to["budget"] = budget_of(federation, node, now);
    to["strikes"] = federation.strikes_of(node.id, now);
    to["opposition"] = opposition_of(federation, node);
    to["local_steps"] = report.local;
    to["predictions"] = report.predictions;
    to["labelled"] = report.labelled;
    to["errors"] = report.errors;
    to["accuracy_recent"] = report.accuracy_recent;
    to["answered"] = per_tier(report.answered);
    to["latency_p50_us"] = per_tier(report.latency_p50_us);
    to["learning_rate"] = report.learning_rate;
    to["learning_reason"] = report.learning_reason;
    return to;
}

json update(const ledger::UpdateRow& row) {
    return {{"node", row.update.node.to_text()},
            {"name", row.name},
            {"sequence", row.update.sequence.value},
            {"lease", row.lease.to_text()},
            {"base", row.base.value},
            {"staleness", row.staleness},
            {"tier", name_of(row.tier)},
            {"examples", row.examples},
            {"weight", row.weight},
            {"bytes", row.bytes},
            {"content", hex(row.content)},
            {"norm", row.norm},
            {"labelled", row.labelled},
            {"errors", row.errors},
            {"accepted_at", to_text(row.accepted)},
            {"round", row.round.value},
            {"version", number_or_null(row.version)},
            {"held", row.held},
            {"set_aside", row.set_aside.empty() ? json(nullptr) : json(row.set_aside)}};
}

json refusal(const ledger::RefusalRow& row) {
    return {{"node", row.update.node.to_text()},
            {"name", row.name},
            {"sequence", row.update.sequence.value},
            {"code", wire::name_of(row.code)},
            {"strike", is_strike(row.code)},
            {"text", row.text},
            {"bytes", row.bytes},
            {"content", hex(row.content)},
            {"at", to_text(row.at)},
            {"round", row.round.value}};
}

json round(const ledger::RoundRow& row) {
    const bool frozen = row.frozen.has_value();
    return {{"id", row.id.value},
            {"state", row.state},
            {"opened_at", to_text(row.opened)},
            {"deadline", to_text(row.deadline)},
            {"goal", row.goal},
            {"quorum", row.quorum},
            {"accepted", row.accepted},
            {"frozen_at", time_or_null(row.frozen)},
            {"ended_at", time_or_null(row.ended)},
            {"version", number_or_null(row.version)},
            {"parent", number_or_null(row.parent)},
            {"updates", frozen ? json(row.accepted) : json(nullptr)},
            {"weight", row.weight ? json(*row.weight) : json(nullptr)},
            {"sum", row.sum ? json(hex(*row.sum)) : json(nullptr)},
            {"rule", row.recipe.rule},
            {"optimiser", row.recipe.optimiser},
            {"tier_quorum", row.recipe.tier_quorum},
            {"reason", row.reason},
            {"erased_at", time_or_null(row.erased)},
            {"erased_by", row.erased ? json(row.erased_by) : json(nullptr)},
            {"early", row.early ? json(*row.early) : json(nullptr)}};
}

json listed_model(const ledger::VersionRow& row, const Federation& federation) {
    const bool newest = row.version == federation.newest().version;
    return {{"version", row.version.value},
            {"parent", row.parent.value},
            {"round", row.round.value},
            {"restores", row.restores ? json(row.restores->value) : json()},
            {"restores_from", row.restores ? json(name_of(row.restores_from)) : json()},
            {"reason", row.reason},
            {"pinned", newest ? pinned(federation) : json()},
            {"on_trial", newest ? on_trial(federation) : json()},
            {"trial", trial_of(row.trial)},
            {"published_at", to_text(row.published)},
            {"updates", row.updates},
            {"sum", hex(row.sum)},
            {"digests", {{"heavy", hex(row.weights)}}},
            {"values", per_tier(federation.model().values)},
            {"stored", !row.dropped}};
}

json model(const ledger::VersionRow& row, const Federation& federation) {
    const auto manifest = wire::open_manifest(row.manifest, federation.signing_key()).value_or(wire::Manifest{});
    std::array<std::string, kTiers> digests;
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        digests[tier] = hex(manifest.digests[tier]);
    json to = listed_model(row, federation);
    to["contributors_digest"] = hex(manifest.contributors);
    to["digests"] = per_tier(digests);
    to["encodings"] = json::array();
    for (const Federation::Encoding& encoding : federation.encodings(row.version)) {
        for (std::size_t tier = 0; tier < kTiers; ++tier)
            digests[tier] = hex(encoding.what.digests[tier]);
        to["encodings"].push_back({{"precision", skerry::name_of(encoding.what.encoding)},
                                   {"bytes", per_tier(encoding.what.bytes)},
                                   {"digests", per_tier(digests)},
                                   {"error", per_tier(encoding.what.errors)}});
    }
    to["differences"] = json::array();
    for (const Federation::Difference& difference : federation.differences(row.version)) {
        to["differences"].push_back({{"precision", skerry::name_of(difference.what.encoding)},
                                     {"base", difference.what.base.value},
                                     {"bytes", per_tier(difference.what.bytes)}});
    }
    return to;
}

json verification(const Verification& result) {
    return {{"round", result.round.value},
            {"version", result.version.value},
            {"updates", result.updates},
            {"sum", hex(result.sum)},
            {"sum_recomputed", hex(result.sum_recomputed)},
            {"weights", hex(result.weights)},
            {"weights_recomputed", hex(result.weights_recomputed)},
            {"signatures_good", result.signatures_good},
            {"intact", result.intact()},
            {"problems", result.problems}};
}

}  // namespace skerry::coordinator::views
