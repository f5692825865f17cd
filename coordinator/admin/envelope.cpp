#include "coordinator/admin/envelope.hpp"

#include <charconv>

#include <nlohmann/json.hpp>

namespace skerry::coordinator {
namespace {

using nlohmann::json;

int status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidInput:
            return 400;
        case ErrorCode::PermissionDenied:
            return 403;
        case ErrorCode::NotFound:
            return 404;
        case ErrorCode::Conflict:
        case ErrorCode::VersionMismatch:
            return 409;
        case ErrorCode::Unavailable:
            return 503;
        case ErrorCode::Internal:
            return 500;
    }
    return 500;
}

std::string hint_for(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidInput:
            return "the command's --help lists what it takes";
        case ErrorCode::NotFound:
            return "the lists show what exists: 'skerry node list', 'round list', 'model list'";
        case ErrorCode::Conflict:  // what stands in the way differs each time: the message says it
            return {};
        case ErrorCode::VersionMismatch:
            return "'skerry status' shows what is there now";
        case ErrorCode::PermissionDenied:
            return "ask whoever runs the coordinator";
        case ErrorCode::Unavailable:
            return "try again; if it stays so, look at the coordinator's log";
        case ErrorCode::Internal:
            return "look at the coordinator's log, and report it";
    }
    return {};
}

// Texts from the ledger may hold any bytes; JSON may not.
std::string written(const json& document) {
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

void succeed(const http::Respond& respond, json data) {
    respond(
        {200, "application/json", written({{"schema_version", 1}, {"status", "ok"}, {"data", std::move(data)}}), {}});
}

void fail_with(const http::Respond& respond, const Error& error) {
    respond({status_of(error.code),
             "application/json",
             written({{"schema_version", 1},
                      {"status", "error"},
                      {"error_code", name_of(error.code)},
                      {"message", error.message},
                      {"hint", hint_for(error.code)}}),
             {}});
}

Result<std::uint64_t> number_from(const std::string& text, std::string_view what) {
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || stop != text.data() + text.size()) {
        return fail(ErrorCode::InvalidInput, "'" + text + "' is no " + std::string(what) + ": write a whole number");
    }
    return number;
}

}  // namespace skerry::coordinator
