#include <CLI/CLI.hpp>

#include "common/base/exit_code.hpp"
#include "common/base/heap.hpp"
#include "edge-node/tools/output.hpp"
#include "edge-node/tools/verbs.hpp"

int main(int count, char** values) {
    skerry::keep_heap_small(2 << 20);  // chunks of updates and versions are 1 MiB
    using namespace skerry::node;
    CLI::App app("skerry-node: serves in tiers, learns from labels, shares only what it has learned");
    app.set_version_flag("--version", SKERRY_VERSION);
    app.require_subcommand(1);
    int exit_code = 0;
    add_join(app, exit_code);
    add_run(app, exit_code);
    add_status(app, exit_code);
    add_errors(app, exit_code);
    add_drift(app, exit_code);
    add_feed(app, exit_code);
    add_bench(app, exit_code);
    add_evaluate(app, exit_code);
    add_export(app, exit_code);
    add_model(app, exit_code);
    try {
        app.parse(count, values);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : static_cast<int>(skerry::ExitCode::Usage);
    }
    return exit_code;
}
