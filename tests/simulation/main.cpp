#include <chrono>
#include <cstdio>

#include <CLI/CLI.hpp>

#include "tests/simulation/federation_simulation.hpp"

// skerry-simulate --seed 0 --seeds 500 --faults all
// Plays whole federations, one a seed, and says which seeds break which law.
int main(int argc, char** argv) {
    using namespace skerry;
    using namespace skerry::simulation;

    Plan plan;
    std::uint64_t seeds = 1;
    std::string faults = "all";
    std::string mutation = "none";
    CLI::App app(
        "Plays a federation of real cores over a seeded network, on a virtual clock, and checks every law after "
        "every step");
    app.add_option("--nodes", plan.nodes, "Nodes; 0: three to five, drawn")->capture_default_str();
    app.add_option("--rounds", plan.rounds, "Versions that must be published")->capture_default_str();
    app.add_option("--values", plan.values.back(), "Values of the model; more than 262144 travel in several chunks")
        ->capture_default_str();
    app.add_option("--seed", plan.seed, "The first seed")->capture_default_str();
    app.add_option("--seeds", seeds, "How many")->capture_default_str();
    app.add_option("--faults", faults,
                   "all, none, or of loss,repeat,reorder,cut,crash,disk,clock,unfit,operate,quarantine")
        ->capture_default_str();
    app.add_option("--mutation", mutation, "A bug to plant in the simulated shells")->capture_default_str();
    app.add_flag("--trace", plan.print, "Print each step");
    CLI11_PARSE(app, argc, argv);

    const auto allowed = Faults::parse(faults);
    const auto planted = mutation_named(mutation);
    for (const auto* problem : {allowed ? nullptr : &allowed.error(), planted ? nullptr : &planted.error()}) {
        if (problem == nullptr) continue;
        std::fprintf(stderr, "%s\n", problem->message.c_str());
        return 2;
    }
    plan.values = {plan.values.back() * 3 / 10, plan.values.back() * 6 / 10, plan.values.back()};
    if (plan.values.front() < 8) {
        std::fprintf(stderr, "--values must be at least 27\n");
        return 2;
    }
    plan.faults = *allowed;
    plan.mutation = *planted;

    const auto started = std::chrono::steady_clock::now();
    Counters all;
    std::uint64_t failures = 0;
    for (std::uint64_t i = 0; i < seeds; ++i, ++plan.seed) {
        const Outcome outcome = play(plan);
        for (std::uint64_t Counters::*count :
             {&Counters::steps, &Counters::messages, &Counters::lost, &Counters::crashes, &Counters::rounds,
              &Counters::versions, &Counters::accepted, &Counters::refused, &Counters::alarms, &Counters::early,
              &Counters::quarantines, &Counters::outliers, &Counters::struck, &Counters::held, &Counters::rollbacks,
              &Counters::drafts, &Counters::differences, &Counters::unreadable, &Counters::resumed}) {
            all.*count += outcome.counters.*count;
        }
        if (!outcome.violation) continue;
        ++failures;
        std::printf("%s\n", to_text(*outcome.violation, plan.seed).c_str());
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf(
        "%llu seeds, %llu broken, %.2f s, %.1f seeds/s: %llu rounds, %llu versions, %llu updates accepted, "
        "%llu refused, %llu alarms of which %llu made a round early, %llu quarantines (%llu for a norm, %llu for "
        "strikes), %llu updates held, %llu rollbacks, %llu "
        "crashes after which %llu drafts of updates and %llu arriving versions were found, %llu versions by their "
        "difference, %llu fetched again, %llu messages of which %llu lost, %llu steps\n",
        number(seeds), number(failures), took.count(), static_cast<double>(seeds) / took.count(), number(all.rounds),
        number(all.versions), number(all.accepted), number(all.refused), number(all.alarms), number(all.early),
        number(all.quarantines), number(all.outliers), number(all.struck), number(all.held), number(all.rollbacks),
        number(all.crashes), number(all.drafts), number(all.resumed), number(all.differences), number(all.unreadable),
        number(all.messages), number(all.lost), number(all.steps));
    return failures == 0 ? 0 : 1;
}
