#include "coordinator/cli/cli.hpp"

#include <algorithm>
#include <ostream>
#include <string_view>

#include "coordinator/cli/options.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

namespace {

constexpr const char* kGlobalOptions =
    "With every verb, before or after it:\n"
    "  --dir DIR            the coordinator's directory; else $SKERRY_DIR, else /var/lib/skerry/coordinator\n"
    "  --output table|json  tables for people, one JSON document for programs\n"
    "  --timeout TIME       how long to wait for the coordinator, as in 90s or 10m\n"
    "  --ascii              no signs beyond ASCII";

constexpr const char* kExitCodes =
    "Exit codes: 0 ok, 1 negative answer, 2 usage, 3 cannot connect, 4 denied, 5 timeout, 6 not found, 7 conflict,\n"
    "            69 dependency down, 70 bug\n"
    "'skerry NOUN --help' shows its verbs, 'skerry NOUN VERB --help' what a verb takes.";

struct Global {
    std::string directory;
    Format format = Format::Table;
    std::chrono::milliseconds patience{0};
    bool ascii = false;
};

void add_global_options(CLI::App& app, Global& global) {
    add_text(app, "--dir", global.directory,
             "The coordinator's directory; else $SKERRY_DIR, else /var/lib/skerry/coordinator")
        ->type_name("DIR")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    const auto read_format = [&global](const std::string& text) {
        if (text != "table" && text != "json") {
            throw CLI::ValidationError("--output", "'" + text +
                                                       "' is neither table nor json (the file of 'model export' "
                                                       "is named with --file)");
        }
        global.format = text == "json" ? Format::Json : Format::Table;
    };
    app.add_option_function<std::string>("--output", read_format, "table for people, json: one document for programs")
        ->type_name("FORMAT")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    add_duration(app, "--timeout", global.patience, std::chrono::milliseconds{1},
                 "How long to wait for the coordinator, as in 90s or 10m");
    app.add_flag("--ascii", global.ascii, "No signs beyond ASCII");
    app.set_version_flag("--version", "skerry " SKERRY_SOFTWARE);
}

/// What was asked of a command line that could not be parsed as a whole.
bool asks_for_json(std::span<const char* const> args) {
    for (std::size_t i = 0; i < args.size(); ++i) {
        const std::string_view word = args[i];
        if (word == "--output=json") return true;
        if (word == "--output" && i + 1 < args.size() && std::string_view(args[i + 1]) == "json") return true;
    }
    return false;
}

const CLI::App& deepest_parsed(const CLI::App& app) {
    const CLI::App* deepest = &app;
    while (!deepest->get_subcommands().empty())
        deepest = deepest->get_subcommands().front();
    return *deepest;
}

std::string path_of(const CLI::App& app) {
    return app.get_parent() == nullptr ? app.get_name() : path_of(*app.get_parent()) + ' ' + app.get_name();
}

/// CLI11 says only that a verb is missing, also where a word was taken for none.
std::string explained(const CLI::App& app, const CLI::ParseError& error) {
    if (dynamic_cast<const CLI::RequiredError*>(&error) == nullptr) return error.what();
    const CLI::App& noun = deepest_parsed(app);
    std::string verbs;
    for (const CLI::App* verb : noun.get_subcommands([](const CLI::App*) { return true; })) {
        verbs += (verbs.empty() ? "" : ", ") + verb->get_name();
    }
    if (verbs.empty()) return error.what();
    const auto unknown = app.remaining(true);
    if (unknown.empty()) return '\'' + path_of(noun) + "' needs one of: " + verbs;
    return '\'' + unknown.front() + "' is none of: " + verbs;
}

Failure usage_failure(const CLI::App& app, const CLI::ParseError& error) {
    return {ExitCode::Usage, "usage", explained(app, error),
            "'" + path_of(deepest_parsed(app)) + " --help' shows what it takes"};
}

}  // namespace

int run_cli(std::span<const char* const> args, std::ostream& out, std::ostream& err,
            const Surroundings& surroundings) try {
    CLI::App app{"The operator's view of a Skerry coordinator", "skerry"};
    app.fallthrough();           // inherited by every verb: global options may follow it
    app.footer(kGlobalOptions);  // inherited too
    app.require_subcommand(1);
    Global global;
    add_global_options(app, global);
    Verb chosen;
    add_status(app, chosen);
    add_token_verbs(app, chosen);
    add_node_verbs(app, chosen);
    add_round_verbs(app, chosen);
    add_model_verbs(app, chosen);
    add_error_verbs(app, chosen);
    add_drift_verbs(app, chosen);
    add_audit_verbs(app, chosen);
    add_fsck(app, chosen);
    add_version(app, chosen);
    app.footer(kExitCodes);

    Style style = surroundings.style;
    try {
        // CLI11 takes the words from the last to the first.
        app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
    } catch (const CLI::CallForHelp&) {
        out << app.help();
        return static_cast<int>(ExitCode::Ok);
    } catch (const CLI::CallForVersion& version) {
        out << version.what() << '\n';
        return static_cast<int>(ExitCode::Ok);
    } catch (const CLI::ParseError& error) {
        const Format format = asks_for_json(args) ? Format::Json : Format::Table;
        Output output(out, err, format, style, surroundings.now);
        return static_cast<int>(output.failed(usage_failure(app, error)));
    }

    if (global.ascii) style.charset = Charset::Ascii;
    Output output(out, err, global.format, style, surroundings.now);
    const AdminClient coordinator(
        global.directory.empty() ? surroundings.directory : std::filesystem::path(global.directory),
        global.patience.count() > 0 ? std::optional(global.patience) : std::nullopt);
    Session session{coordinator, output, surroundings.answers};
    SKERRY_ASSERT(chosen);
    const ExitCode code = chosen(session);
    out.flush();
    if (out) return static_cast<int>(code);
    err << "error: the answer could not be written to stdout\nnext:  see that the disk or the pipe behind it takes "
           "it\n";
    return static_cast<int>(ExitCode::DependencyDown);
} catch (const std::exception& error) {
    const Format format = asks_for_json(args) ? Format::Json : Format::Table;
    const Failure bug{ExitCode::Bug, "internal", error.what(), "report this with the command that you typed"};
    return static_cast<int>(Output(out, err, format, surroundings.style, surroundings.now).failed(bug));
}

}  // namespace skerry::cli
