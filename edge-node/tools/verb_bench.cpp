#include <csignal>
#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>

#include "edge-node/tools/bench_report.hpp"
#include "edge-node/tools/output.hpp"
#include "edge-node/tools/split_named.hpp"
#include "edge-node/tools/verbs.hpp"

namespace skerry::node {

namespace {

struct BenchArguments {
    LoadOptions load;
    std::string model;
    std::string split = "test";
    std::string output = "table";
    std::string tier_max;
    double rate = 0;
    double seconds = 10;
    std::int64_t deadline_us = 0;
};

Result<std::string> bench_node(BenchArguments& arguments, OutputForm form) {
    LoadOptions& load = arguments.load;
    load.source.split = SKERRY_TRY(split_named(arguments.split));
    load.time = std::chrono::milliseconds(static_cast<std::int64_t>(1000 * arguments.seconds));
    if (arguments.rate > 0) load.rate = arguments.rate;
    if (!arguments.tier_max.empty()) load.tier_max = SKERRY_TRY(tier_named(arguments.tier_max));
    if (arguments.deadline_us > 0) load.deadline = std::chrono::microseconds(arguments.deadline_us);
    const LoadNumbers numbers = SKERRY_TRY(run_load(load, interrupted()));
    return form == OutputForm::Json ? load_json(numbers) : load_text(numbers);
}

Result<std::string> bench_model(const BenchArguments& arguments, OutputForm form) {
    const auto times = SKERRY_TRY(exit_times(SKERRY_TRY(parameters::load_model(arguments.model))));
    return form == OutputForm::Json ? exit_times_json(times) : exit_times_text(times);
}

int run_bench(BenchArguments& arguments) {
    const auto form = output_form_named(arguments.output);
    if (!form) return print_failure(form.error(), OutputForm::Table);
    if (arguments.model.empty() == arguments.load.node.empty()) {
        return print_failure(Error{ErrorCode::InvalidInput,
                                   "give either --node and --data, for a node, or --model, for a model file alone"},
                             *form);
    }
    const auto report = arguments.model.empty() ? bench_node(arguments, *form) : bench_model(arguments, *form);
    if (!report) return print_failure(report.error(), *form);
    if (*form == OutputForm::Json) {
        print_data(*report);
    } else {
        std::fputs(report->c_str(), stdout);
    }
    return 0;
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
    auto arguments = std::make_shared<BenchArguments>();
    CLI::App* verb = app.add_subcommand("bench", "Measure a running node under load, or a model file by itself");
    verb->add_option("--node", arguments->load.node, "http://127.0.0.1:8000 or unix:DIR/infer.sock");
    verb->add_option("--data", arguments->load.data,
                     "A folder of idx files or recordings, a file of CSV or of labelled texts, or strokes:");
    verb->add_option("--model", arguments->model, "A model file: each executor's own time for each exit");
    verb->add_option("--rate", arguments->rate,
                     "Requests a second, at random times; as many as the node can answer if left out")
        ->check(CLI::Range(0.1, 1e6));
    verb->add_option("--seconds", arguments->seconds, "How long")
        ->check(CLI::Range(0.1, 3600.0))
        ->capture_default_str();
    verb->add_option("--connections", arguments->load.connections, "Requests under way at once, at most")
        ->check(CLI::Range(std::size_t{1}, kLoadConnectionsMax))
        ->capture_default_str();
    verb->add_option("--tier-max", arguments->tier_max, "light, medium or heavy: no deeper exit answers");
    verb->add_option("--deadline-us", arguments->deadline_us, "The answer must leave so soon after its request came")
        ->check(CLI::Range(1, 60'000'000));
    verb->add_flag("--json", arguments->load.json, "Tensors as JSON instead of binary");
    verb->add_option("--split", arguments->split, "train or test")->capture_default_str();
    verb->add_option("--seed", arguments->load.seed, "Of the random times");
    verb->add_option("--output", arguments->output, "table or json");
    verb->callback([arguments, &exit_code] { exit_code = run_bench(*arguments); });
}

}  // namespace skerry::node
