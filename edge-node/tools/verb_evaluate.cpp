#include <cstdio>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/datasets/dataset.hpp"
#include "common/parameters/model_file.hpp"
#include "edge-node/serving/evaluate.hpp"
#include "edge-node/serving/executors/compiled_executors.hpp"
#include "edge-node/tools/output.hpp"
#include "edge-node/tools/split_named.hpp"
#include "edge-node/tools/verbs.hpp"

namespace skerry::node {

namespace {

struct EvaluateArguments {
    std::string model;
    std::string data;
    std::string split = "test";
    std::string output = "table";
    std::string precision;
    std::string executor = "plain";
    std::uint64_t skip = 0;
    std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t drift_at = std::numeric_limits<std::uint64_t>::max();
};

struct Scored {
    parameters::ExportedModel model;
    std::string precision, executor;
    std::optional<parameters::EncodingError> error;  ///< of rounding the file's weights to --precision
    Evaluation evaluation;
};

/// The first samples of the training split: what int8 takes its ranges from.
Result<CalibrationRows> first_rows(const std::string& data, const parameters::ModelSpec& spec) {
    constexpr std::uint64_t kRows = 64;
    datasets::SourceOptions options;
    options.limit = kRows;
    const auto source = SKERRY_TRY(datasets::open_source(data, spec, options));
    std::vector<float> rows;
    while (const auto sample = SKERRY_TRY(source->next())) {
        const auto values = SKERRY_TRY(parameters::scaled_values(spec.input, sample->input));
        rows.insert(rows.end(), values.begin(), values.end());
    }
    return std::make_shared<const std::vector<float>>(std::move(rows));
}

Result<ExecutorFactory> executor_named(const EvaluateArguments& arguments, const parameters::ModelSpec& spec) {
    CalibrationRows rows;
    if (arguments.executor == "int8") rows = SKERRY_TRY(first_rows(arguments.data, spec));
    std::string names;
    for (const Candidate& candidate : compiled_executors(rows)) {
        if (candidate.name == arguments.executor) return candidate.make;
        names += candidate.name + ", ";
    }
    return fail(ErrorCode::InvalidInput, "no executor '" + arguments.executor + "': use " + names + "or int8");
}

Result<Scored> score(const EvaluateArguments& arguments) {
    parameters::ExportedModel model = SKERRY_TRY(parameters::load_model(arguments.model));
    std::optional<parameters::EncodingError> error;
    if (!arguments.precision.empty()) error = SKERRY_TRY(parameters::store_as(model, arguments.precision));
    std::string precision = SKERRY_TRY(parameters::precision_of(model));
    datasets::SourceOptions options;
    options.split = SKERRY_TRY(split_named(arguments.split));
    options.skip = arguments.skip;
    options.limit = arguments.limit;
    options.drift_at = arguments.drift_at;
    const auto source = SKERRY_TRY(datasets::open_source(arguments.data, model.spec, options));
    Evaluation evaluation =
        SKERRY_TRY(evaluate(model, *source, Router(), SKERRY_TRY(executor_named(arguments, model.spec))));
    return Scored{std::move(model), std::move(precision), arguments.executor, error, std::move(evaluation)};
}

nlohmann::ordered_json to_json(const Scored& scored) {
    const Evaluation& evaluation = scored.evaluation;
    const auto share = [&](std::uint64_t count) {
        return static_cast<double>(count) / static_cast<double>(evaluation.samples);
    };
    nlohmann::ordered_json exits, routed;
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        if (!evaluation.correct_of_exit[tier]) continue;
        const std::string name(name_of(static_cast<Tier>(tier)));
        exits[name] = share(*evaluation.correct_of_exit[tier]);
        nlohmann::ordered_json median;
        if (evaluation.median_time[tier]) {
            median = static_cast<double>(evaluation.median_time[tier]->count()) / 1000.0;
        }
        routed[name] = {{"share", share(evaluation.routed[tier])}, {"median_us", median}};
    }
    nlohmann::ordered_json error;
    if (scored.error)
        error = {{"max", scored.error->max}, {"rms", scored.error->rms}, {"relative", scored.error->relative}};
    return {{"model", scored.model.spec.name},
            {"version", scored.model.version.value},
            {"origin", scored.model.origin},
            {"precision", scored.precision},
            {"executor", scored.executor},
            {"precision_error", error},
            {"samples", evaluation.samples},
            {"accuracy_of_exit", exits},
            {"accuracy_routed", share(evaluation.routed_correct())},
            {"accuracy_balanced", evaluation.balanced()},
            {"majority", share(evaluation.majority_correct())},
            {"tiers", routed}};
}

std::string to_text(const nlohmann::ordered_json& scored) {
    std::string text = fmt::format("{} version {} ({}), {} samples\n", scored["model"].get<std::string>(),
                                   scored["version"].get<std::uint64_t>(), scored["origin"].get<std::string>(),
                                   scored["samples"].get<std::uint64_t>());
    text += fmt::format("weights  {}", scored["precision"].get<std::string>());
    if (const nlohmann::ordered_json& error = scored["precision_error"]; error.is_object()) {
        text +=
            fmt::format(", off by at most {:.2g}, {:.2g} rms", error["max"].get<double>(), error["rms"].get<double>());
    }
    text += '\n';
    text += fmt::format("routed   {:6.2f} %   (balanced over the classes {:.2f} %, majority {:.2f} %)\n",
                        100 * scored["accuracy_routed"].get<double>(), 100 * scored["accuracy_balanced"].get<double>(),
                        100 * scored["majority"].get<double>());
    for (const auto& [tier, accuracy] : scored["accuracy_of_exit"].items()) {
        const nlohmann::ordered_json& routed = scored["tiers"][tier];
        text += fmt::format("{:<8} {:6.2f} %   answers {:5.1f} %", tier, 100 * accuracy.get<double>(),
                            100 * routed["share"].get<double>());
        if (routed["median_us"].is_number()) text += fmt::format(" in {:.0f} µs", routed["median_us"].get<double>());
        text += '\n';
    }
    return text;
}

int run_evaluate(const EvaluateArguments& arguments) {
    const auto form = output_form_named(arguments.output);
    if (!form) return print_failure(form.error(), OutputForm::Table);
    const auto scored = score(arguments);
    if (!scored) return print_failure(scored.error(), *form);
    const nlohmann::ordered_json json = to_json(*scored);
    if (*form == OutputForm::Json) {
        print_data(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    } else {
        std::fputs(to_text(json).c_str(), stdout);
    }
    return 0;
}

}  // namespace

void add_evaluate(CLI::App& app, int& exit_code) {
    auto arguments = std::make_shared<EvaluateArguments>();
    CLI::App* verb = app.add_subcommand("evaluate", "Score a model file on labelled data: each exit, and routed");
    verb->add_option("--model", arguments->model, "From 'skerry model export' or 'skerry-node export'")->required();
    verb->add_option("--data", arguments->data,
                     "A folder of idx files or recordings, a file of CSV or of labelled texts, or strokes:")
        ->required();
    verb->add_option("--split", arguments->split, "train or test")->capture_default_str();
    verb->add_option("--skip", arguments->skip, "Leave out the first so many");
    verb->add_option("--limit", arguments->limit, "At most so many samples");
    verb->add_option(
        "--precision", arguments->precision,
        "Score the weights as if they were stored so: fp16, fp8, fp8-e5m2, int8, mixed, or with exceptions: "
        "fp8,light.0=fp16");
    verb->add_option(
            "--executor", arguments->executor,
            "Who computes: plain, fused, onednn, xnnpack, or int8, with ranges from the first training samples")
        ->capture_default_str();
    verb->add_option("--drift-at", arguments->drift_at, "As of 'feed': 0 scores against the world after the drift");
    verb->add_option("--output", arguments->output, "table or json");
    verb->callback([arguments, &exit_code] { exit_code = run_evaluate(*arguments); });
}

}  // namespace skerry::node
