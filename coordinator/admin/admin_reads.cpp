#include <algorithm>
#include <optional>
#include <tuple>

#include <nlohmann/json.hpp>

#include "coordinator/admin/admin_api.hpp"
#include "coordinator/admin/envelope.hpp"
#include "coordinator/admin/query.hpp"
#include "coordinator/admin/views.hpp"
#include "coordinator/ledger/round_story.hpp"

// What only reads: the present from the pure core, the past from the projections.
namespace skerry::coordinator {
namespace {

using nlohmann::json;

constexpr std::size_t kRowsOfNode = 20;

template <class Row, class View>
json list(const std::vector<Row>& rows, View view) {
    json all = json::array();
    for (const Row& row : rows)
        all.push_back(view(row));
    return all;
}

}  // namespace

void AdminApi::get(const Path& path, const http::Request& request, const http::Respond& respond) {
    const std::string& noun = path[1];
    if (noun == "status" && path.size() == 2) {
        auto data = views::status(host_, Clock::now());
        if (!failed(respond, data)) succeed(respond, *std::move(data));
    } else if (noun == "tokens" && path.size() == 2) {
        json all = json::array();
        for (const auto& [id, token] : host_.federation().registry().tokens())
            all.push_back(views::token(token, Clock::now()));
        succeed(respond, std::move(all));
    } else if (noun == "nodes" && path.size() == 2) {
        list_nodes(respond);
    } else if (noun == "nodes" && path.size() == 3) {
        show_node(path[2], respond);
    } else if (noun == "rounds" && path.size() == 2) {
        list_rounds(request, respond);
    } else if (noun == "rounds" && path.size() == 3) {
        show_round(path[2], respond);
    } else if (noun == "rounds" && path.size() == 4 && path[3] == "why") {
        explain_round(path[2], respond);
    } else if (noun == "models" && path.size() == 2) {
        list_models(request, respond);
    } else if (noun == "models" && path.size() == 3) {
        show_model(path[2], respond);
    } else if (noun == "models" && path.size() == 4 && path[3] == "export") {
        export_model(path[2], request, respond);
    } else if (noun == "audit" && path.size() == 2) {
        list_entries(request, respond);
    } else if (noun == "errors" && path.size() == 2) {
        list_errors(request, respond);
    } else if (noun == "drift" && path.size() == 2) {
        list_alarms(request, respond);
    } else if (noun == "drift" && path.size() == 3) {
        show_alarm(path[2], respond);
    } else {
        fail_with(respond, {ErrorCode::NotFound, "there is no call GET " + request.path});
    }
}

void AdminApi::list_nodes(const http::Respond& respond) const {
    const Federation& federation = host_.federation();
    std::vector<const Node*> nodes;
    for (const auto& [id, node] : federation.registry().nodes())
        nodes.push_back(&node);
    std::sort(nodes.begin(), nodes.end(),
              [](const Node* a, const Node* b) { return std::tie(a->name, a->id) < std::tie(b->name, b->id); });
    const TimePoint now = Clock::now();
    succeed(respond, list(nodes, [&](const Node* node) { return views::node(federation, *node, now); }));
}

void AdminApi::show_node(const std::string& name, const http::Respond& respond) const {
    const auto node = find_node(name);
    if (failed(respond, node)) return;
    const auto updates = host_.history().updates_of((*node)->id, kRowsOfNode);
    const auto refusals = host_.history().refusals_of((*node)->id, kRowsOfNode);
    if (failed(respond, updates) || failed(respond, refusals)) return;
    json data = views::node(host_.federation(), **node, Clock::now());
    data["updates"] = list(*updates, views::update);
    data["refusals"] = list(*refusals, views::refusal);
    succeed(respond, std::move(data));
}

void AdminApi::list_models(const http::Request& request, const http::Respond& respond) const {
    const auto limit = limit_of(request);
    if (failed(respond, limit)) return;
    const auto versions = host_.history().versions(*limit);
    if (failed(respond, versions)) return;
    succeed(respond, list(*versions, [this](const ledger::VersionRow& row) {
                return views::listed_model(row, host_.federation());
            }));
}

void AdminApi::list_rounds(const http::Request& request, const http::Respond& respond) const {
    const auto limit = limit_of(request);
    if (failed(respond, limit)) return;
    const auto rounds = host_.history().rounds(*limit);
    if (!failed(respond, rounds)) succeed(respond, list(*rounds, views::round));
}

void AdminApi::show_round(const std::string& number, const http::Respond& respond) const {
    const auto id = number_from(number, "round");
    if (failed(respond, id)) return;
    const auto round = host_.history().round(RoundId{*id});
    if (failed(respond, round)) return;
    const auto contributors = host_.history().contributors(*round);
    const auto uncounted = host_.history().uncounted(round->id);
    const auto refusals = host_.history().refusals(round->id);
    if (failed(respond, contributors) || failed(respond, uncounted) || failed(respond, refusals)) return;
    json data = views::round(*round);
    data["contributors"] = list(*contributors, views::update);
    data["uncounted"] = list(*uncounted, views::update);
    data["refusals"] = list(*refusals, views::refusal);
    data["early_alarm"] = nullptr;
    if (round->early) {
        const auto alarm = host_.history().alarm(*round->early);
        if (failed(respond, alarm)) return;
        data["early_alarm"] = views::alarm(host_, *alarm);
    }
    succeed(respond, std::move(data));
}

void AdminApi::explain_round(const std::string& number, const http::Respond& respond) const {
    const auto story = [&]() -> Result<ledger::RoundStory> {
        const ledger::History& history = host_.history();
        ledger::RoundStory of;
        of.round = SKERRY_TRY(history.round(RoundId{SKERRY_TRY(number_from(number, "round"))}));
        of.counted = SKERRY_TRY(history.contributors(of.round));
        of.refused = SKERRY_TRY(history.refusals(of.round.id));
        of.set_aside = SKERRY_TRY(history.set_aside(of.round.id));
        if (of.round.state != "open") of.left_over = SKERRY_TRY(history.left_over(of.round.id));
        if (of.round.early) of.alarm = SKERRY_TRY(history.alarm(*of.round.early));
        return of;
    }();
    if (failed(respond, story)) return;
    const ledger::RoundReasons reasons = ledger::reasons_of(*story);
    succeed(respond, {{"round", story->round.id.value},
                      {"state", story->round.state},
                      {"course", reasons.course},
                      {"counted", reasons.counted},
                      {"refused", reasons.refused},
                      {"set_aside", reasons.set_aside},
                      {"left_over", reasons.left_over}});
}

void AdminApi::show_model(const std::string& number, const http::Respond& respond) const {
    const auto id = number_from(number, "version");
    if (failed(respond, id)) return;
    const auto version = host_.history().version(ModelVersion{*id});
    if (failed(respond, version)) return;
    json data = views::model(*version, host_.federation());
    data["contributors"] = json::array();
    if (version->round.value != 0) {
        const auto round = host_.history().round(version->round);
        if (failed(respond, round)) return;
        const auto contributors = host_.history().contributors(*round);
        if (failed(respond, contributors)) return;
        data["contributors"] = list(*contributors, views::update);
    }
    succeed(respond, std::move(data));
}

void AdminApi::list_errors(const http::Request& request, const http::Respond& respond) const {
    const auto question = [&]() -> Result<views::ErrorQuestion> {
        views::ErrorQuestion asked;
        const auto given = [&request](const char* key) { return query_text(request, key); };
        if (const std::string name = given("node"); !name.empty()) asked.node = SKERRY_TRY(find_node(name))->id;
        if (const std::string type = given("type"); !type.empty()) {
            asked.type = feedback::error_type_named(type);
            if (!asked.type) {
                return fail(ErrorCode::InvalidInput,
                            "'" + type + "' is no type of errors: they are " + feedback::names_of_error_types());
            }
        }
        asked.since = SKERRY_TRY(since_of(request));
        return asked;
    }();
    if (failed(respond, question)) return;
    auto data = views::errors(host_, *question);
    if (!failed(respond, data)) succeed(respond, *std::move(data));
}

void AdminApi::list_alarms(const http::Request& request, const http::Respond& respond) const {
    const auto limit = limit_of(request);
    if (failed(respond, limit)) return;
    const auto filter = [&]() -> Result<ledger::AlarmFilter> {
        ledger::AlarmFilter asked;
        if (const std::string name = query_text(request, "node"); !name.empty()) {
            asked.node = SKERRY_TRY(find_node(name))->id;
        }
        asked.since = SKERRY_TRY(since_of(request));
        return asked;
    }();
    if (failed(respond, filter)) return;
    auto data = views::alarms(host_, *filter, *limit, Clock::now());
    if (!failed(respond, data)) succeed(respond, *std::move(data));
}

void AdminApi::show_alarm(const std::string& number, const http::Respond& respond) const {
    const auto id = number_from(number, "drift alarm");
    if (failed(respond, id)) return;
    auto data = views::shown_alarm(host_, *id);
    if (!failed(respond, data)) succeed(respond, *std::move(data));
}

Result<const Node*> AdminApi::find_node(const std::string& id_or_name) const {
    const Registry& registry = host_.federation().registry();
    if (const auto id = NodeId::parse(id_or_name)) {
        if (const Node* const node = registry.node(*id)) return node;
    }
    const Node* found = nullptr;
    for (const auto& [id, node] : registry.nodes()) {
        if (node.name != id_or_name) continue;
        if (found != nullptr) {
            return fail(ErrorCode::Conflict, "several nodes are called '" + id_or_name +
                                                 "': name one by its id, as 'skerry node list' shows it");
        }
        found = &node;
    }
    if (found != nullptr) return found;
    return fail(ErrorCode::NotFound, "no node '" + id_or_name + "': 'skerry node list' shows those that exist");
}

}  // namespace skerry::coordinator
