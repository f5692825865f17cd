#pragma once

#include "coordinator/cli/session.hpp"

namespace CLI {
class App;
}

/// Each adds a noun and its verbs to the command line; the verb that was typed puts itself into `chosen`, which must
/// outlive the parsing.
namespace skerry::cli {

void add_status(CLI::App& app, Verb& chosen);
void add_token_verbs(CLI::App& app, Verb& chosen);
void add_node_verbs(CLI::App& app, Verb& chosen);
void add_node_revoke(CLI::App& node, Verb& chosen);
void add_node_quarantine(CLI::App& node, Verb& chosen);
void add_node_release(CLI::App& node, Verb& chosen);
void add_round_verbs(CLI::App& app, Verb& chosen);
void add_model_verbs(CLI::App& app, Verb& chosen);
void add_model_export(CLI::App& model, Verb& chosen);
void add_model_release(CLI::App& model, Verb& chosen);
void add_error_verbs(CLI::App& app, Verb& chosen);
void add_errors_show(CLI::App& errors, Verb& chosen);
void add_drift_verbs(CLI::App& app, Verb& chosen);
void add_audit_verbs(CLI::App& app, Verb& chosen);
void add_fsck(CLI::App& app, Verb& chosen);
void add_version(CLI::App& app, Verb& chosen);

}  // namespace skerry::cli
