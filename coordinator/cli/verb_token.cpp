#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

struct NewToken {
    std::chrono::milliseconds ttl{std::chrono::hours{1}};
    std::uint64_t uses = 1;
    std::string tier = "heavy";
    std::string note;
};

/// The token alone on stdout, so that $(skerry token create) is it; the rest for the person, without the secret.
void show_new_token(Value token, Output& output) {
    const auto uses = token["uses"].count().value_or(1);
    output.line(text_in(token["token"]));
    output.hint("Token " + text_in(token["id"]) + " lets " + (uses == 1 ? "one node" : human_count(uses) + " nodes") +
                " in, up to tier " + text_in(token["tier"]) + ", and expires " +
                age_in(token["expires_at"], output.now()) + ". It is not shown again.");
    output.hint("On the device, with the line above in place of TOKEN:");
    output.hint("  skerry-node join --dir /var/lib/skerry/node --token TOKEN");
}

ExitCode create_token(const NewToken& wanted, Session& session) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wanted.ttl);
    if (seconds > std::chrono::hours{24 * 7}) {
        return session.output.failed({ExitCode::Usage, "usage", "--ttl is at most 7d: a token is a secret on paper",
                                      "shorten it, as in --ttl 24h"});
    }
    const auto created = session.coordinator.post("/v1/tokens", {{"ttl_s", static_cast<std::uint64_t>(seconds.count())},
                                                                 {"uses", wanted.uses},
                                                                 {"tier", wanted.tier},
                                                                 {"note", wanted.note}});
    if (created && !created->root()["data"]["token"].text()) {
        return session.output.failed({ExitCode::Bug, "internal", "the coordinator made a token but did not say which",
                                      "use the 'skerry' that was installed with this coordinator"});
    }
    return session.output.report(created, [&session](Value token) { show_new_token(token, session.output); });
}

ExitCode list_tokens(Session& session) {
    return session.output.report(session.coordinator.get("/v1/tokens"), [&session](Value tokens) {
        Table table({{"ID", Column::Left},
                     {"STATE", Column::Left},
                     {"USES LEFT", Column::Right},
                     {"TIER", Column::Left},
                     {"EXPIRES", Column::Left},
                     {"CREATED", Column::Left},
                     {"NOTE", Column::Flexible}});
        const TimePoint now = session.output.now();
        for (const Value token : tokens.items()) {
            table.row({text_in(token["id"]), state_in(token["state"]), count_in(token["uses_left"]),
                       text_in(token["tier"]), age_in(token["expires_at"], now), age_in(token["created_at"], now),
                       text_in(token["note"])});
        }
        if (!table.empty()) return session.output.print(table);
        session.output.line("no tokens");
        session.output.hint("'skerry token create' makes one.");
    });
}

}  // namespace

// skerry token create --ttl 1h --uses 5 --note "the gateways of hall 3"
void add_token_verbs(CLI::App& app, Verb& chosen) {
    auto* token = app.add_subcommand("token", "Join tokens: what lets a node in");
    token->require_subcommand(1);

    auto wanted = std::make_shared<NewToken>();
    auto* verb = token->add_subcommand("create", "Print a new join token, alone on stdout");
    add_duration(*verb, "--ttl", wanted->ttl, std::chrono::seconds{1},
                 "How long it lets nodes in, as in 30m or 7d (1h)");
    add_number(*verb, "--uses", wanted->uses, "How many nodes it lets in (1)");
    add_tier(*verb, "--tier", wanted->tier, "The largest tier that its nodes may hold: light, medium or heavy (heavy)");
    add_text(*verb, "--note", wanted->note, "For you, shown by 'token list'");
    verb->callback(
        [&chosen, wanted] { chosen = [wanted](Session& session) { return create_token(*wanted, session); }; });

    token->add_subcommand("list", "All tokens, without their secrets")->callback([&chosen] { chosen = list_tokens; });
}

}  // namespace skerry::cli
