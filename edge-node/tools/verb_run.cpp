#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "common/config/units.hpp"
#include "edge-node/daemon/run.hpp"
#include "edge-node/tools/output.hpp"
#include "edge-node/tools/verbs.hpp"

namespace skerry::node {

namespace {

struct RunArguments {
    std::vector<std::string> dirs = {"/var/lib/skerry/node"};
    std::string config;
    std::string http;
    std::optional<std::string> memory_budget;
    bool http_given = false;
    bool alone = false;
    bool print_config = false;
};

int run_nodes(const RunArguments& arguments) {
    HostOptions options;
    if (!arguments.config.empty()) {
        auto config = read_node_config(arguments.config);
        if (!config) return print_failure(config.error(), OutputForm::Table, ExitCode::Config);
        options.config = std::move(*config);
    }
    if (arguments.http_given) options.config.http = arguments.http;
    if (arguments.memory_budget) {
        const auto bytes = config::parse_byte_size(*arguments.memory_budget);
        if (!bytes) {
            Error wrong = bytes.error();
            return print_failure(std::move(wrong).within("--memory-budget"), OutputForm::Table, ExitCode::Usage);
        }
        options.config.memory.budget = *bytes;
    }
    std::string problems;
    for (const std::string& problem : options.config.problems())
        problems += (problems.empty() ? "" : "\n") + problem;
    if (!problems.empty())
        return print_failure({ErrorCode::InvalidInput, problems}, OutputForm::Table, ExitCode::Config);
    if (arguments.print_config) {
        std::fputs(options.config.to_toml().c_str(), stdout);
        return 0;
    }
    options.dirs.assign(arguments.dirs.begin(), arguments.dirs.end());
    options.alone = arguments.alone;
    const auto ran = run_host(std::move(options));
    if (ran) return 0;
    // Unavailable is its own port or disk here, not a peer: worth a restart later.
    return print_failure(ran.error(), OutputForm::Table, exit_code_of(ran.error().code));
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
    auto arguments = std::make_shared<RunArguments>();
    CLI::App* verb = app.add_subcommand("run", "Serve, learn and share, until SIGTERM");
    verb->add_option("--dir", arguments->dirs,
                     "The node's folder, as 'join' made it; again for each further model, all on one address")
        ->allow_extra_args(false)
        ->capture_default_str();
    verb->add_option("--config", arguments->config, "A TOML file; every value has a default");
    CLI::Option* http =
        verb->add_option("--http", arguments->http, "Address and port to serve on; port 0: a free one; empty: none");
    verb->add_option("--memory-budget", arguments->memory_budget,
                     "What it and its learners may hold, as in 64MB; else the limit of its control group, if any");
    verb->add_flag("--alone", arguments->alone, "Take the first version, then neither contribute nor install another");
    verb->add_flag("--print-config", arguments->print_config, "Show the effective configuration and end");
    verb->callback([arguments, http, &exit_code] {
        arguments->http_given = http->count() > 0;
        exit_code = run_nodes(*arguments);
    });
}

}  // namespace skerry::node
