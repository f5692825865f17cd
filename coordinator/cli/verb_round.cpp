#include "coordinator/cli/lookup.hpp"
#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/updates_table.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

ExitCode list_rounds(std::uint64_t limit, Session& session) {
    const auto rounds = session.coordinator.get("/v1/rounds?limit=" + std::to_string(limit));
    return session.output.report(rounds, [&](Value data) {
        Table table({{"ROUND", Column::Right},
                     {"STATE", Column::Left},
                     {"OPENED", Column::Left},
                     {"LASTED", Column::Right},
                     {"UPDATES", Column::Right},
                     {"WEIGHT", Column::Right},
                     {"VERSION", Column::Right},
                     {"SUM", Column::Left}});
        const TimePoint now = session.output.now();
        for (const Value round : data.items()) {
            table.row({count_in(round["id"]), state_in(round["state"]), age_in(round["opened_at"], now),
                       span_in(round["opened_at"], round["ended_at"]),
                       count_in(round["updates"].present() ? round["updates"] : round["accepted"]),
                       count_in(round["weight"]), count_in(round["version"]), digest_in(round["sum"])});
        }
        if (!table.empty()) return session.output.print(table);
        session.output.line("no rounds");
        session.output.hint("A round opens with the first update; 'skerry node list' shows who could send one.");
    });
}

void render_round(Value round, Output& output) {
    const TimePoint now = output.now();
    const Cell state = state_in(round["state"]);
    Facts facts;
    facts.fact("Round", count_in(round["id"]))
        .fact("State", state)
        .fact("Opened", time_in(round["opened_at"], now))
        .fact("Deadline", time_in(round["deadline"], now));
    if (round["frozen_at"].present()) facts.fact("Frozen", time_in(round["frozen_at"], now));
    if (round["ended_at"].present()) {
        facts.fact("Ended",
                   time_in(round["ended_at"], now) + ", after " + span_in(round["opened_at"], round["ended_at"]));
    }
    facts
        .fact("Updates", count_in(round["accepted"]) + " accepted; goal " + count_in(round["goal"]) + ", quorum " +
                             count_in(round["quorum"]))
        .fact("Rule", text_in(round["rule"]) + "; optimiser " + text_in(round["optimiser"]));
    if (state.text == "published") {
        facts.fact("Version", count_in(round["version"]) + ", from " + count_in(round["parent"]))
            .fact("Counted", count_in(round["updates"]) + " updates, weight " + count_in(round["weight"]))
            .fact("Sum", text_in(round["sum"]));
    }
    if (const Value alarm = round["early_alarm"]; alarm.present()) {
        facts.fact("Early", "drift on " + text_in(alarm["name"]) + ": 'skerry drift show " + count_in(alarm["id"]) +
                                "' tells more");
    }
    if (round["erased_at"].present()) {
        std::uint64_t bytes = 0;
        for (const Value update : round["contributors"].items())
            bytes += update["bytes"].count().value_or(0);
        facts.fact("Erased", "its updates, " + human_bytes(bytes) + ", " + time_in(round["erased_at"], now) + ", as " +
                                 text_in(round["erased_by"]) + " says: it cannot be recomputed");
    }
    if (!round["reason"].text().value_or("").empty()) facts.fact("Reason", text_in(round["reason"]));
    output.print(facts);

    const std::string heading = state.text == "published"   ? "Counted"
                                : state.text == "abandoned" ? "Accepted, waiting for the next round"
                                                            : "Accepted so far";
    print_updates(heading, round["contributors"], output);
    if (!round["uncounted"].items().empty()) print_updates("Counts nowhere", round["uncounted"], output);
    print_refusals(round["refusals"], output);
}

ExitCode show_round(NumberOrNewest choice, Session& session) {
    const auto number = find_round(session.coordinator, choice);
    if (!number) return session.output.failed(number.error());
    return session.output.report(session.coordinator.get("/v1/rounds/" + std::to_string(*number)),
                                 [&session](Value round) { render_round(round, session.output); });
}

void render_reasons(Value why, Output& output) {
    const Cell state = state_in(why["state"]);
    output.line("Round " + count_in(why["round"]) + ": " + state.text, state.tone);
    for (const Value sentence : why["course"].items())
        output.line(text_in(sentence));
    const bool open = state.text == "open";
    for (const auto& [key, heading] :
         {std::pair{"counted", open ? "Gathered so far" : "Counted"}, std::pair{"refused", "Refused"},
          std::pair{"set_aside", "Set aside, never to be counted"},
          std::pair{"left_over", "Left over for the rounds after it"}}) {
        const auto sentences = why[key].items();
        if (sentences.empty()) continue;
        output.gap();
        output.line(std::string(heading) + ": " + human_count(sentences.size()), Tone::Heading);
        for (const Value sentence : sentences)
            output.line(text_in(sentence));
    }
}

ExitCode explain_round(NumberOrNewest choice, Session& session) {
    const auto number = find_round(session.coordinator, choice);
    if (!number) return session.output.failed(number.error());
    return session.output.report(session.coordinator.get("/v1/rounds/" + std::to_string(*number) + "/why"),
                                 [&session](Value why) { render_reasons(why, session.output); });
}

Cell comparison(Value published, Value recomputed) {
    if (published.text() && published.text() == recomputed.text())
        return {digest_in(published) + ", the same", Tone::Good};
    return {digest_in(published) + " published ≠ " + digest_in(recomputed) + " recomputed", Tone::Bad};
}

void render_verification(Value found, Output& output) {
    const bool intact = found["intact"].flag().value_or(false);
    const bool signed_well = found["signatures_good"].flag().value_or(false);
    output.line("Round " + count_in(found["round"]) + (intact ? ": intact" : ": DIFFERENT"),
                intact ? Tone::Good : Tone::Bad);
    output.print(
        Facts{}
            .fact("Version", count_in(found["version"]))
            .fact("Updates", count_in(found["updates"]) + " recomputed")
            .fact("Sum", comparison(found["sum"], found["sum_recomputed"]))
            .fact("Weights", comparison(found["weights"], found["weights_recomputed"]))
            .fact("Signatures", Cell(signed_well ? "all good" : "NOT all good", signed_well ? Tone::Good : Tone::Bad)));
    for (const Value problem : found["problems"].items())
        output.line("problem: " + text_in(problem), Tone::Bad);
}

ExitCode verify_round(NumberOrNewest choice, Session& session) {
    const auto number = find_round(session.coordinator, choice);
    if (!number) return session.output.failed(number.error());
    const auto found =
        session.coordinator.post("/v1/rounds/" + std::to_string(*number) + "/verify", {}, AdminClient::kLong);
    const ExitCode shown =
        session.output.report(found, [&session](Value data) { render_verification(data, session.output); });
    if (shown != ExitCode::Ok || found->root()["data"]["intact"].flag().value_or(false)) return shown;
    session.output.notice(
        "next:  copy the coordinator's directory before anything else, and do not deploy this version");
    return ExitCode::Negative;
}

}  // namespace

// skerry round show 7
void add_round_verbs(CLI::App& app, Verb& chosen) {
    auto* round = app.add_subcommand("round", "Training rounds: who was counted, who was refused and why");
    round->require_subcommand(1);

    auto limit = std::make_shared<std::uint64_t>(20);
    auto* all = round->add_subcommand("list", "The last rounds, newest first");
    add_number(*all, "--limit", *limit, "How many (20)");
    all->callback([&chosen, limit] { chosen = [limit](Session& session) { return list_rounds(*limit, session); }; });

    auto choice = std::make_shared<NumberOrNewest>();
    auto* one = round->add_subcommand("show", "One round: its course, contributors and refusals");
    add_choice(*one, "round", *choice, "As 'round list' shows it");
    one->callback([&chosen, choice] { chosen = [choice](Session& session) { return show_round(*choice, session); }; });

    auto* why = round->add_subcommand("why", "Why it closed when it did, and what became of each update, in sentences");
    add_choice(*why, "round", *choice, "As 'round list' shows it");
    why->callback(
        [&chosen, choice] { chosen = [choice](Session& session) { return explain_round(*choice, session); }; });

    auto* check =
        round->add_subcommand("verify", "Recompute the published weights from the sealed updates; 1 if they differ");
    add_choice(*check, "round", *choice, "As 'round list' shows it");
    check->callback(
        [&chosen, choice] { chosen = [choice](Session& session) { return verify_round(*choice, session); }; });
}

}  // namespace skerry::cli
