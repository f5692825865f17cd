#include "edge-node/tools/exit_times.hpp"

#include <algorithm>
#include <utility>

#include "common/base/random.hpp"
#include "common/parameters/map_shape.hpp"
#include "edge-node/serving/executors/compiled_executors.hpp"
#include "edge-node/serving/snapshot.hpp"

namespace skerry::node {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kTimePerExit{300};
constexpr std::size_t kDrawnRows = 64;
constexpr int kRunsTogether = 8;  // reading the clock is then no part of it

void run_exit(const Snapshot& snapshot, Tier exit, std::span<const float> input,
              std::array<std::vector<float>, 2>& maps, std::span<float> logits, ExecutorScratch& scratch) {
    std::span<const float> in = input;
    std::size_t turn = 0;
    for (std::size_t stage = 0; stage <= static_cast<std::size_t>(exit); ++stage, turn ^= 1U) {
        const auto which = static_cast<Tier>(stage);
        maps[turn].resize(parameters::map_after(snapshot.model->spec, which).values());
        snapshot.executor->run_stage(which, in, maps[turn], 1, scratch);
        in = maps[turn];
    }
    snapshot.executor->head(exit, in, logits, 1);
}

std::chrono::nanoseconds median_time(const Snapshot& snapshot, Tier exit, std::span<const float> input) {
    std::array<std::vector<float>, 2> maps;
    std::vector<float> logits(snapshot.model->spec.classes.size());
    ExecutorScratch scratch;
    std::vector<std::chrono::nanoseconds> times;
    for (const auto end = Clock::now() + kTimePerExit; times.empty() || Clock::now() < end;) {
        const auto began = Clock::now();
        for (int i = 0; i < kRunsTogether; ++i)
            run_exit(snapshot, exit, input, maps, logits, scratch);
        times.push_back((Clock::now() - began) / kRunsTogether);
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

}  // namespace

Result<std::vector<ExitTimes>> exit_times(const parameters::ExportedModel& model) {
    const std::shared_ptr<const Model> shape = SKERRY_TRY(Model::of(model.spec));
    // The ranges of int8 are those of drawn inputs: times do not hang on them, as its answers do.
    std::vector<float> drawn(kDrawnRows * model.spec.input.values());
    Random random(1);
    for (float& value : drawn)
        value = static_cast<float>(random.uniform());
    const auto rows = std::make_shared<const std::vector<float>>(std::move(drawn));
    const auto input = std::span(*rows).first(model.spec.input.values());
    std::vector<ExitTimes> all;
    for (const Candidate& candidate : compiled_executors(rows)) {
        const auto snapshot = make_snapshot(shape, {model.version, 0}, model.parameters, candidate.make);
        if (!snapshot) {
            if (snapshot.error().code == ErrorCode::InvalidInput) return tl::unexpected(snapshot.error());
            continue;  // this machine cannot run it
        }
        ExitTimes times{candidate.name};
        for (std::size_t exit = 0; exit <= static_cast<std::size_t>((*snapshot)->held); ++exit)
            times.exits[exit] = median_time(**snapshot, static_cast<Tier>(exit), input);
        all.push_back(std::move(times));
    }
    return all;
}

}  // namespace skerry::node
