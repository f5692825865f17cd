#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

void render_findings(Value found, Output& output) {
    const bool clean = found["clean"].flag().value_or(false);
    output.line(clean ? "History and blobs: clean" : "History and blobs: NOT clean", clean ? Tone::Good : Tone::Bad);
    output.print(Facts{}
                     .fact("Journal", count_in(found["entries"]) + " entries, up to " + head_in(found))
                     .fact("Receipts", count_in(found["updates"]) + " checked, of all accepted updates")
                     .fact("Versions", count_in(found["versions"]) + " checked, with who was counted in each")
                     .fact("Blobs", count_in(found["blobs"]) + " read, all that the history needs"));
    for (const Value problem : found["problems"].items())
        output.line("problem: " + text_in(problem), Tone::Bad);
    if (found["more_problems"].count().value_or(0) > 0) {
        output.line("problem: and " + count_in(found["more_problems"]) + " more", Tone::Bad);
    }
    for (const Value note : found["notes"].items())
        output.line("note: " + text_in(note));
}

ExitCode check_all(Session& session) {
    const auto found = session.coordinator.post("/v1/fsck", {}, AdminClient::kLong);
    const ExitCode shown =
        session.output.report(found, [&session](Value data) { render_findings(data, session.output); });
    if (shown != ExitCode::Ok || found->root()["data"]["clean"].flag().value_or(false)) return shown;
    session.output.notice("next:  copy the coordinator's directory before anything else");
    return ExitCode::Negative;
}

}  // namespace

// skerry fsck
void add_fsck(CLI::App& app, Verb& chosen) {
    auto* verb = app.add_subcommand(
        "fsck", "Check all of the history and every blob that it needs, while the coordinator runs; 1 if not clean");
    verb->callback([&chosen] { chosen = check_all; });
}

}  // namespace skerry::cli
