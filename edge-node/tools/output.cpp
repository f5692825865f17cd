#include "edge-node/tools/output.hpp"

#include <cstdio>

#include <nlohmann/json.hpp>

namespace skerry::node {

Result<OutputForm> output_form_named(std::string_view name) {
    if (name == "table") return OutputForm::Table;
    if (name == "json") return OutputForm::Json;
    return fail(ErrorCode::InvalidInput, "--output is table or json, not '" + std::string(name) + "'");
}

void print_data(std::string_view data) {
    std::printf("{\"schema_version\":1,\"status\":\"ok\",\"data\":%.*s}\n", static_cast<int>(data.size()), data.data());
}

int print_failure(const Error& error, OutputForm form) {
    const bool silent = error.code == ErrorCode::Unavailable;
    return print_failure(error, form, silent ? ExitCode::NoConnection : exit_code_of(error.code));
}

int print_failure(const Error& error, OutputForm form, ExitCode code) {
    if (form == OutputForm::Json) {
        const nlohmann::ordered_json envelope = {{"schema_version", 1},
                                                 {"status", "error"},
                                                 {"error_code", name_of(error.code)},
                                                 {"message", error.message}};
        std::printf("%s\n", envelope.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace).c_str());
    } else {
        std::fprintf(stderr, "skerry-node: %s\n", error.message.c_str());
    }
    return static_cast<int>(code);
}

std::string error_sentence(int status, std::string_view body) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (json.is_object() && json.contains("error") && json["error"].is_string()) {
        return json["error"].get<std::string>();
    }
    return "HTTP status " + std::to_string(status);
}

}  // namespace skerry::node
