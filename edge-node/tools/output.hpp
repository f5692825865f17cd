#pragma once

#include <string>
#include <string_view>

#include "common/base/error.hpp"

/// How every verb ends: one document on stdout, an exit code that scripts can branch on.
namespace skerry::node {

enum class ExitCode : int {
    Ok = 0,
    Negative = 1,      ///< answered, and the answer is no
    Usage = 2,         ///< the command line, or a value in it, is wrong
    NoConnection = 3,  ///< nobody answers there
    Denied = 4,        ///< not admitted, or not the coordinator that was expected
    NotFound = 6,
    Conflict = 7,  ///< somebody else is using it, or it is done already
    DependencyDown = 69,
    Bug = 70,
    Config = 78,  ///< a configuration file is wrong
};

/// "table": for people; "json": for programs. As the operator's CLI calls them.
enum class OutputForm { Table, Json };

/// InvalidInput: another word than "table" or "json".
[[nodiscard]] Result<OutputForm> output_form_named(std::string_view name);

[[nodiscard]] ExitCode exit_code_of(ErrorCode code);

/// `{"schema_version":1,"status":"ok","data":…}` and a line break; `data` is JSON already.
void print_data(std::string_view data);
/// The sentence on stderr, or the error envelope on stdout; returns the exit code.
int print_failure(const Error& error, OutputForm form);
int print_failure(const Error& error, OutputForm form, ExitCode code);

/// "error" of an HTTP answer's JSON body, or the status where it has none.
[[nodiscard]] std::string error_sentence(int status, std::string_view body);

}  // namespace skerry::node
