#include "coordinator/cli/lookup.hpp"
#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/updates_table.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

std::string state_of(Value model) {
    if (model["on_trial"].present()) return "on trial";
    if (model["pinned"].present()) return "pinned";
    return model["trial"].present() ? text_in(model["trial"]["outcome"]) : "published";
}

// The round that made it; or, after a rollback, whose weights these are.
std::string came_from(Value model) {
    if (!model["restores"].present()) return count_in(model["round"]);
    const std::string from = model["restores_from"].text().value_or("light");
    return (from == "light" ? "= " : from + " = ") + count_in(model["restores"]);
}

ExitCode list_models(std::uint64_t limit, Session& session) {
    return session.output.report(
        session.coordinator.get("/v1/models?limit=" + std::to_string(limit)), [&session](Value models) {
            Table table({{"VERSION", Column::Right},
                         {"PARENT", Column::Right},
                         {"ROUND", Column::Right},
                         {"PUBLISHED", Column::Left},
                         {"UPDATES", Column::Right},
                         {"VALUES", Column::Right},
                         {"SHA-256", Column::Left},
                         {"STATE", Column::Left},
                         {"STORED", Column::Left}});
            for (const Value model : models.items()) {
                table.row({count_in(model["version"]), count_in(model["parent"]), came_from(model),
                           age_in(model["published_at"], session.output.now()), count_in(model["updates"]),
                           count_in(model["values"]["heavy"]), digest_in(model["digests"]["heavy"]), state_of(model),
                           presence_in(model["stored"])});
            }
            if (!table.empty()) return session.output.print(table);
            session.output.line("no model versions");
        });
}

std::string origin_of(Value model) {
    if (model["restores"].present()) return restored_in(model) + ": " + text_in(model["reason"]);
    if (model["parent"].count().value_or(0) == 0) return "the initial weights";
    return "round " + count_in(model["round"]) + ", from version " + count_in(model["parent"]);
}

// What each has seen on the same samples, of this version and of the one before.
void print_canaries(Value trial, Output& output) {
    if (!trial.present()) return;
    Table canaries({{"CANARY", Column::Left},
                    {"SAMPLES", Column::Right},
                    {"BETTER", Column::Right},
                    {"WORSE", Column::Right},
                    {"CHEAPER", Column::Right},
                    {"DEARER", Column::Right}});
    for (const Value canary : trial["canaries"].items()) {
        if (canary["refused"].flag().value_or(false)) {
            canaries.row({text_in(canary["name"]), "cannot use it", kAbsent, kAbsent, kAbsent, kAbsent});
            continue;
        }
        canaries.row({text_in(canary["name"]), count_in(canary["samples"]), count_in(canary["better"]),
                      count_in(canary["worse"]), count_in(canary["cheaper"]), count_in(canary["dearer"])});
    }
    output.gap();
    output.print(canaries);
}

void render_model(Value model, Output& output) {
    Facts facts;
    facts.fact("Version", count_in(model["version"])).fact("Origin", origin_of(model));
    const auto pinned = model["pinned"];
    if (pinned.present())
        facts.fact("Pinned", "since " + time_in(pinned["since"], output.now()) + ": " + text_in(pinned["reason"]));
    if (const auto trial = model["trial"]; trial.present()) {
        facts.fact("Trial", text_in(trial["outcome"]) + " " + age_in(trial["ended_at"], output.now()) + " with " +
                                count_in(trial["canaries"]) + " canaries: " + text_in(trial["reason"]));
    }
    const auto on_trial = model["on_trial"];
    if (on_trial.present()) {
        facts.fact("On trial", "against version " + count_in(on_trial["against"]) + ", until " +
                                   time_in(on_trial["deadline"], output.now()) + " at the latest");
    }
    output.print(facts.fact("Published", time_in(model["published_at"], output.now()))
                     .fact("Updates", count_in(model["updates"]))
                     .fact("Sum", text_in(model["sum"]))
                     .fact("Contributors", text_in(model["contributors_digest"]))
                     .fact("Stored", presence_in(model["stored"])));
    Table tiers(
        {{"TIER", Column::Left}, {"VALUES", Column::Right}, {"BYTES", Column::Right}, {"SHA-256", Column::Left}});
    for (const char* tier : {"light", "medium", "heavy"}) {
        const auto values = model["values"][tier].count();
        tiers.row({tier, count_in(model["values"][tier]), values ? human_bytes(*values * sizeof(float)) : kAbsent,
                   digest_in(model["digests"][tier])});
    }
    output.gap();
    output.print(tiers);
    print_canaries(on_trial, output);
    // What nodes may fetch instead of float32. None of a version that is not the newest since the last start.
    Table encodings({{"PUSHED AS", Column::Left},
                     {"BYTES", Column::Right},
                     {"LARGEST ERROR", Column::Right},
                     {"SHA-256", Column::Left}});
    for (const Value encoding : model["encodings"].items()) {
        const auto error = encoding["error"]["heavy"].number();
        encodings.row({text_in(encoding["precision"]), bytes_in(encoding["bytes"]["heavy"]),
                       error ? human_number(*error * 100) + " %" : kAbsent, digest_in(encoding["digests"]["heavy"])});
    }
    if (!encodings.empty()) {
        output.gap();
        output.print(encodings);
    }
    Table differences({{"DIFFERENCE IN", Column::Left}, {"TO VERSION", Column::Right}, {"BYTES", Column::Right}});
    for (const Value difference : model["differences"].items()) {
        differences.row(
            {text_in(difference["precision"]), count_in(difference["base"]), bytes_in(difference["bytes"]["heavy"])});
    }
    if (!differences.empty()) {
        output.gap();
        output.print(differences);
    }
    print_updates("Counted", model["contributors"], output);
}

ExitCode show_model(NumberOrNewest choice, Session& session) {
    const auto version = find_version(session.coordinator, choice);
    if (!version) return session.output.failed(version.error());
    return session.output.report(session.coordinator.get("/v1/models/" + std::to_string(*version)),
                                 [&session](Value model) { render_model(model, session.output); });
}

}  // namespace

// skerry model show newest
void add_model_verbs(CLI::App& app, Verb& chosen) {
    auto* model = app.add_subcommand("model", "Published model versions");
    model->require_subcommand(1);
    auto limit = std::make_shared<std::uint64_t>(20);
    auto* all = model->add_subcommand("list", "The last versions, newest first");
    add_number(*all, "--limit", *limit, "How many (20)");
    all->callback([&chosen, limit] { chosen = [limit](Session& session) { return list_models(*limit, session); }; });

    auto choice = std::make_shared<NumberOrNewest>();
    auto* one = model->add_subcommand("show", "One version: its origin, its tiers and who contributed");
    add_choice(*one, "version", *choice, "As 'model list' shows it");
    one->callback([&chosen, choice] { chosen = [choice](Session& session) { return show_model(*choice, session); }; });

    add_model_export(*model, chosen);
    add_model_release(*model, chosen);
}

}  // namespace skerry::cli
