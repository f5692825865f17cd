// One node's learning on one stream, test then train, as the daemon does it: the same router, executors, policy and
// child process, without the network.
//   streams-bench --learner PROGRAM --model MODEL.toml --data WHERE [--shift KIND] [--length N] [--changes N]
//   [--in-order]
//                 [--wrong-labels SHARE] [--seed S] [--config node.toml] [--tier light|medium|heavy] [--test WHERE]
//                 [--test-skip N] [--verbose]
// A node without heavy whose configuration wants soft labels is told, from the beginning, what the heavy exit of
// another said that has learned the whole stream, in another order and from other weights. Prints one JSON line.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "common/parameters/normaliser.hpp"
#include "edge-node/daemon/config.hpp"
#include "edge-node/learning/learning_policy.hpp"
#include "edge-node/serving/classify.hpp"
#include "edge-node/serving/evaluate.hpp"
#include "edge-node/serving/executors/fused_executor.hpp"
#include "edge-node/serving/executors/lineup.hpp"
#include "tests/bench/streams/streams.hpp"

namespace skerry::bench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kOtherSeed = 1000;

struct Arguments {
    std::string learner, model, config, test;
    StreamOptions stream;
    Tier tier = Tier::Heavy;
    std::uint64_t test_skip = 0;
    bool verbose = false;
};

/// How well a doubt finds a wrong label.
struct Doubts {
    std::uint64_t wrong = 0;
    std::uint64_t doubted = 0;
    std::uint64_t right = 0;  ///< doubted, and wrong indeed
};

struct Course {
    std::vector<double> accuracy;  ///< of the answers to each trigger, by the true labels
    std::array<std::uint64_t, kTiers> tiers{};
    Doubts doubts;
    std::uint64_t drifts = 0;
    std::uint64_t rejects = 0;
    std::uint64_t steps = 0;
    double elastic = 1;
    std::string reason;
};

Result<node::Learned> learn(node::LearningPolicy& policy, boost::asio::io_context& loop,
                            const std::vector<feedback::LabelledSample>& batch) {
    std::optional<Result<node::Learned>> learned;
    policy.learn(batch, [&](Result<node::Learned> result) { learned = std::move(result); });
    loop.restart();
    while (!learned && loop.run_one() > 0)
        continue;
    if (!learned) return fail(ErrorCode::Internal, "the learner gave no answer");
    return std::move(*learned);
}

/// Answers a batch with the weights of now.
Result<std::vector<feedback::LabelledSample>> answered(const node::Snapshot& snapshot, const node::Router& router,
                                                       std::span<const StreamSample> samples, std::uint64_t first) {
    std::vector<feedback::LabelledSample> batch;
    node::ClassifyScratch scratch;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        auto scaled = SKERRY_TRY(parameters::scaled_values(snapshot.model->spec.input, samples[i].sample.input));
        const node::Answer answer = classify(snapshot, std::move(scaled), router, Tier::Heavy, scratch);
        feedback::LabelledSample& labelled = batch.emplace_back();
        labelled.label = samples[i].sample.label;
        labelled.row = first + i + 1;
        labelled.prediction.order = first + i;
        labelled.prediction.sample = samples[i].sample.input;
        labelled.prediction.tier = answer.tier;
        labelled.prediction.predicted = answer.reading.predicted;
        labelled.prediction.probability = answer.reading.probability;
        labelled.prediction.margin = answer.reading.margin;
    }
    return batch;
}

void note(Course& course, const node::Learned& learned, std::span<const StreamSample> samples, std::uint64_t first) {
    for (const StreamSample& sample : samples)
        course.doubts.wrong += sample.truth != sample.sample.label ? 1 : 0;
    for (const feedback::JudgedError& error : learned.errors) {
        if (error.type != feedback::ErrorType::LabelNoise) continue;
        const StreamSample& sample = samples[static_cast<std::size_t>(error.row - 1 - first)];
        ++course.doubts.doubted;
        course.doubts.right += sample.truth != sample.sample.label ? 1 : 0;
    }
    course.drifts += learned.report.drift ? 1 : 0;
    course.rejects += learned.accepted ? 0 : 1;
    course.steps += learned.report.steps;
    course.elastic = learned.report.elastic;
    course.reason = learned.report.reason;
}

Json shares(const std::vector<double>& accuracy, std::size_t phases) {
    Json all = Json::array();
    for (std::size_t phase = 0; phase < phases; ++phase) {
        const std::size_t begin = accuracy.size() * phase / phases, end = accuracy.size() * (phase + 1) / phases;
        double sum = 0;
        for (std::size_t i = begin; i < end; ++i)
            sum += accuracy[i];
        all.push_back(end > begin ? sum / static_cast<double>(end - begin) : 0.0);
    }
    return all;
}

/// Triggers after each change until the mean of three is within 5 points of the five before the change; the median.
std::optional<std::size_t> recovery(const std::vector<double>& accuracy, std::size_t phases) {
    std::vector<std::size_t> waits;
    for (std::size_t phase = 1; phase < phases; ++phase) {
        const std::size_t change = accuracy.size() * phase / phases;
        const std::size_t end = accuracy.size() * (phase + 1) / phases;
        if (change < 5) continue;
        double before = 0;
        for (std::size_t i = change - 5; i < change; ++i)
            before += accuracy[i] / 5;
        std::size_t wait = end - change;
        for (std::size_t i = change; i + 3 <= end; ++i) {
            if ((accuracy[i] + accuracy[i + 1] + accuracy[i + 2]) / 3 < before - 0.05) continue;
            wait = i - change;
            break;
        }
        waits.push_back(wait);
    }
    if (waits.empty()) return std::nullopt;
    std::nth_element(waits.begin(), waits.begin() + static_cast<std::ptrdiff_t>(waits.size() / 2), waits.end());
    return waits[waits.size() / 2];
}

Result<Json> tested(const Arguments& arguments, const node::Snapshot& snapshot, const node::Router& router) {
    datasets::SourceOptions options;
    options.split = datasets::Split::Test;
    options.skip = arguments.test_skip;
    const auto source = SKERRY_TRY(datasets::open_source(arguments.test, snapshot.model->spec, options));
    parameters::ExportedModel model;
    model.spec = snapshot.model->spec;
    model.tier = snapshot.held;
    model.parameters = *snapshot.parameters;
    const node::Evaluation result =
        SKERRY_TRY(node::evaluate(model, *source, router, node::whole(node::fused_executor)));
    const auto share = [&](std::uint64_t correct) {
        return static_cast<double>(correct) / static_cast<double>(result.samples);
    };
    Json json{{"routed", share(result.routed_correct())}, {"balanced", result.balanced()}};
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        if (result.correct_of_exit[tier])
            json[std::string(name_of(static_cast<Tier>(tier)))] = share(*result.correct_of_exit[tier]);
    }
    return json;
}

/// Answers the stream and learns from it, trigger after trigger.
Result<Course> follow(node::LearningPolicy& policy, boost::asio::io_context& loop,
                      const std::shared_ptr<const node::Model>& model, std::span<const StreamSample> stream,
                      bool verbose) {
    const node::Router router;
    Course course;
    const std::size_t rows = policy.config().trigger_rows;
    for (std::size_t first = 0; first + rows <= stream.size(); first += rows) {
        const auto snapshot =
            SKERRY_TRY(node::make_snapshot(model, {}, *policy.parameters(), node::whole(node::fused_executor)));
        const auto samples = stream.subspan(first, rows);
        const auto batch = SKERRY_TRY(answered(*snapshot, router, samples, first));
        double correct = 0;
        for (std::size_t i = 0; i < rows; ++i) {
            correct += batch[i].prediction.predicted == samples[i].truth ? 1 : 0;
            ++course.tiers[static_cast<std::size_t>(batch[i].prediction.tier)];
        }
        course.accuracy.push_back(correct / static_cast<double>(rows));
        const node::Learned learned = SKERRY_TRY(learn(policy, loop, batch));
        note(course, learned, samples, first);
        if (verbose) {
            std::fprintf(stderr, "%zu: %.2f right; %s\n", course.accuracy.size(), course.accuracy.back(),
                         learned.report.reason.c_str());
        }
    }
    if (course.accuracy.empty()) return fail(ErrorCode::InvalidInput, "the stream is shorter than one trigger");
    return course;
}

Result<std::unique_ptr<node::LearningPolicy>> beginner(node::LearningEngine& engine, node::LearningConfig config,
                                                       const node::Model& model, Tier tier, std::uint64_t seed) {
    config.seed = seed;
    auto weights = parameters::initial_parameters(model.spec, model.layout, seed);
    weights.resize(model.layout.prefix(tier));
    return node::LearningPolicy::create(engine, std::move(config), model.spec, std::move(weights));
}

Result<Json> run(const Arguments& arguments) {
    std::ifstream file(arguments.model);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const parameters::ModelSpec spec = SKERRY_TRY(parameters::parse_model(text));
    node::NodeConfig config;
    if (!arguments.config.empty()) config = SKERRY_TRY(node::read_node_config(arguments.config));
    config.learner.program = arguments.learner;
    const std::vector<StreamSample> stream = SKERRY_TRY(make_stream(arguments.stream, spec));

    boost::asio::io_context loop;
    node::LearnerProcess engine(loop, config.learner, spec);
    const auto model = SKERRY_TRY(node::Model::of(spec));
    const std::uint64_t seed = arguments.stream.seed;
    const auto policy = SKERRY_TRY(beginner(engine, config.learning, *model, arguments.tier, seed));
    if (arguments.tier != Tier::Heavy && config.learning.soft_labels > 0) {
        StreamOptions other = arguments.stream;
        other.seed += kOtherSeed;
        const auto teacher = SKERRY_TRY(beginner(engine, config.learning, *model, Tier::Heavy, other.seed));
        SKERRY_TRY(follow(*teacher, loop, model, SKERRY_TRY(make_stream(other, spec)), false));
        policy->heed(teacher->soft_labels());
    }
    const Course course = SKERRY_TRY(follow(*policy, loop, model, stream, arguments.verbose));
    const node::Router router;
    const auto snapshot =
        SKERRY_TRY(node::make_snapshot(model, {}, *policy->parameters(), node::whole(node::fused_executor)));

    const feedback::PrequentialNumbers numbers = policy->prequential();
    const std::size_t phases = arguments.stream.changes + 1;
    const double triggers = static_cast<double>(course.accuracy.size());
    double sum = 0;
    for (const double accuracy : course.accuracy)
        sum += accuracy;
    Json json{{"shift", arguments.stream.shift},
              {"seed", seed},
              {"triggers", course.accuracy.size()},
              {"accuracy", sum / triggers},
              {"by_phase", shares(course.accuracy, phases)},
              {"majority", numbers.majority},
              {"last_class", numbers.last_class},
              {"kappa", numbers.kappa},
              {"kappa_temporal", numbers.kappa_temporal},
              {"tiers", course.tiers},
              {"drifts", course.drifts},
              {"not_accepted", course.rejects},
              {"steps", course.steps},
              {"elastic", course.elastic},
              {"reason", course.reason}};
    if (const auto wait = recovery(course.accuracy, phases)) json["recovery_triggers"] = *wait;
    if (course.doubts.wrong > 0 || course.doubts.doubted > 0) {
        json["doubts"] = {
            {"wrong", course.doubts.wrong}, {"doubted", course.doubts.doubted}, {"right", course.doubts.right}};
    }
    if (!arguments.test.empty()) json["test"] = SKERRY_TRY(tested(arguments, *snapshot, router));
    return json;
}

}  // namespace
}  // namespace skerry::bench

int main(int argc, char** argv) {
    CLI::App app("One node's learning on one stream");
    skerry::bench::Arguments arguments;
    bool in_order = false;
    app.add_option("--learner", arguments.learner, "The program skerry-learner")->required();
    app.add_option("--model", arguments.model, "model.toml")->required();
    app.add_option("--data", arguments.stream.data, "As 'skerry-node feed' takes it")->required();
    app.add_option("--shift", arguments.stream.shift, "none, swap, permute, rotate, invert, prior or pairs");
    app.add_option("--length", arguments.stream.length, "Samples")->check(CLI::Range(100, 10'000'000));
    app.add_option("--changes", arguments.stream.changes, "How often the world changes")->check(CLI::Range(0, 1000));
    app.add_option("--late", arguments.stream.late, "Samples by which each change comes later")
        ->check(CLI::Range(0, 1000));
    app.add_flag("--in-order", in_order, "As the data has it, not shuffled");
    app.add_option("--wrong-labels", arguments.stream.wrong_labels, "Share")->check(CLI::Range(0.0, 1.0));
    app.add_option("--seed", arguments.stream.seed, "Of order, weights and draws");
    app.add_option("--config", arguments.config, "The node's configuration");
    app.add_option("--tier", arguments.tier, "What the node holds: light, medium or heavy")
        ->transform(CLI::CheckedTransformer(std::map<std::string, skerry::Tier>{
            {"light", skerry::Tier::Light}, {"medium", skerry::Tier::Medium}, {"heavy", skerry::Tier::Heavy}}));
    app.add_option("--test", arguments.test, "Data whose test split is evaluated at the end");
    app.add_option("--test-skip", arguments.test_skip, "So many of its samples are passed over");
    app.add_flag("--verbose", arguments.verbose, "What each trigger did and why, on stderr");
    CLI11_PARSE(app, argc, argv);
    arguments.stream.shuffle = !in_order;
    const auto result = skerry::bench::run(arguments);
    if (!result) {
        std::fprintf(stderr, "%s\n", result.error().message.c_str());
        return 1;
    }
    std::printf("%s\n", result->dump().c_str());
    return 0;
}
