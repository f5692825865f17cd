#include <array>

#include "coordinator/cli/error_query.hpp"
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

constexpr std::array<const char*, 8> kTypes = {"routing",   "novel",    "label-noise", "drift",
                                               "confident", "boundary", "ordinary",    "unjudged"};

Table types_of(Value errors, double total) {
    Table types({{"TYPE", Column::Left}, {"COUNT", Column::Right}, {"SHARE", Column::Right}});
    for (const char* const type : kTypes) {
        const Value count = errors["by_type"][type];
        if (count.count().value_or(0) > 0) types.row({type, count_in(count), percent_of(count, total)});
    }
    return types;
}

Table pairs_of(Value errors, double total) {
    Table pairs({{"TRUTH", Column::Flexible},
                 {"PREDICTED", Column::Flexible},
                 {"COUNT", Column::Right},
                 {"SHARE", Column::Right}});
    for (const Value pair : errors["pairs"].items()) {
        pairs.row({class_in(pair["truth"], pair["truth_name"]), class_in(pair["predicted"], pair["predicted_name"]),
                   count_in(pair["count"]), percent_of(pair["count"], total)});
    }
    if (errors["other"].count().value_or(0) > 0) {
        pairs.row({"other pairs", "", count_in(errors["other"]), percent_of(errors["other"], total)});
    }
    return pairs;
}

Table nodes_of(Value errors) {
    Table nodes({{"NODE", Column::Flexible},
                 {"ID", Column::Left},
                 {"LABELLED", Column::Right},
                 {"ERRORS", Column::Right},
                 {"RATE", Column::Right}});
    for (const Value node : errors["nodes"].items()) {
        nodes.row({text_in(node["name"]), digest_in(node["node"]), count_in(node["labelled"]), count_in(node["errors"]),
                   percent_of(node["errors"], node["labelled"].number().value_or(0))});
    }
    return nodes;
}

void render_errors(Value errors, Output& output) {
    const double total = errors["total"].number().value_or(0);
    output.line(count_in(errors["total"]) + " errors reported", Tone::Heading);
    for (const Table& table : {types_of(errors, total), pairs_of(errors, total), nodes_of(errors)}) {
        if (table.empty()) continue;
        output.gap();
        output.print(table);
    }
    if (total == 0)
        output.hint("Nodes report their errors with their updates; they count once a version counts those.");
}

}  // namespace

// skerry errors list --node gateway-3 --type boundary --since 24h
void add_error_verbs(CLI::App& app, Verb& chosen) {
    auto* errors =
        app.add_subcommand("errors", "What the fleet takes for what: counts only, the samples stay on the nodes");
    errors->require_subcommand(1);
    auto query = std::make_shared<ErrorQuery>();
    auto* verb = errors->add_subcommand("list", "Errors by type, by confused classes and by node, most frequent first");
    add_error_query(*verb, *query);
    add_text(*verb, "--type", query->type, "Of this type only; 'skerry-node errors' shows the errors themselves");
    verb->callback([&chosen, query] {
        chosen = [query](Session& session) {
            const auto target = error_target(*query, session.coordinator);
            if (!target) return session.output.failed(target.error());
            return session.output.report(session.coordinator.get(*target),
                                         [&session](Value found) { render_errors(found, session.output); });
        };
    });
    add_errors_show(*errors, chosen);
}

}  // namespace skerry::cli
