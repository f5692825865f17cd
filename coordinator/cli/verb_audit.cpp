#include "common/http/client.hpp"
#include "coordinator/cli/lookup.hpp"
#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

struct AuditArguments {
    std::string kind, node;
    std::uint64_t round = 0;             ///< 0: of all
    std::chrono::milliseconds since{0};  ///< before now; 0: from the beginning
    std::uint64_t limit = 20;
};

void render_audit(Value entries, Output& output) {
    Table table({{"ENTRY", Column::Right}, {"WHEN", Column::Left}, {"KIND", Column::Left}, {"WHAT", Column::Flexible}});
    for (const Value entry : entries.items()) {
        table.row({count_in(entry["entry"]), age_in(entry["at"], output.now()), text_in(entry["kind"]),
                   text_in(entry["text"])});
    }
    if (!table.empty()) return output.print(table);
    output.line("no such entries");
    output.hint("'skerry audit list' without filters shows the newest of all kinds.");
}

ExitCode list_audit(const AuditArguments& arguments, Session& session) {
    std::string target = "/v1/audit?limit=" + std::to_string(arguments.limit);
    if (!arguments.kind.empty()) target += "&kind=" + http::percent_encoded(arguments.kind);
    if (!arguments.node.empty()) {
        const auto found = find_node(session.coordinator, arguments.node);
        if (!found) return session.output.failed(found.error());
        target += "&node=" + http::percent_encoded(found->root()["data"]["id"].text().value_or(arguments.node));
    }
    if (arguments.round > 0) target += "&round=" + std::to_string(arguments.round);
    if (arguments.since.count() > 0) {
        target += "&since_s=" + std::to_string(std::chrono::ceil<std::chrono::seconds>(arguments.since).count());
    }
    return session.output.report(session.coordinator.get(target),
                                 [&session](Value data) { render_audit(data, session.output); });
}

void render_proof(Value proof, Output& output) {
    const bool whole = proof["whole"].flag().value_or(false);
    output.line(whole ? "Journal: whole" : "Journal: BROKEN", whole ? Tone::Good : Tone::Bad);
    Facts facts;
    facts.fact("Entries", count_in(proof["entries"]) + " proven, from the first").fact("Head", head_in(proof));
    if (proof["noted"].present()) {
        const bool agrees = proof["agrees"].flag().value_or(false);
        facts.fact("Noted", Cell(agrees ? "is the beginning of what there is now" : "is NOT what stood there",
                                 agrees ? Tone::Good : Tone::Bad));
    }
    output.print(facts);
    for (const Value problem : {proof["problem"], proof["difference"]}) {
        if (problem.present()) output.line("problem: " + text_in(problem), Tone::Bad);
    }
    if (whole && !proof["noted"].present()) {
        output.hint(
            "Note the head where the coordinator cannot write: 'skerry audit verify --head N:HASH' then shows "
            "whether anything before it was rewritten.");
    }
}

ExitCode verify_audit(const std::string& head, Session& session) {
    std::vector<Field> fields;
    if (!head.empty()) fields.emplace_back("head", head);
    const auto proof = session.coordinator.post("/v1/audit/verify", fields, AdminClient::kLong);
    const ExitCode shown = session.output.report(proof, [&session](Value data) { render_proof(data, session.output); });
    if (shown != ExitCode::Ok) return shown;
    const Value data = proof->root()["data"];
    const bool good = data["whole"].flag().value_or(false) && data["agrees"].flag().value_or(true);
    return good ? ExitCode::Ok : ExitCode::Negative;
}

}  // namespace

// skerry audit list --node porch --since 24h
void add_audit_verbs(CLI::App& app, Verb& chosen) {
    auto* audit = app.add_subcommand("audit", "The journal: what has happened, and the proof that nobody altered it");
    audit->require_subcommand(1);

    auto arguments = std::make_shared<AuditArguments>();
    auto* all = audit->add_subcommand("list", "Its newest entries, a sentence each");
    add_text(*all, "--kind", arguments->kind,
             "Only of this kind, as update_refused; another word lists those that exist");
    add_text(*all, "--node", arguments->node, "About this node only: its name, its id, or the beginning of its id")
        ->type_name("ID|NAME");
    add_number(*all, "--round", arguments->round, "Of this round only");
    add_duration(*all, "--since", arguments->since, std::chrono::seconds(1),
                 "Only those of the time before now, as in 90s or 24h");
    add_number(*all, "--limit", arguments->limit, "How many (20)");
    all->callback(
        [&chosen, arguments] { chosen = [arguments](Session& session) { return list_audit(*arguments, session); }; });

    auto head = std::make_shared<std::string>();
    auto* proof =
        audit->add_subcommand("verify", "Prove its hash chain from the first entry to the last; 1 if it is broken");
    add_text(*proof, "--head", *head,
             "What 'audit verify' showed as the head at another time: 1 if it is no part of this")
        ->type_name("N:HASH");
    proof->callback([&chosen, head] { chosen = [head](Session& session) { return verify_audit(*head, session); }; });
}

}  // namespace skerry::cli
