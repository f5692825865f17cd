#include <CLI/CLI.hpp>

#include "common/base/limits.hpp"
#include "coordinator/cli/verbs.hpp"

namespace skerry::cli {

// skerry version
void add_version(CLI::App& app, Verb& chosen) {
    auto* verb = app.add_subcommand("version", "What this program is; asks no coordinator");
    verb->callback([&chosen] {
        chosen = [](Session& session) {
            return session.output.report(ok_envelope({{"software", std::string(SKERRY_SOFTWARE)},
                                                      {"protocol", std::uint64_t{limits::kProtocolVersion}}}),
                                         [&session](Value) {
                                             session.output.line("skerry " SKERRY_SOFTWARE ", protocol " +
                                                                 std::to_string(limits::kProtocolVersion));
                                         });
        };
    });
}

}  // namespace skerry::cli
