// What each executor takes for one pass of a model, against the same network in LibTorch eager.
//   executors-bench MODEL.toml [ROUNDS]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "common/parameters/map_shape.hpp"
#include "edge-node/serving/executors/compiled_executors.hpp"
#include "edge-node/serving/executors/reference_run.hpp"
#include "edge-node/serving/executors/tournament.hpp"
#include "tests/bench/arithmetic_peak.hpp"
#include "tests/bench/torch_peer.hpp"

namespace skerry::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Case {
    const char* name;
    Path path;
    std::size_t batch;
};
constexpr std::array<Case, 6> kCases = {{{"light alone, batch 1", Path::LightAlone, 1},
                                         {"light alone, batch 8", Path::LightAlone, 8},
                                         {"heavy alone, batch 1", Path::HeavyAlone, 1},
                                         {"heavy alone, batch 8", Path::HeavyAlone, 8},
                                         {"heavy, all heads, batch 1", Path::HeavyWithAllHeads, 1},
                                         {"heavy, all heads, batch 8", Path::HeavyWithAllHeads, 8}}};

struct Contender {
    std::string name;
    std::function<void(const Case&)> run;
};

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double timed(const Contender& contender, const Case& which, std::size_t runs) {
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < runs; ++i)
        contender.run(which);
    return std::chrono::duration<double, std::micro>(Clock::now() - begin).count() / static_cast<double>(runs);
}

bool computes_head(Path path, std::size_t tier) {
    return path == Path::HeavyWithAllHeads || tier == (path == Path::LightAlone ? 0 : kTiers - 1);
}

/// A multiplication and an addition for each weight and each pixel that it is used at.
double operations(const parameters::ModelSpec& spec, const Case& which) {
    double count = 0;
    parameters::MapShape map = parameters::map_of(spec.input);
    for (std::size_t tier = 0; tier < (which.path == Path::LightAlone ? 1 : kTiers); ++tier) {
        for (const parameters::Layer& layer : spec.stages[tier]) {
            const parameters::MapShape out = map_after(map, layer);
            const bool conv = layer.kind == parameters::Layer::Kind::Conv;
            count += 2.0 * static_cast<double>(weight_values(map, layer) * (conv ? out.height * out.width : 1));
            map = out;
        }
        if (computes_head(which.path, tier)) count += 2.0 * static_cast<double>(map.values() * spec.classes.size());
    }
    return count * static_cast<double>(which.batch);
}

/// Runs a path on an executor, its buffers kept as a serving worker keeps them.
class Pass {
public:
    Pass(const parameters::ModelSpec& spec, const node::Executor& executor, const std::vector<float>& inputs)
        : spec_(spec), executor_(executor), inputs_(inputs) {
        for (std::size_t tier = 0; tier < kTiers; ++tier)
            maps_[tier].resize(8 * map_after(spec, static_cast<Tier>(tier)).values());
        logits_.resize(8 * spec.classes.size());
    }
    void operator()(const Case& which) {
        std::span<const float> map(inputs_.data(), which.batch * spec_.input.values());
        for (std::size_t tier = 0; tier < (which.path == Path::LightAlone ? 1 : kTiers); ++tier) {
            const std::span<float> next(maps_[tier].data(), maps_[tier].size() / 8 * which.batch);
            executor_.run_stage(static_cast<Tier>(tier), map, next, which.batch, scratch_);
            map = next;
            if (!computes_head(which.path, tier)) continue;
            executor_.head(static_cast<Tier>(tier), map, {logits_.data(), which.batch * spec_.classes.size()},
                           which.batch);
        }
    }

private:
    const parameters::ModelSpec& spec_;
    const node::Executor& executor_;
    const std::vector<float>& inputs_;
    std::array<std::vector<float>, kTiers> maps_;
    std::vector<float> logits_;
    node::ExecutorScratch scratch_;
};

void measure(const parameters::ModelSpec& spec, const std::vector<Contender>& contenders, std::size_t peers,
             std::size_t rounds) {
    std::vector<std::vector<std::vector<double>>> times(kCases.size(),
                                                        std::vector<std::vector<double>>(contenders.size()));
    std::vector<double> peaks;
    for (std::size_t round = 0; round <= rounds; ++round) {  // the first only warms up
        const double peak = arithmetic_peak();
        if (round > 0) peaks.push_back(peak);
        for (std::size_t c = 0; c < kCases.size(); ++c) {
            for (std::size_t who = 0; who < contenders.size(); ++who) {
                const double time = timed(contenders[who], kCases[c], kCases[c].batch == 1 ? 20 : 4);
                if (round > 0) times[c][who].push_back(time);
            }
        }
    }
    std::printf("%-26s", "µs, median of rounds");
    for (const Contender& contender : contenders)
        std::printf(" %14s", contender.name.c_str());
    std::printf(" %14s %8s\n", "eager/chosen", "of peak");
    for (std::size_t c = 0; c < kCases.size(); ++c) {
        std::vector<double> medians;
        std::printf("%-26s", kCases[c].name);
        for (const std::vector<double>& each : times[c]) {
            medians.push_back(median(each));
            std::printf(" %14.1f", medians.back());
        }
        const double eager = *std::min_element(medians.begin(), medians.begin() + static_cast<std::ptrdiff_t>(peers));
        const double share = operations(spec, kCases[c]) / (medians.back() * 1000) / median(peaks);
        std::printf(" %13.1fx %6.0f %%\n", eager / medians.back(), 100 * share);
    }
    std::printf("one core's arithmetic peak: %.1f GFLOP/s (fused multiply-adds of eight floats)\n", median(peaks));
}

int run(const char* path, std::size_t rounds) {
    std::ifstream file(path);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const auto spec = parameters::parse_model(text);
    if (!spec) {
        std::fprintf(stderr, "%s: %s\n", path, spec.error().message.c_str());
        return 1;
    }
    const auto layout = *parameters::ParameterLayout::of(*spec);
    const std::vector<float> parameters = parameters::initial_parameters(*spec, layout, 1);
    const std::vector<float> inputs = node::check_inputs(*spec, layout, parameters, {}, 8);
    const auto rows = std::make_shared<const std::vector<float>>(inputs);  // these parameters normalise by 0 and 1
    const std::vector<node::Candidate> candidates = node::compiled_executors(rows);
    const node::Tournament outcome = node::run_tournament(*spec, layout, Tier::Heavy, candidates, {}, *rows);

    const TorchPeer peer(*spec, layout, parameters);
    std::vector<float> logits(kTiers * 8 * spec->classes.size());
    std::vector<Contender> contenders;
    for (const bool onednn : {true, false}) {
        contenders.push_back({onednn ? "eager" : "eager, no 1DNN", [&, onednn](const Case& which) {
                                  const std::span<const float> in(inputs.data(), which.batch * spec->input.values());
                                  peer.run(which.path, onednn, in, which.batch, logits);
                              }});
    }
    const std::size_t peers = contenders.size();
    std::vector<std::unique_ptr<const node::Executor>> executors;
    const auto add = [&](std::string name, std::unique_ptr<const node::Executor> executor) {
        executors.push_back(std::move(executor));
        contenders.push_back({std::move(name), Pass(*spec, *executors.back(), inputs)});
    };
    for (std::size_t place = 0; place < candidates.size(); ++place) {
        if (!outcome.standings[place].excluded.empty()) {
            std::printf("%s: %s\n", candidates[place].name.c_str(), outcome.standings[place].excluded.c_str());
            continue;
        }
        add(candidates[place].name, *candidates[place].make(*spec, layout, parameters));
    }
    add("chosen", *node::lined_up_executor(*spec, layout, parameters, candidates, outcome.lineup));
    measure(*spec, contenders, peers, rounds);
    return 0;
}

}  // namespace
}  // namespace skerry::bench

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fprintf(stderr, "usage: executors-bench MODEL.toml [ROUNDS]\n");
        return 2;
    }
    return skerry::bench::run(argv[1], argc > 2 ? static_cast<std::size_t>(std::max(1, std::atoi(argv[2]))) : 41);
}
