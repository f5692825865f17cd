#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "common/base/exit_code.hpp"
#include "common/base/heap.hpp"
#include "common/crypto/key_file.hpp"
#include "common/observe/log.hpp"
#include "coordinator/service/fsck.hpp"
#include "coordinator/service/repair.hpp"
#include "coordinator/service/service.hpp"

// skerry-coordinator init --dir DIR --model model.toml
// skerry-coordinator run --dir DIR
// skerry-coordinator repair --dir DIR
// skerry-coordinator fsck --dir DIR
namespace skerry::coordinator {
namespace {

int report(const Error& error) {
    std::fprintf(stderr, "skerry-coordinator: %s\n", error.message.c_str());
    // What it takes as input is a declaration, a configuration, or a flag in the place of one of its keys.
    return static_cast<int>(error.code == ErrorCode::InvalidInput ? ExitCode::Config : exit_code_of(error.code));
}

// A descriptor a node, and those of the stores: the soft limit of a shell or unit is made for programs that use select.
void raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    if (limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

struct InitArguments {
    std::string directory;
    std::string model;
    std::uint64_t seed = 1;
    std::string name;
};

Result<MadeFederation> make(const InitArguments& arguments) {
    const Bytes text = SKERRY_TRY(crypto::read_file(arguments.model, limits::kModelTextBytesMax));
    auto spec = parameters::parse_model(text_of(text));
    if (!spec) return tl::unexpected(std::move(spec).error().within(arguments.model));
    return create_federation({arguments.directory}, {*std::move(spec), arguments.seed, arguments.name});
}

int init(const InitArguments& arguments) {
    const auto made = make(arguments);
    if (!made) return report(made.error());
    std::printf(
        "federation %s with %zu parameters is ready in %s\n"
        "root key fingerprint: %s\n"
        "next: skerry-coordinator run --dir %s\n",
        made->id.c_str(), made->parameters, arguments.directory.c_str(), made->root_fingerprint.c_str(),
        arguments.directory.c_str());
    return 0;
}

int mend(const std::string& directory) {
    const auto repaired = repair({directory});
    if (!repaired) return report(repaired.error());
    std::printf("the journal's %llu entries are whole; its tables are made anew\n",
                static_cast<unsigned long long>(repaired->entries));
    if (repaired->problems.empty()) {
        std::printf("all %zu blobs that they need are there and sound\n", repaired->blobs);
        return 0;
    }
    for (const std::string& problem : repaired->problems)
        std::fprintf(stderr, "skerry-coordinator: %s\n", problem.c_str());
    return static_cast<int>(ExitCode::Negative);
}

int check(const std::string& directory) {
    const auto found = fsck(Directory{directory});
    if (!found) return report(found.error());
    std::printf("journal: %llu entries, head %s\n", static_cast<unsigned long long>(found->entries),
                ledger::NotedHead{found->entries, found->head}.to_text().c_str());
    std::printf("checked: %llu receipts, %llu versions, %llu blobs\n", static_cast<unsigned long long>(found->updates),
                static_cast<unsigned long long>(found->versions), static_cast<unsigned long long>(found->blobs));
    for (const std::string& note : found->notes)
        std::printf("note: %s\n", note.c_str());
    for (const std::string& problem : found->problems)
        std::fprintf(stderr, "skerry-coordinator: %s\n", problem.c_str());
    if (found->more > 0)
        std::fprintf(stderr, "skerry-coordinator: and %llu more\n", static_cast<unsigned long long>(found->more));
    return static_cast<int>(found->clean() ? ExitCode::Ok : ExitCode::Negative);
}

struct RunArguments {
    std::string directory;
    std::optional<std::string> config, listen, enrol, advertise;
    bool print_config = false;
};

Result<CoordinatorConfig> effective_config(const RunArguments& arguments) {
    CoordinatorConfig config = SKERRY_TRY(
        load_config(arguments.config ? std::optional<std::filesystem::path>(*arguments.config) : std::nullopt));
    if (arguments.listen) config.listen.fleet = *arguments.listen;
    if (arguments.enrol) config.listen.enrol = *arguments.enrol;
    if (arguments.advertise) config.listen.advertise = *arguments.advertise;
    std::string all;
    for (const std::string& problem : config.problems())
        all += (all.empty() ? "" : "\n") + problem;
    if (!all.empty()) return fail(ErrorCode::InvalidInput, std::move(all));
    return config;
}

int run(const RunArguments& arguments) {
    auto config = effective_config(arguments);
    if (!config) return report(config.error());
    if (arguments.print_config) {
        std::fputs(config_text(*config).c_str(), stdout);
        return 0;
    }
    // A peer that hangs up is an error of one write, not the end of this process.
    std::signal(SIGPIPE, SIG_IGN);
    raise_file_limit();
    observe::log::initialise(*observe::log::level_named(config->log_level));
    boost::asio::io_context loop(1);
    boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
    const auto service = Service::start(loop, {arguments.directory}, *std::move(config));
    if (!service) return report(service.error());
    signals.async_wait([&](const boost::system::error_code& error, int) {
        if (!error) (*service)->drain([&loop] { loop.stop(); });
    });
    give_back_startup_memory();
    loop.run();
    return 0;
}

}  // namespace
}  // namespace skerry::coordinator

int main(int argc, char** argv) {
    skerry::keep_heap_small(4 << 20);  // chunks of updates, and what RocksDB copies them through, are 1 MiB
    using namespace skerry::coordinator;
    CLI::App app("The server of a Skerry federation: enrols nodes, runs rounds, keeps every model version");
    app.set_version_flag("--version", "skerry-coordinator " SKERRY_VERSION);
    app.require_subcommand(1);

    InitArguments init_arguments;
    auto* const init_verb = app.add_subcommand("init", "Make a federation in an empty directory");
    init_verb->add_option("--dir", init_arguments.directory, "Where everything of it will lie")->required();
    init_verb->add_option("--model", init_arguments.model, "The declared model, a TOML file")->required();
    init_verb->add_option("--seed", init_arguments.seed, "Of the initial weights (1)");
    init_verb->add_option("--name", init_arguments.name, "For people; the model's name when left out");

    RunArguments run_arguments;
    auto* const run_verb = app.add_subcommand("run", "Serve the federation until SIGTERM");
    run_verb->add_option("--dir", run_arguments.directory, "The directory that 'init' made")->required();
    run_verb->add_option("--config", run_arguments.config, "TOML file; unknown keys are errors");
    run_verb->add_option("--listen", run_arguments.listen, "Where nodes connect, such as tcp://0.0.0.0:7700");
    run_verb->add_option("--enrol", run_arguments.enrol, "Where nodes join; the next port when left out");
    run_verb->add_option("--advertise", run_arguments.advertise, "Host name or address that nodes reach this one by");
    run_verb->add_flag("--print-config", run_arguments.print_config, "Show the effective configuration and stop");

    std::string repaired;
    auto* const repair_verb = app.add_subcommand(
        "repair", "Prove the journal whole, make its tables anew, and look at every blob that it needs");
    repair_verb->add_option("--dir", repaired, "The directory that 'init' made; nothing may run on it")->required();

    std::string checked;
    auto* const fsck_verb = app.add_subcommand(
        "fsck", "Check all of the history and every blob that it needs; while it runs, 'skerry fsck' does the same");
    fsck_verb->add_option("--dir", checked, "The directory that 'init' made; nothing may run on it")->required();

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (*repair_verb) return mend(repaired);
    if (*fsck_verb) return check(checked);
    return *init_verb ? init(init_arguments) : run(run_arguments);
}
