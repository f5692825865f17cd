#include <cstdio>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "common/http/client.hpp"
#include "edge-node/tools/node_address.hpp"
#include "edge-node/tools/output.hpp"
#include "edge-node/tools/verbs.hpp"

namespace skerry::node {

namespace {

struct ModelArguments {
    std::string dir = "/var/lib/skerry/node";
    std::string output = "table";
    std::uint64_t to = 0;
    bool yes = false;
};

ErrorCode code_of(int status) {
    switch (status) {
        case 400:
            return ErrorCode::InvalidInput;
        case 403:
            return ErrorCode::PermissionDenied;
        case 404:
            return ErrorCode::NotFound;
        case 409:
            return ErrorCode::Conflict;
        case 503:
            return ErrorCode::Unavailable;
        default:
            return ErrorCode::Internal;
    }
}

bool agreed() {
    std::fputs(
        "This undoes what the node has learned since the fleet's version and not yet shared, for ever; with "
        "own_heads,\n"
        "also all that its heads have learned.\n"
        "Go on? [y/N] ",
        stderr);
    const int answer = std::getchar();
    return answer == 'y' || answer == 'Y';
}

Result<std::string> roll_back(const ModelArguments& arguments) {
    http::Client node = SKERRY_TRY(http::Client::connect(socket_address(arguments.dir)));
    const std::string target =
        "/skerry/rollback" + (arguments.to > 0 ? "?to=" + std::to_string(arguments.to) : std::string());
    auto answered = node.request("POST", target);
    if (!answered) {
        return fail(answered.error().code, answered.error().message +
                                               ": it may be rolled back all the same, once the step that it learns is "
                                               "done; 'skerry-node status' shows it");
    }
    const http::Response& answer = *answered;
    if (answer.status != 200) return fail(code_of(answer.status), error_sentence(answer.status, answer.body));
    return answer.body;
}

int run_model(const ModelArguments& arguments) {
    const auto form = output_form_named(arguments.output);
    if (!form) return print_failure(form.error(), OutputForm::Table);
    const bool asks = !arguments.yes && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
    if (!arguments.yes && (!asks || !agreed())) {
        return print_failure({ErrorCode::InvalidInput,
                              "nothing was rolled back: local learning would be undone for ever; add --yes to do it"},
                             *form);
    }
    const auto done = roll_back(arguments);
    if (!done) return print_failure(done.error(), *form);
    if (*form == OutputForm::Json) {
        print_data(*done);
        return 0;
    }
    const auto json = nlohmann::json::parse(*done, nullptr, false);
    std::printf("serving %s, %s\n", json.value("serving", std::string("?")).c_str(),
                json.value("text", std::string()).c_str());
    return 0;
}

}  // namespace

void add_model(CLI::App& app, int& exit_code) {
    CLI::App* model = app.add_subcommand("model", "The weights of the running node");
    model->require_subcommand(1);
    auto arguments = std::make_shared<ModelArguments>();
    CLI::App* verb = model->add_subcommand(
        "rollback", "Undo local learning: serve the fleet's version as it came, and learn on from it");
    verb->add_option("--dir", arguments->dir, "The node's folder")->capture_default_str();
    verb->add_option("--to", arguments->to, "Only if this is the version that the node keeps")
        ->check(CLI::PositiveNumber);
    verb->add_flag("--yes", arguments->yes, "Do not ask");
    verb->add_option("--output", arguments->output, "table or json");
    verb->callback([arguments, &exit_code] { exit_code = run_model(*arguments); });
}

}  // namespace skerry::node
