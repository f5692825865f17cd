#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <tl/expected.hpp>

namespace skerry {

/// What went wrong, in the terms a caller can act on. A code exists only where some caller
/// reacts to it differently from the others; everything else about a failure is in the text.
enum class ErrorCode {
    InvalidInput,      ///< the peer or the operator sent something malformed: do not retry
    NotFound,          ///< no such node, round, model, key or file
    Unavailable,       ///< the peer or the disk is away: retry with backoff
    VersionMismatch,   ///< the peer has another protocol or model version: resynchronise
    PermissionDenied,  ///< the peer is not who it must be
    Conflict,          ///< somebody else was first, or it is already done: read again, then decide
    Internal,          ///< a library failed in a way we do not understand: log and give up
};

/// Stable lower-case name, as logs and JSON show it: "invalid_input".
[[nodiscard]] std::string_view name_of(ErrorCode code);

struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message;

    /// Prefixes what we were doing, so that a log line reads from the outside in:
    /// "resuming round 7: opening history.db: disk is full".
    [[nodiscard]] Error within(std::string_view activity) &&;
};

/// A value, or why there is none. Becomes std::expected with C++23.
template <class T = void>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorCode::NotFound, "no round 7: 'skerry round list' shows those that exist");`
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
    return tl::unexpected<Error>(Error{code, std::move(message)});
}

namespace detail {
template <class T>
T take(Result<T>&& result) {
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}
}  // namespace detail

/// Reports a programmer's mistake and aborts, in release builds too.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

}  // namespace skerry

#define SKERRY_JOIN_INNER(a, b) a##b
#define SKERRY_JOIN(a, b) SKERRY_JOIN_INNER(a, b)

/// Unwraps a Result, or returns its error from this function: `const auto model = SKERRY_TRY(load(path));`
/// Not as a later element of braces: GCC 12 never destroys the elements made before a return out of them (PR 66139).
#define SKERRY_TRY(expression) SKERRY_TRY_NAMED(SKERRY_JOIN(skerry_result_, __COUNTER__), expression)
#define SKERRY_TRY_NAMED(name, expression)                    \
    __extension__({                                           \
        auto name = (expression);                             \
        if (!name) [[unlikely]]                               \
            return ::tl::unexpected(std::move(name).error()); \
        ::skerry::detail::take(std::move(name));              \
    })

/// An invariant that stays on in release: its failure is our mistake, never the peer's.
#define SKERRY_ASSERT(condition) \
    ((condition) ? static_cast<void>(0) : ::skerry::assertion_failed(#condition, __FILE__, __LINE__))
