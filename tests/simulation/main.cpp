#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sys/resource.h>

#include <CLI/CLI.hpp>

#include "tests/simulation/found_seed.hpp"

// skerry-simulate --seed 0 --seeds 500 --faults all
// Plays whole federations, one a seed, says which seeds break which law, and makes the first of those smaller.
namespace {

using namespace skerry::simulation;

constexpr std::uint64_t kShrunkMax = 3;

volatile std::sig_atomic_t interrupted = 0;

// False: the file cannot be written.
bool keep(const std::string& path, const Plan& plan, const Violation& violation) {
    std::ofstream file(path, std::ios::app);
    file << kept_line(plan, violation) << "\n";
    file.close();
    return !file.fail();
}

}  // namespace

int main(int argc, char** argv) {
    Plan plan;
    std::uint64_t seeds = 1;
    std::string faults = "all";
    std::string mutation = "none";
    std::string list;
    std::uint64_t values = plan.values.back();
    CLI::App app(
        "Plays a federation of real cores over a seeded network, on a virtual clock, and checks every law after "
        "every step");
    app.add_option("--nodes", plan.nodes, "Nodes, at least two; 0: three to five, drawn")->capture_default_str();
    app.add_option("--rounds", plan.rounds, "Versions that must be published")->capture_default_str();
    app.add_option("--values", values, "Values of the model; more than 262144 travel in several chunks")
        ->capture_default_str();
    app.add_option("--seed", plan.seed, "The first seed")->capture_default_str();
    app.add_option("--seeds", seeds, "How many")->capture_default_str();
    app.add_option("--faults", faults,
                   "all, none, or of loss,repeat,reorder,cut,crash,disk,clock,unfit,operate,quarantine")
        ->capture_default_str();
    app.add_option("--mutation", mutation, "A bug to plant in the simulated shells")->capture_default_str();
    app.add_option("--keep", list, "A file like seeds.txt, to whose end each seed that breaks a law is written");
    app.add_flag("--trace", plan.print, "Print each step");
    CLI11_PARSE(app, argc, argv);

    const auto allowed = Faults::parse(faults);
    const auto planted = mutation_named(mutation);
    for (const auto* problem : {allowed ? nullptr : &allowed.error(), planted ? nullptr : &planted.error()}) {
        if (problem == nullptr) continue;
        std::fprintf(stderr, "%s\n", problem->message.c_str());
        return 2;
    }
    plan.values = values_of(values);
    if (plan.values.front() < 8 || plan.nodes == 1 || (!list.empty() && mutation != "none")) {
        std::fprintf(stderr, "--values must be at least 27, --nodes not 1; a planted bug is no reason to --keep\n");
        return 2;
    }
    plan.faults = *allowed;
    plan.mutation = *planted;

    const auto started = std::chrono::steady_clock::now();
    Counters all;
    std::uint64_t failures = 0;
    // Long runs may be ended early, after a seed: what they have seen until then is told. A second time: at once.
    std::signal(SIGINT, [](int) {
        interrupted = 1;
        std::signal(SIGINT, SIG_DFL);
    });
    std::uint64_t played = 0;
    for (; played < seeds && interrupted == 0; ++played, ++plan.seed) {
        const Outcome outcome = play(plan);
        all += outcome.counters;
        if (!outcome.violation) continue;
        ++failures;
        std::printf("%s\n", to_text(*outcome.violation, plan.seed).c_str());
        if (failures <= kShrunkMax && !plan.print) {
            const Plan smallest = shrink(plan, outcome.violation->law);
            std::printf("  skerry-simulate %s\n", arguments_of(smallest).c_str());
        }
        if (!list.empty() && !keep(list, plan, *outcome.violation)) {
            std::fprintf(stderr, "%s cannot be written\n", list.c_str());
            return 2;
        }
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf(
        "%llu seeds, %llu broken, %.2f s, %.1f seeds/s: %llu rounds, %llu versions, %llu updates accepted, "
        "%llu refused, %llu alarms of which %llu made a round early, %llu quarantines (%llu for a norm, %llu for "
        "opposing, %llu for strikes), %llu updates held, %llu rollbacks (%llu of some tiers alone), %llu trials of "
        "which %llu were withdrawn, %llu "
        "crashes after which %llu drafts of updates and %llu arriving versions were found, %llu faults of disks, %llu "
        "power cuts, %llu versions by their difference, %llu fetched again, %llu messages of which %llu lost, "
        "%llu steps\n",
        number(played), number(failures), took.count(), static_cast<double>(played) / took.count(), number(all.rounds),
        number(all.versions), number(all.accepted), number(all.refused), number(all.alarms), number(all.early),
        number(all.quarantines), number(all.outliers), number(all.opponents), number(all.struck), number(all.held),
        number(all.rollbacks), number(all.joined), number(all.trials), number(all.withdrawn), number(all.crashes),
        number(all.drafts), number(all.resumed), number(all.disk_faults), number(all.power_cuts),
        number(all.differences), number(all.unreadable), number(all.messages), number(all.lost), number(all.steps));
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    std::printf("at most %ld MiB resident\n", used.ru_maxrss / 1024);
    return failures == 0 ? 0 : 1;
}
