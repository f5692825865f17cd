#pragma once

#include "common/base/error.hpp"

namespace skerry {

/// How our programs end: scripts and units branch on these, so they never change meaning.
enum class ExitCode : int {
    Ok = 0,
    Negative = 1,         ///< the question was answered, and the answer is no
    Usage = 2,            ///< the command line, or a value in it, is wrong
    NoConnection = 3,     ///< nobody answers there
    Denied = 4,           ///< this user or node may not, or it is not the peer that was expected
    Timeout = 5,          ///< no whole answer in time; what was asked may have happened
    NotFound = 6,         ///< no such thing
    Conflict = 7,         ///< already so, or somebody was first
    DependencyDown = 69,  ///< a disk, or the other side, cannot serve this now: retry later
    Bug = 70,             ///< what nobody foresaw
    Config = 78,          ///< a configuration or declaration is wrong
};

/// What an error means to whoever started the program, where the program knows nothing closer.
[[nodiscard]] constexpr ExitCode exit_code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidInput:
            return ExitCode::Usage;
        case ErrorCode::NotFound:
            return ExitCode::NotFound;
        case ErrorCode::Unavailable:
            return ExitCode::DependencyDown;
        case ErrorCode::VersionMismatch:
            return ExitCode::Negative;
        case ErrorCode::PermissionDenied:
            return ExitCode::Denied;
        case ErrorCode::Conflict:
            return ExitCode::Conflict;
        case ErrorCode::Internal:
            return ExitCode::Bug;
    }
    return ExitCode::Bug;
}

}  // namespace skerry
