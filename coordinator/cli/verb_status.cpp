#include <CLI/CLI.hpp>

#include "coordinator/cli/present.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

std::string model_line(Value model) {
    const auto names = model["classes"].items();
    const std::string classes = names.empty() ? count_in(model["classes"]) : human_count(names.size());
    return text_in(model["name"]) + " · " + text_in(model["modality"]) + ", " + classes + " classes";
}

std::string parameters_line(Value parameters) {
    return "light " + count_in(parameters["light"]) + ", medium " + count_in(parameters["medium"]) + ", heavy " +
           count_in(parameters["heavy"]);
}

std::string version_line(Value status, TimePoint now) {
    if (status["version"].count().value_or(0) == 0) return "none yet";
    std::string line = count_in(status["version"]) + ", published " + age_in(status["published_at"], now);
    if (const auto trial = status["on_trial"]; trial.present()) {
        line += ", on trial with " + human_count(trial["canaries"].items().size()) + " canaries against version " +
                count_in(trial["against"]);
    }
    const auto pinned = status["pinned"];
    if (!pinned.present()) return line;
    return line + ", pinned " + age_in(pinned["since"], now) + ": " + text_in(pinned["reason"]);
}

Cell round_line(Value round, TimePoint now) {
    if (!round.present()) return "idle: the next accepted update opens a round";
    const Cell state = state_in(round["state"]);
    std::string text = count_in(round["id"]) + ' ' + state.text + " · " + count_in(round["accepted"]) + " of " +
                       count_in(round["goal"]) + " updates (quorum " + count_in(round["quorum"]) + "), opened " +
                       age_in(round["opened_at"], now);
    return {std::move(text), state.tone};
}

std::string process_line(Value status, TimePoint now) {
    return text_in(status["software"]) + " · " + bytes_in(status["resident_bytes"]) + " resident, started " +
           age_in(status["started_at"], now);
}

std::string if_any(Value count, const std::string& what) {
    return count.count().value_or(0) == 0 ? std::string() : count_in(count) + what;
}

void render_status(Value status, Output& output) {
    const TimePoint now = output.now();
    const auto nodes = status["nodes"];
    const auto updates = status["updates"];
    const auto round = status["round"];
    Facts facts;
    facts.fact("Federation", text_in(status["name"]) + " · " + digest_in(status["federation"]))
        .fact("Model", model_line(status["model"]))
        .fact("Parameters", parameters_line(status["model"]["parameters"]))
        .fact("Version", version_line(status, now))
        .fact("Round", round_line(round, now));
    if (round["state"].text() == "open") facts.fact("Deadline", age_in(round["deadline"], now));
    facts
        .fact("Nodes", count_in(nodes["enrolled"]) + " enrolled, " + count_in(nodes["connected"]) + " connected, " +
                           if_any(nodes["quarantined"], " in quarantine, ") + count_in(nodes["revoked"]) + " revoked")
        .fact("Updates", count_in(updates["accepted"]) + " accepted, " + count_in(updates["counted"]) + " counted, " +
                             if_any(updates["held"], " held, ") + count_in(updates["refused"]) + " refused")
        .fact("Fleet", text_in(status["endpoints"]["fleet"]))
        .fact("Enrolment", text_in(status["endpoints"]["enrol"]))
        .fact("Coordinator", process_line(status, now));
    for (const Value warning : status["warnings"].items())
        facts.fact("Warning", text_in(warning));
    output.print(facts);
    if (nodes["enrolled"].count() == 0U) {
        output.hint("No node has joined yet: 'skerry token create' prints a token that lets one in.");
    }
}

}  // namespace

// skerry status
void add_status(CLI::App& app, Verb& chosen) {
    auto* verb = app.add_subcommand("status", "Model, round, nodes and updates on one screen");
    verb->callback([&chosen] {
        chosen = [](Session& session) {
            return session.output.report(session.coordinator.get("/v1/status"),
                                         [&session](Value status) { render_status(status, session.output); });
        };
    });
}

}  // namespace skerry::cli
