#pragma once

namespace CLI {
class App;
}

/// Each adds one verb with its flags to `app`; the verb's exit code is left in `exit_code` when it has run.
namespace skerry::node {

void add_join(CLI::App& app, int& exit_code);
void add_run(CLI::App& app, int& exit_code);
void add_status(CLI::App& app, int& exit_code);
void add_errors(CLI::App& app, int& exit_code);
void add_drift(CLI::App& app, int& exit_code);
void add_export(CLI::App& app, int& exit_code);
void add_model(CLI::App& app, int& exit_code);
void add_feed(CLI::App& app, int& exit_code);
void add_bench(CLI::App& app, int& exit_code);
void add_evaluate(CLI::App& app, int& exit_code);

}  // namespace skerry::node
