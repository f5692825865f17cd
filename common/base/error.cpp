#include "common/base/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace skerry {

std::string_view name_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidInput:
            return "invalid_input";
        case ErrorCode::NotFound:
            return "not_found";
        case ErrorCode::Unavailable:
            return "unavailable";
        case ErrorCode::VersionMismatch:
            return "version_mismatch";
        case ErrorCode::PermissionDenied:
            return "permission_denied";
        case ErrorCode::Conflict:
            return "conflict";
        case ErrorCode::Internal:
            return "internal";
    }
    return "internal";
}

Error Error::within(std::string_view activity) && {
    message.insert(0, ": ").insert(0, activity);
    return std::move(*this);
}

void assertion_failed(const char* condition, const char* file, int line) {
    std::fprintf(stderr, "event=assertion_failed condition=\"%s\" at=%s:%d\n", condition, file, line);
    std::abort();
}

}  // namespace skerry
