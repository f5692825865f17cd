#pragma once

namespace skerry::cli {

/// How `skerry` ends: scripts branch on these, so they never change meaning.
enum class ExitCode : int {
    Ok = 0,
    Negative = 1,         ///< the question was answered, and the answer is no: a difference found, a question declined
    Usage = 2,            ///< the command line, or a value in it, is wrong
    NoConnection = 3,     ///< no coordinator answers on the socket
    Denied = 4,           ///< this user may not
    Timeout = 5,          ///< no whole answer in time; what was asked may have happened
    NotFound = 6,         ///< no such node, round or model
    Conflict = 7,         ///< already so, or somebody was first
    DependencyDown = 69,  ///< the coordinator or a disk cannot serve this now: retry later
    Bug = 70,             ///< an answer that nobody foresaw
};

}  // namespace skerry::cli
