#include "coordinator/cli/lookup.hpp"
#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/updates_table.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

/// One word for two facts: revoked or in quarantine, else connected or away.
Cell presence_of(Value node) {
    if (node["state"].text() != "active") return state_in(node["state"]);
    return {node["connected"].flag().value_or(false) ? "connected" : "away",
            node["connected"].flag().value_or(false) ? Tone::Good : Tone::Warning};
}

/// "7.3": global version 7 and three local steps.
std::string version_of(Value node) {
    const auto version = node["version"].count();
    if (!version) return kAbsent;
    return std::to_string(*version) + '.' + std::to_string(node["local_steps"].count().value_or(0));
}

std::string quarantine_line(Value quarantine, TimePoint now) {
    return age_in(quarantine["since"], now) + " (" + text_in(quarantine["by"]) + "): " + text_in(quarantine["reason"]);
}

ExitCode list_nodes(Session& session) {
    return session.output.report(session.coordinator.get("/v1/nodes"), [&session](Value nodes) {
        Table table({{"NAME", Column::Flexible},
                     {"ID", Column::Left},
                     {"STATE", Column::Left},
                     {"TIER", Column::Left},
                     {"VERSION", Column::Right},
                     {"SEEN", Column::Left},
                     {"LABELLED", Column::Right},
                     {"ACCURACY", Column::Right}});
        for (const Value node : nodes.items()) {
            table.row({text_in(node["name"]), digest_in(node["id"]), presence_of(node), text_in(node["tier"]),
                       version_of(node), age_in(node["last_seen"], session.output.now()), count_in(node["labelled"]),
                       percent_in(node["accuracy_recent"])});
        }
        if (table.empty()) {
            session.output.line("no nodes");
            return session.output.hint("'skerry token create' prints a token that lets one in.");
        }
        session.output.print(table);
        for (const Value node : nodes.items()) {
            if (!node["quarantine"].present()) continue;
            session.output.line(text_in(node["name"]) + " is in quarantine since " +
                                quarantine_line(node["quarantine"], session.output.now()));
        }
    });
}

Table tiers_of(Value node) {
    Table table(
        {{"TIER", Column::Left}, {"ANSWERED", Column::Right}, {"SHARE", Column::Right}, {"P50", Column::Right}});
    double total = 0;
    for (const char* tier : {"light", "medium", "heavy"})
        total += node["answered"][tier].number().value_or(0);
    for (const char* tier : {"light", "medium", "heavy"}) {
        table.row({tier, count_in(node["answered"][tier]), percent_of(node["answered"][tier], total),
                   microseconds_in(node["latency_p50_us"][tier])});
    }
    return table;
}

void render_node(Value node, Output& output) {
    const TimePoint now = output.now();
    Facts facts;
    const Value quarantine = node["quarantine"];
    if (node["problem"].present() && !quarantine.present()) facts.fact("Problem", text_in(node["problem"]));
    if (quarantine.present()) {
        facts.fact("Quarantine", "since " + quarantine_line(quarantine, now))
            .fact("Held", quarantine["held"].present() ? "update " + count_in(quarantine["held"]) : "nothing");
    }
    output.print(facts.fact("Node", text_in(node["name"]))
                     .fact("Id", text_in(node["id"]))
                     .fact("State", presence_of(node))
                     .fact("Last seen", time_in(node["last_seen"], now))
                     .fact("Enrolled", time_in(node["enrolled_at"], now))
                     .fact("Certificate", "expires " + time_in(node["certificate_expires_at"], now))
                     .fact("Tier", text_in(node["tier"]))
                     .fact("Version", version_of(node))
                     .fact("Predictions", count_in(node["predictions"]) + ", " + count_in(node["labelled"]) +
                                              " labelled, " + count_in(node["errors"]) + " wrong")
                     .fact("Accuracy", percent_in(node["accuracy_recent"]) + " recently")
                     .fact("Learning rate", number_in(node["learning_rate"]) + " · " + text_in(node["learning_reason"]))
                     .fact("Sequence", count_in(node["sequence_accepted"]) + " accepted, " +
                                           count_in(node["sequence_counted"]) + " counted"));
    if (const Value budget = node["budget"]; budget["limited"].count().value_or(0) > 0) {
        output.line("made to wait " + count_in(budget["limited"]) +
                        " times, because it had used up its budget of "
                        "updates or bytes: " +
                        count_in(budget["updates_left"]) + " and " + bytes_in(budget["bytes_left"]) + " are left now",
                    Tone::Warning);
    }
    if (node["strikes"].count().value_or(0) > 0) {
        output.line(count_in(node["strikes"]) + " of its refusals lately are strikes: no healthy node earns them",
                    Tone::Warning);
    }
    output.gap();
    output.print(tiers_of(node));
    print_updates("Last updates", node["updates"], output);
    print_refusals(node["refusals"], output);
    if (quarantine.present()) {
        output.hint("'skerry node release' lets what is held count; with --discard it never does.");
    }
}

}  // namespace

// skerry node show gateway-3
void add_node_verbs(CLI::App& app, Verb& chosen) {
    auto* node = app.add_subcommand("node", "The devices of the fleet");
    node->require_subcommand(1);
    node->add_subcommand("list", "All nodes, by name")->callback([&chosen] { chosen = list_nodes; });

    auto id = std::make_shared<std::string>();
    auto* show = node->add_subcommand("show", "One node: link, learning, its last updates and refusals");
    add_text(*show, "node", *id, "Its name, its id, or the beginning of its id")->required()->type_name("ID|NAME");
    show->callback([&chosen, id] {
        chosen = [id](Session& session) {
            return session.output.report(find_node(session.coordinator, *id),
                                         [&session](Value found) { render_node(found, session.output); });
        };
    });

    add_node_revoke(*node, chosen);
    add_node_quarantine(*node, chosen);
    add_node_release(*node, chosen);
}

}  // namespace skerry::cli
