#include "edge-node/serving/evaluate.hpp"

#include <algorithm>
#include <numeric>

namespace skerry::node {
namespace {

std::uint32_t predicted_by(const std::vector<float>& logits) {
    return static_cast<std::uint32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

std::optional<std::chrono::nanoseconds> median_of(std::vector<std::chrono::nanoseconds>& times) {
    if (times.empty()) return std::nullopt;
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
}

}  // namespace

std::uint64_t Evaluation::majority_correct() const {
    return labels.empty() ? 0 : *std::max_element(labels.begin(), labels.end());
}

std::uint64_t Evaluation::routed_correct() const {
    return std::accumulate(correct_of_class.begin(), correct_of_class.end(), std::uint64_t{0});
}

double Evaluation::balanced() const {
    double sum = 0, classes = 0;
    for (std::size_t c = 0; c < labels.size(); ++c) {
        if (labels[c] == 0) continue;
        sum += static_cast<double>(correct_of_class[c]) / static_cast<double>(labels[c]);
        ++classes;
    }
    return classes > 0 ? sum / classes : 0;
}

Result<Evaluation> evaluate(const parameters::ExportedModel& model, datasets::SampleSource& source,
                            const Router& router, const ExecutorFactory& factory) {
    if (source.endless()) return fail(ErrorCode::InvalidInput, "the data never ends: name a limit");
    const auto snapshot = SKERRY_TRY(make_snapshot(
        SKERRY_TRY(Model::of(model.spec)), feedback::SnapshotVersion{model.version, 0}, model.parameters, factory));
    Evaluation result;
    result.labels.resize(model.spec.classes.size());
    result.correct_of_class.resize(model.spec.classes.size());
    for (std::size_t exit = 0; exit <= static_cast<std::size_t>(snapshot->held); ++exit) {
        result.correct_of_exit[exit] = 0;
    }
    std::array<std::vector<std::chrono::nanoseconds>, kTiers> times;
    ClassifyScratch scratch;
    while (const std::optional<datasets::Sample> sample = SKERRY_TRY(source.next())) {
        const auto begin = std::chrono::steady_clock::now();
        std::vector<float> scaled = SKERRY_TRY(parameters::scaled_values(model.spec.input, sample->input));
        const Answer answer = classify(*snapshot, std::move(scaled), router, Tier::Heavy, scratch);
        const auto tier = static_cast<std::size_t>(answer.tier);
        times[tier].push_back(std::chrono::steady_clock::now() - begin);
        ++result.routed[tier];
        if (answer.reading.predicted == sample->label) ++result.correct_of_class[sample->label];

        const auto exits =
            all_exits(*snapshot, SKERRY_TRY(parameters::scaled_values(model.spec.input, sample->input)), scratch);
        for (std::size_t exit = 0; exit < kTiers; ++exit) {
            if (exits[exit] && predicted_by(*exits[exit]) == sample->label) ++*result.correct_of_exit[exit];
        }
        ++result.labels[sample->label];
        ++result.samples;
    }
    if (result.samples == 0) return fail(ErrorCode::InvalidInput, "the data holds no sample to evaluate on");
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        result.median_time[tier] = median_of(times[tier]);
    return result;
}

}  // namespace skerry::node
