#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "common/crypto/key_file.hpp"
#include "common/http/client.hpp"
#include "edge-node/tools/node_address.hpp"
#include "edge-node/tools/output.hpp"
#include "edge-node/tools/verbs.hpp"

namespace skerry::node {

namespace {

struct ExportArguments {
    std::string dir = "/var/lib/skerry/node";
    std::string file;
    std::string precision = "fp32";
};

Result<std::size_t> export_to(const ExportArguments& arguments) {
    http::Client node = SKERRY_TRY(http::Client::connect(socket_address(arguments.dir)));
    const http::Response answer =
        SKERRY_TRY(node.request("GET", "/skerry/export?precision=" + http::percent_encoded(arguments.precision)));
    if (answer.status == 400) return fail(ErrorCode::InvalidInput, error_sentence(answer.status, answer.body));
    if (answer.status != 200) {
        return fail(ErrorCode::Unavailable, "the node refuses: " + error_sentence(answer.status, answer.body));
    }
    SKERRY_TRY(crypto::write_file_durably(
        arguments.file, bytes_of(answer.body),
        std::filesystem::perms::owner_read | std::filesystem::perms::owner_write | std::filesystem::perms::group_read));
    return answer.body.size();
}

}  // namespace

void add_export(CLI::App& app, int& exit_code) {
    auto arguments = std::make_shared<ExportArguments>();
    CLI::App* verb = app.add_subcommand("export", "Write the weights that the node serves now into a model file");
    verb->add_option("--dir", arguments->dir, "The node's folder")->capture_default_str();
    verb->add_option("FILE", arguments->file, "The file to write, for 'skerry-node evaluate'")->required();
    verb->add_option("--precision", arguments->precision,
                     "How weights are written: fp32, fp16, fp8, fp8-e5m2, int8, mixed, or with exceptions: "
                     "fp8,light.0=fp16")
        ->capture_default_str();
    verb->callback([arguments, &exit_code] {
        const auto written = export_to(*arguments);
        if (!written) {
            exit_code = print_failure(written.error(), OutputForm::Table);
            return;
        }
        std::printf("%zu bytes in %s\n", *written, arguments->file.c_str());
    });
}

}  // namespace skerry::node
