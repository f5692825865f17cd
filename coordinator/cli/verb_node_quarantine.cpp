#include "coordinator/cli/lookup.hpp"
#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

struct Quarantine {
    std::string node;
    std::string reason;
};

struct Release {
    std::string node;
    bool discard = false;
};

std::string who_is(Value node) {
    return "node '" + text_in(node["name"]) + "' (" + digest_in(node["id"]) + ')';
}

ExitCode quarantine(const Quarantine& wanted, Session& session) {
    const auto found = find_node(session.coordinator, wanted.node);
    if (!found) return session.output.failed(found.error());
    const Value node = found->root()["data"];
    const auto done = session.coordinator.post(node_target(node["id"].text().value_or("")) + "/quarantine",
                                               {{"reason", wanted.reason}});
    return session.output.report(done, [&](Value) {
        session.output.line("in quarantine: " + who_is(node));
        session.output.hint(
            "It goes on learning; what it sends is kept and counts nowhere. 'skerry node show' tells "
            "what is held, 'skerry node release' ends it.");
    });
}

// What was held is looked up before: afterwards nobody knows.
ExitCode release(const Release& wanted, Session& session) {
    const auto found = find_node(session.coordinator, wanted.node);
    if (!found) return session.output.failed(found.error());
    const Value node = found->root()["data"];
    const Value held = node["quarantine"]["held"];
    const auto done = session.coordinator.post(node_target(node["id"].text().value_or("")) + "/release",
                                               {{"discard", wanted.discard}});
    return session.output.report(done, [&](Value) {
        session.output.line("released " + who_is(node));
        if (!held.present()) return;
        session.output.line("its update " + count_in(held) +
                            (wanted.discard ? " never counts" : " waits for the next round, unless it is too old"));
    });
}

}  // namespace

// skerry node quarantine gateway-3 --reason "its camera was moved"
void add_node_quarantine(CLI::App& node, Verb& chosen) {
    auto wanted = std::make_shared<Quarantine>();
    auto* verb = node.add_subcommand("quarantine", "Keep what a node sends, and count none of it until it is released");
    add_text(*verb, "node", wanted->node, "Its name, its id, or the beginning of its id")
        ->required()
        ->type_name("ID|NAME");
    add_text(*verb, "--reason", wanted->reason, "Kept in the ledger")->required();
    verb->callback([&chosen, wanted] { chosen = [wanted](Session& session) { return quarantine(*wanted, session); }; });
}

// skerry node release gateway-3 --discard
void add_node_release(CLI::App& node, Verb& chosen) {
    auto wanted = std::make_shared<Release>();
    auto* verb = node.add_subcommand("release", "End a node's quarantine: what is held of it waits for the next round");
    add_text(*verb, "node", wanted->node, "Its name, its id, or the beginning of its id")
        ->required()
        ->type_name("ID|NAME");
    verb->add_flag("--discard", wanted->discard, "What is held of it never counts");
    verb->callback([&chosen, wanted] { chosen = [wanted](Session& session) { return release(*wanted, session); }; });
}

}  // namespace skerry::cli
