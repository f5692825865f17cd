#include "coordinator/admin/admin_api.hpp"

#include <optional>

#include <nlohmann/json.hpp>

#include "coordinator/admin/envelope.hpp"
#include "coordinator/admin/query.hpp"
#include "coordinator/admin/views.hpp"
#include "coordinator/ledger/round_story.hpp"

namespace skerry::coordinator {
namespace {

using nlohmann::json;

constexpr std::int64_t kTokenLifeMax = 7 * 24 * 3600;

std::vector<std::string> split(const std::string& path) {
    std::vector<std::string> parts;
    std::size_t first = 1;
    while (first <= path.size() && path.size() > 1) {
        const std::size_t end = std::min(path.find('/', first), path.size());
        parts.push_back(path.substr(first, end - first));
        first = end + 1;
    }
    return parts;
}

Result<TokenWish> token_wish(const json& body) {
    TokenWish wish;
    for (const auto& [key, value] : body.items()) {
        if (key == "ttl_s" && value.is_number_integer() && value.get<std::int64_t>() >= 1 &&
            value.get<std::int64_t>() <= kTokenLifeMax) {
            wish.life = std::chrono::seconds(value.get<std::int64_t>());
        } else if (key == "uses" && value.is_number_integer() && value.get<std::int64_t>() >= 1 &&
                   value.get<std::int64_t>() <= 10'000) {
            wish.uses = value.get<std::uint32_t>();
        } else if (key == "tier" && value.is_string()) {
            wish.tier = SKERRY_TRY(tier_named(value.get<std::string>()));
        } else if (key == "note" && value.is_string() && value.get_ref<const std::string&>().size() <= 512) {
            wish.note = value.get<std::string>();
        } else if (!value.is_null()) {
            return fail(ErrorCode::InvalidInput, "'" + key +
                                                     "' is unknown or out of bounds: ttl_s 1 … 604800, uses 1 … 10000, "
                                                     "tier light, medium or heavy, note of at most 512 bytes");
        }
    }
    return wish;
}

}  // namespace

void AdminApi::handle(const http::Request& request, const http::Respond& respond) {
    const Path path = split(request.path);
    if (request.method == "GET" && request.path == "/metrics") {
        respond({200, "text/plain; version=0.0.4", host_.metrics_text(), {}});
    } else if (path.size() >= 2 && path[0] == "v1" && request.method == "GET") {
        get(path, request, respond);
    } else if (path.size() >= 2 && path[0] == "v1" && request.method == "POST") {
        post(path, request, respond);
    } else {
        fail_with(respond, {ErrorCode::NotFound, "there is no call " + request.method + " " + request.path});
    }
}

void AdminApi::post(const Path& path, const http::Request& request, const http::Respond& respond) {
    if (path.size() == 2 && path[1] == "tokens") {
        create_token(request, respond);
    } else if (path.size() == 4 && path[1] == "nodes" && path[3] == "revoke") {
        revoke(path[2], request, respond);
    } else if (path.size() == 4 && path[1] == "nodes" && path[3] == "quarantine") {
        quarantine(path[2], request, respond);
    } else if (path.size() == 4 && path[1] == "nodes" && path[3] == "release") {
        release(path[2], request, respond);
    } else if (path.size() == 4 && path[1] == "models" && path[3] == "rollback") {
        roll_back(path[2], request, respond);
    } else if (path.size() == 3 && path[1] == "models" && path[2] == "pin") {
        pin(request, respond);
    } else if (path.size() == 3 && path[1] == "models" && path[2] == "unpin") {
        unpin(respond);
    } else if (path.size() == 3 && path[1] == "models" && path[2] == "promote") {
        promote(request, respond);
    } else if (path.size() == 4 && path[1] == "rounds" && path[3] == "verify") {
        verify(path[2], respond);
    } else if (path.size() == 2 && path[1] == "fsck") {
        fsck(respond);
    } else if (path.size() == 3 && path[1] == "audit" && path[2] == "verify") {
        prove_journal(request, respond);
    } else {
        fail_with(respond, {ErrorCode::NotFound, "there is no call POST " + request.path});
    }
}

void AdminApi::create_token(const http::Request& request, const http::Respond& respond) {
    const auto body = body_of(request);
    if (failed(respond, body)) return;
    const auto wish = token_wish(*body);
    if (failed(respond, wish)) return;
    host_.create_token(*wish, [respond](const Result<MadeToken>& token) {
        if (!failed(respond, token)) succeed(respond, views::made_token(*token));
    });
}

void AdminApi::revoke(const std::string& name, const http::Request& request, const http::Respond& respond) {
    const auto reason = reason_in(request);
    if (failed(respond, reason)) return;
    const auto node = find_node(name);
    if (failed(respond, node)) return;
    host_.revoke_node((*node)->id, *reason, answer_with((*node)->id, respond));
}

void AdminApi::quarantine(const std::string& name, const http::Request& request, const http::Respond& respond) {
    const auto reason = reason_in(request);
    if (failed(respond, reason)) return;
    const auto node = find_node(name);
    if (failed(respond, node)) return;
    host_.quarantine_node((*node)->id, *reason, answer_with((*node)->id, respond));
}

void AdminApi::release(const std::string& name, const http::Request& request, const http::Respond& respond) {
    const auto discard = flag_in(request, "discard");
    if (failed(respond, discard)) return;
    const auto node = find_node(name);
    if (failed(respond, node)) return;
    host_.release_node((*node)->id, *discard, answer_with((*node)->id, respond));
}

std::function<void(const Result<>&)> AdminApi::answer_with(const NodeId& id, const http::Respond& respond) const {
    return [this, respond, id](const Result<>& done) {
        if (failed(respond, done)) return;
        const Federation& federation = host_.federation();
        succeed(respond, views::node(federation, *federation.registry().node(id), Clock::now()));
    };
}

void AdminApi::verify(const std::string& number, const http::Respond& respond) {
    const auto evidence = [&]() -> Result<RoundEvidence> {
        const ledger::History& history = host_.history();
        const RoundId id{SKERRY_TRY(number_from(number, "round"))};
        const auto round = SKERRY_TRY(history.round(id));
        if (!round.version) {
            return fail(ErrorCode::Conflict,
                        "round " + number + " is " + round.state + ": only a published round has something to verify");
        }
        RoundEvidence found;
        found.version = SKERRY_TRY(history.version(*round.version));
        const auto parent = SKERRY_TRY(history.version(found.version.parent));
        found.updates = SKERRY_TRY(history.contributors(round));
        if (round.erased) {
            return fail(ErrorCode::NotFound,
                        "round " + number + " cannot be recomputed: " + ledger::erasure_of(round, found.updates));
        }
        if (parent.dropped) {
            return fail(ErrorCode::NotFound, "round " + number + " cannot be recomputed: the weights of version " +
                                                 std::to_string(parent.version.value) +
                                                 ", which it started from, were erased, as limits.versions_kept says");
        }
        found.parent_weights = parent.weights;
        found.parent_optimiser = parent.optimiser;
        found.recipe = round.recipe;
        found.seed = round.seed;
        for (const ledger::UpdateRow& row : found.updates) {
            if (const Node* const node = host_.federation().registry().node(row.update.node)) {
                found.identities[node->id] = node->identity;
            }
        }
        return found;
    }();
    if (failed(respond, evidence)) return;
    host_.verify(*evidence, [respond](const Result<Verification>& result) {
        if (!failed(respond, result)) succeed(respond, views::verification(*result));
    });
}

void AdminApi::export_model(const std::string& number, const http::Request& request, const http::Respond& respond) {
    const auto precision = request.query.find("precision");
    const std::string plan = precision == request.query.end() ? "fp32" : precision->second;
    const auto wanted = [&]() -> Result<std::pair<ledger::VersionRow, Tier>> {
        const auto tier = request.query.find("tier");
        const Tier prefix = tier == request.query.end() ? Tier::Heavy : SKERRY_TRY(tier_named(tier->second));
        const ModelVersion version = number == "newest" ? host_.federation().newest().version
                                                        : ModelVersion{SKERRY_TRY(number_from(number, "version"))};
        auto row = SKERRY_TRY(host_.history().version(version));
        if (row.dropped) {
            return fail(ErrorCode::NotFound, "the weights of version " + number +
                                                 " are no longer kept: 'skerry model list' shows those that are");
        }
        return std::pair(std::move(row), prefix);
    }();
    if (failed(respond, wanted)) return;
    host_.export_model(wanted->first, wanted->second, plan, [respond](const Result<std::string>& file) {
        if (!failed(respond, file)) respond({200, "application/octet-stream", *file, {}});
    });
}

}  // namespace skerry::coordinator
