#include <istream>

#include "coordinator/cli/lookup.hpp"
#include "coordinator/cli/options.hpp"
#include "coordinator/cli/present.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

struct Revocation {
    std::string node;
    std::string reason = "no reason given";  // the ledger keeps one, always
    bool yes = false;
    bool dry_run = false;
};

enum class Consent { Given, Declined, NobodyToAsk };

Consent ask(const std::string& who, Session& session) {
    if (session.answers == nullptr) return Consent::NobodyToAsk;
    session.output.question("Revoke " + who + "? It cannot come back under this identity. [y/N] ");
    std::string answer;
    std::getline(*session.answers, answer);
    return answer == "y" || answer == "Y" || answer == "yes" ? Consent::Given : Consent::Declined;
}

Failure unasked(const std::string& who) {
    return {ExitCode::Usage, "usage", "revoking " + who + " needs a yes, and nobody is at this terminal to give it",
            "add --yes, or --dry-run to see what would be revoked"};
}

Failure declined(const std::string& who) {
    return {ExitCode::Negative, "declined", who + " was not revoked: the question was not answered with y",
            "repeat the command and answer y, or add --yes"};
}

// Looks the node up first: what is shown, asked and revoked is then one identity, whatever happens to names meanwhile.
ExitCode revoke(const Revocation& wanted, Session& session) {
    auto found = find_node(session.coordinator, wanted.node);
    if (!found) return session.output.failed(found.error());
    const Value node = found->root()["data"];
    const std::string id = node["id"].text().value_or("");
    const std::string who = "node '" + text_in(node["name"]) + "' (" + short_digest(id) + ", last seen " +
                            age_in(node["last_seen"], session.output.now()) + ')';
    if (wanted.dry_run) {
        session.output.hint("Dry run: nothing was changed.");
        return session.output.report(found, [&](Value) { session.output.line("would revoke " + who); });
    }
    const Consent consent = wanted.yes ? Consent::Given : ask(who, session);
    if (consent == Consent::NobodyToAsk) return session.output.failed(unasked(who));
    if (consent == Consent::Declined) return session.output.failed(declined(who));

    const auto revoked = session.coordinator.post(node_target(id) + "/revoke", {{"reason", wanted.reason}});
    return session.output.report(revoked, [&](Value) {
        session.output.line("revoked " + who);
        session.output.hint("Its next message is refused. The device may join afresh with a new token and new keys.");
    });
}

}  // namespace

// skerry node revoke gateway-3 --reason "stolen" --yes
void add_node_revoke(CLI::App& node, Verb& chosen) {
    auto wanted = std::make_shared<Revocation>();
    auto* verb = node.add_subcommand("revoke", "Refuse a node from its next message on, for good; asks first");
    add_text(*verb, "node", wanted->node, "Its name, its id, or the beginning of its id")
        ->required()
        ->type_name("ID|NAME");
    add_text(*verb, "--reason", wanted->reason, "Kept in the ledger");
    verb->add_flag("--yes", wanted->yes, "Do not ask; needed where nobody is at a terminal");
    verb->add_flag("--dry-run", wanted->dry_run, "Only show what would be revoked");
    verb->callback([&chosen, wanted] { chosen = [wanted](Session& session) { return revoke(*wanted, session); }; });
}

}  // namespace skerry::cli
