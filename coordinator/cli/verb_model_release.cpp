#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

struct Rollback {
    std::uint64_t version = 0;
    std::string reason;
    bool pin = false;
    std::string tier = "light";
};

void say_pinned(Output& output) {
    output.hint("Nodes go on learning and sending; no round closes until 'skerry model unpin'.");
}

ExitCode roll_back(const Rollback& wanted, Session& session) {
    std::vector<Field> fields{{"reason", wanted.reason}};
    if (wanted.pin) fields.emplace_back("pin", true);
    if (wanted.tier != "light") fields.emplace_back("tier", wanted.tier);
    const auto done = session.coordinator.post("/v1/models/" + std::to_string(wanted.version) + "/rollback", fields);
    return session.output.report(done, [&](Value model) {
        session.output.line("version " + count_in(model["version"]) + " has " + restored_in(model));
        if (model["pinned"].present()) return say_pinned(session.output);
        session.output.hint(
            "Updates that wait are counted on top of it. Where they are what went wrong: 'skerry node quarantine', or "
            "roll back with --pin until you know.");
    });
}

ExitCode pin(const std::string& reason, Session& session) {
    return session.output.report(session.coordinator.post("/v1/models/pin", {{"reason", reason}}), [&](Value model) {
        session.output.line("version " + count_in(model["version"]) + " is pinned");
        say_pinned(session.output);
    });
}

ExitCode promote(const std::string& reason, Session& session) {
    return session.output.report(
        session.coordinator.post("/v1/models/promote", {{"reason", reason}}), [&](Value model) {
            session.output.line("version " + count_in(model["version"]) + " is on trial no more: all nodes get it");
        });
}

ExitCode unpin(Session& session) {
    return session.output.report(session.coordinator.post("/v1/models/unpin", {}), [&](Value model) {
        session.output.line("version " + count_in(model["version"]) + " is pinned no more: rounds close again");
    });
}

}  // namespace

// skerry model rollback 7 --reason "version 8 confuses 4 and 9" --pin
void add_model_release(CLI::App& model, Verb& chosen) {
    auto wanted = std::make_shared<Rollback>();
    auto* back = model.add_subcommand("rollback", "Publish an older version's weights again, under the next number");
    add_number(*back, "version", wanted->version, "Whose weights: as 'model list' shows it")->required();
    add_text(*back, "--reason", wanted->reason, "Kept in the ledger")->required();
    add_tier(*back, "--tier", wanted->tier,
             "Only what this tier and the deeper ones add: those below keep what the newest version has (light: all)");
    back->add_flag("--pin", wanted->pin, "And let no round close until 'model unpin'");
    back->callback([&chosen, wanted] { chosen = [wanted](Session& session) { return roll_back(*wanted, session); }; });

    auto reason = std::make_shared<std::string>();
    auto* keep = model.add_subcommand("pin", "Keep the newest version the newest: rounds gather, and none closes");
    add_text(*keep, "--reason", *reason, "Kept in the ledger")->required();
    keep->callback([&chosen, reason] { chosen = [reason](Session& session) { return pin(*reason, session); }; });

    auto why = std::make_shared<std::string>();
    auto* further = model.add_subcommand("promote", "End the trial of the newest version: all nodes get it");
    add_text(*further, "--reason", *why, "Kept in the ledger")->required();
    further->callback([&chosen, why] { chosen = [why](Session& session) { return promote(*why, session); }; });

    auto* let_go = model.add_subcommand("unpin", "Let rounds close again");
    let_go->callback([&chosen] { chosen = [](Session& session) { return unpin(session); }; });
}

}  // namespace skerry::cli
