#include "common/http/client.hpp"
#include "coordinator/cli/lookup.hpp"
#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

/// "7 (seven)", or the number alone where the class has no other name.
std::string class_in(Value number, Value name) {
    const std::string text = count_in(number);
    const std::string named = name.text().value_or("");
    return named.empty() || named == text ? text : text + " (" + named + ')';
}

void render(Value errors, Output& output) {
    const double total = errors["total"].number().value_or(0);
    Table pairs({{"TRUTH", Column::Flexible},
                 {"PREDICTED", Column::Flexible},
                 {"COUNT", Column::Right},
                 {"SHARE", Column::Right}});
    for (const Value pair : errors["pairs"].items()) {
        pairs.row({class_in(pair["truth"], pair["truth_name"]), class_in(pair["predicted"], pair["predicted_name"]),
                   count_in(pair["count"]), percent_of(pair["count"], total)});
    }
    Table nodes({{"NODE", Column::Flexible},
                 {"ID", Column::Left},
                 {"LABELLED", Column::Right},
                 {"ERRORS", Column::Right},
                 {"RATE", Column::Right}});
    for (const Value node : errors["nodes"].items()) {
        nodes.row({text_in(node["name"]), digest_in(node["node"]), count_in(node["labelled"]), count_in(node["errors"]),
                   percent_of(node["errors"], node["labelled"].number().value_or(0))});
    }
    output.line(count_in(errors["total"]) + " errors reported", Tone::Heading);
    if (!pairs.empty()) {
        output.gap();
        output.print(pairs);
    }
    if (!nodes.empty()) {
        output.gap();
        output.print(nodes);
    }
}

ExitCode list(const std::string& node, Session& session) {
    std::string target = "/v1/errors";
    if (!node.empty()) {
        const auto found = find_node(session.coordinator, node);
        if (!found) return session.output.failed(found.error());
        target += "?node=" + http::percent_encoded(found->root()["data"]["id"].text().value_or(node));
    }
    return session.output.report(session.coordinator.get(target),
                                 [&session](Value errors) { render(errors, session.output); });
}

}  // namespace

// skerry errors list --node gateway-3
void add_error_verbs(CLI::App& app, Verb& chosen) {
    auto* errors =
        app.add_subcommand("errors", "What the fleet takes for what: counts only, the samples stay on the nodes");
    errors->require_subcommand(1);
    auto node = std::make_shared<std::string>();
    auto* verb = errors->add_subcommand("list", "Confused classes, the most frequent first, and each node's share");
    add_text(*verb, "--node", *node, "Of this node only: its name, its id, or the beginning of its id")
        ->type_name("ID|NAME");
    verb->callback([&chosen, node] { chosen = [node](Session& session) { return list(*node, session); }; });
}

}  // namespace skerry::cli
