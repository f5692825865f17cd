#pragma once

#include <string>
#include <string_view>

#include "common/base/exit_code.hpp"

/// How every verb ends: one document on stdout, an exit code that scripts can branch on.
namespace skerry::node {

/// "table": for people; "json": for programs. As the operator's CLI calls them.
enum class OutputForm { Table, Json };

/// InvalidInput: another word than "table" or "json".
[[nodiscard]] Result<OutputForm> output_form_named(std::string_view name);

/// `{"schema_version":1,"status":"ok","data":…}` and a line break; `data` is JSON already.
void print_data(std::string_view data);
/// The sentence on stderr, or the error envelope on stdout; returns the exit code, if none is named that of a verb
/// that asks a peer: Unavailable is nobody answering.
int print_failure(const Error& error, OutputForm form);
int print_failure(const Error& error, OutputForm form, ExitCode code);

/// "error" of an HTTP answer's JSON body, or the status where it has none.
[[nodiscard]] std::string error_sentence(int status, std::string_view body);

}  // namespace skerry::node
