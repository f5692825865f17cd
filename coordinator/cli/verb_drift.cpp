#include "common/http/client.hpp"
#include "coordinator/cli/lookup.hpp"
#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

struct DriftArguments {
    std::string node;
    std::chrono::milliseconds since{0};  ///< before now; 0: from the beginning
    std::uint64_t limit = 20;
};

std::string class_in(Value alarm) {
    if (!alarm["class"].present()) return "all";
    const std::string number = count_in(alarm["class"]);
    const std::string name = alarm["class_name"].text().value_or("");
    return name.empty() || name == number ? number : number + " (" + name + ')';
}

std::string change_in(Value alarm) {
    return percent_in(alarm["before"]) + " → " + percent_in(alarm["after"]);
}

void render_alarms(Value data, Output& output) {
    const Value until = data["drift_until"];
    if (until.present()) output.line("The fleet is in drift until " + time_in(until, output.now()), Tone::Warning);
    Table table({{"ID", Column::Right},
                 {"WHEN", Column::Left},
                 {"NODE", Column::Flexible},
                 {"CLASS", Column::Flexible},
                 {"ERRORS", Column::Left},
                 {"DETECTOR", Column::Left},
                 {"VERSION", Column::Right},
                 {"EARLY ROUND", Column::Right}});
    for (const Value alarm : data["alarms"].items()) {
        table.row({count_in(alarm["id"]), age_in(alarm["recorded_at"], output.now()), text_in(alarm["name"]),
                   class_in(alarm), change_in(alarm), text_in(alarm["detector"]), text_in(alarm["version"]),
                   count_in(alarm["early_round"])});
    }
    if (!table.empty()) {
        output.print(table);
        return output.hint("'skerry drift show ID' tells what an alarm has caused.");
    }
    output.line("no drift alarms");
    output.hint("A node raises one when its errors rise; 'skerry-node drift' on the device lists its own.");
}

void render_alarm(Value alarm, Output& output) {
    const TimePoint now = output.now();
    const std::uint64_t missed = alarm["missed"].count().value_or(0);
    Facts facts;
    facts.fact("Alarm", count_in(alarm["id"]) + ", number " + count_in(alarm["number"]) + " of its node")
        .fact("Node", text_in(alarm["name"]) + " (" + text_in(alarm["node"]) + ')')
        .fact("Class", class_in(alarm))
        .fact("Errors", change_in(alarm))
        .fact("Detector", text_in(alarm["detector"]) + ", at its trigger " + count_in(alarm["trigger"]))
        .fact("Serving", text_in(alarm["version"]))
        .fact("Recorded", time_in(alarm["recorded_at"], now))
        .fact("Raised", time_in(alarm["raised_at"], now) + ", by the node's clock");
    if (missed > 0) facts.fact("Missed", human_count(missed) + " alarms of the node before it are not on record");
    const Value round = alarm["round"];
    if (!alarm["early_round"].present()) {
        facts.fact("Caused", "nothing: early rounds are off, or another alarm had made one lately");
    } else if (!round.present()) {
        facts.fact("Caused", "an early round " + count_in(alarm["early_round"]) + ", which has not opened yet");
    } else {
        facts.fact("Caused", "early round " + count_in(round["id"]) + ", " + text_in(round["state"]));
        if (round["ended_at"].present()) {
            facts.fact("Ended", time_in(round["ended_at"], now) + ", " +
                                    span_in(alarm["recorded_at"], round["ended_at"]) + " after the alarm" +
                                    (round["version"].present() ? ", with version " + count_in(round["version"]) : ""));
        }
    }
    output.print(facts);
}

ExitCode list_alarms(const DriftArguments& arguments, Session& session) {
    std::string target = "/v1/drift?limit=" + std::to_string(arguments.limit);
    if (!arguments.node.empty()) {
        const auto found = find_node(session.coordinator, arguments.node);
        if (!found) return session.output.failed(found.error());
        target += "&node=" + http::percent_encoded(found->root()["data"]["id"].text().value_or(arguments.node));
    }
    if (arguments.since.count() > 0) {
        target += "&since_s=" + std::to_string(std::chrono::ceil<std::chrono::seconds>(arguments.since).count());
    }
    return session.output.report(session.coordinator.get(target),
                                 [&session](Value data) { render_alarms(data, session.output); });
}

}  // namespace

// skerry drift list --node gateway-3 --since 24h
void add_drift_verbs(CLI::App& app, Verb& chosen) {
    auto* drift = app.add_subcommand("drift", "When errors rose, where, of which class, and what it caused");
    drift->require_subcommand(1);

    auto arguments = std::make_shared<DriftArguments>();
    auto* verb = drift->add_subcommand("list", "Alarms of the nodes, newest first");
    add_text(*verb, "--node", arguments->node, "Of this node only: its name, its id, or the beginning of its id")
        ->type_name("ID|NAME");
    add_duration(*verb, "--since", arguments->since, std::chrono::seconds(1),
                 "Only those that came in the time before now, as in 90s or 24h");
    add_number(*verb, "--limit", arguments->limit, "How many (20)");
    verb->callback(
        [&chosen, arguments] { chosen = [arguments](Session& session) { return list_alarms(*arguments, session); }; });

    auto id = std::make_shared<std::uint64_t>(0);
    auto* show = drift->add_subcommand("show", "One alarm, and what it caused");
    add_number(*show, "id", *id, "Its number, as 'drift list' shows it")->required();
    show->callback([&chosen, id] {
        chosen = [id](Session& session) {
            return session.output.report(session.coordinator.get("/v1/drift/" + std::to_string(*id)),
                                         [&session](Value alarm) { render_alarm(alarm, session.output); });
        };
    });
}

}  // namespace skerry::cli
