#include <cstdio>
#include <functional>
#include <memory>

#include <CLI/CLI.hpp>

#include "common/http/client.hpp"
#include "edge-node/tools/node_address.hpp"
#include "edge-node/tools/output.hpp"
#include "edge-node/tools/status_text.hpp"
#include "edge-node/tools/verbs.hpp"
#include "feedback/error_type.hpp"

namespace skerry::node {

namespace {

struct StatusArguments {
    std::string dir = "/var/lib/skerry/node";
    std::string output = "table";
    std::uint64_t limit = 20;
    std::uint64_t before = 0;
    std::string type;
};

Result<std::string> ask(const std::string& address, const std::string& target) {
    http::Client node = SKERRY_TRY(http::Client::connect(address));
    const http::Response answer = SKERRY_TRY(node.request("GET", target));
    if (answer.status != 200) {
        return fail(answer.status == 400 ? ErrorCode::InvalidInput : ErrorCode::Unavailable,
                    "the node refuses: " + error_sentence(answer.status, answer.body));
    }
    return answer.body;
}

int show(const StatusArguments& arguments, const std::string& target,
         const std::function<Result<std::string>(std::string_view)>& render) {
    const auto form = output_form_named(arguments.output);
    if (!form) return print_failure(form.error(), OutputForm::Table);
    const auto body = ask(socket_address(arguments.dir), target);
    if (!body) return print_failure(body.error(), *form);
    if (*form == OutputForm::Json) {
        print_data(*body);
        return 0;
    }
    const auto text = render(*body);
    if (!text) return print_failure(text.error(), *form);
    std::fputs(text->c_str(), stdout);
    return 0;
}

std::shared_ptr<StatusArguments> common_options(CLI::App& verb) {
    auto arguments = std::make_shared<StatusArguments>();
    verb.add_option("--dir", arguments->dir, "The node's folder")->capture_default_str();
    verb.add_option("--output", arguments->output, "table or json");
    return arguments;
}

}  // namespace

void add_status(CLI::App& app, int& exit_code) {
    CLI::App* verb = app.add_subcommand("status", "One screen about the running node");
    const auto arguments = common_options(*verb);
    verb->callback([arguments, &exit_code] { exit_code = show(*arguments, "/skerry/status", status_text); });
}

void add_errors(CLI::App& app, int& exit_code) {
    CLI::App* verb = app.add_subcommand("errors", "The wrong answers whose truth is known, newest first");
    const auto arguments = common_options(*verb);
    verb->add_option("--limit", arguments->limit, "How many, up to 1000")->capture_default_str();
    verb->add_option("--before", arguments->before, "Only those older than the error with this id, for the next page");
    std::vector<std::string> types;
    for (std::size_t type = 0; type < feedback::kErrorTypes; ++type)
        types.emplace_back(name_of(static_cast<feedback::ErrorType>(type)));
    verb->add_option("--type", arguments->type, "Only those of this type")->check(CLI::IsMember(types));
    verb->callback([arguments, &exit_code] {
        exit_code = show(*arguments,
                         "/skerry/errors?limit=" + std::to_string(arguments->limit) +
                             "&before=" + std::to_string(arguments->before) + "&type=" + arguments->type,
                         errors_text);
    });
}

void add_drift(CLI::App& app, int& exit_code) {
    CLI::App* verb = app.add_subcommand("drift", "When this node's errors rose, of which class, newest first");
    const auto arguments = common_options(*verb);
    verb->add_option("--limit", arguments->limit, "How many, up to 1000")->capture_default_str();
    verb->add_option("--before", arguments->before, "Only those before the alarm of this number, for the next page");
    verb->callback([arguments, &exit_code] {
        exit_code = show(
            *arguments,
            "/skerry/drift?limit=" + std::to_string(arguments->limit) + "&before=" + std::to_string(arguments->before),
            drift_text);
    });
}

}  // namespace skerry::node
