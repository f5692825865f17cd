#include "edge-node/api/infer_job.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "common/base/limits.hpp"

namespace skerry::node {
namespace {

/// The first channel or feature with a value at ±kScaledInputMax: nearly always one beyond it, which was clamped.
std::optional<std::size_t> channel_at_limit(const parameters::InputSpec& input, std::span<const float> scaled) {
    const auto at_limit = [](float value) { return std::abs(value) >= limits::kScaledInputMax; };
    const auto found = std::find_if(scaled.begin(), scaled.end(), at_limit);
    if (found == scaled.end()) return std::nullopt;
    return static_cast<std::size_t>(found - scaled.begin()) / (input.values() / input.channels());
}

}  // namespace

void InferJob::run(ClassifyScratch& scratch) {
    const parameters::ModelSpec& spec = snapshot->model->spec;
    for (const Bytes& sample : request.samples) {
        // The request's values were checked when they were read.
        auto scaled = parameters::scaled_values(spec.input, sample);
        SKERRY_ASSERT(scaled.has_value());
        if (const auto channel = channel_at_limit(spec.input, *scaled)) {
            ++clamped;
            if (!clamped_channel) clamped_channel = channel;
        }
        answers.push_back(classify(*snapshot, std::move(*scaled), *router, request.tier_max, scratch));
    }
}

std::vector<feedback::Prediction> InferJob::take_predictions() {
    std::vector<feedback::Prediction> predictions;
    if (!request.learn) return predictions;
    predictions.reserve(answers.size());
    for (std::size_t row = 0; row < answers.size(); ++row) {
        const Answer& answer = answers[row];
        feedback::Prediction& prediction = predictions.emplace_back();
        prediction.request = answers.size() == 1 ? id : id + "/" + std::to_string(row);
        prediction.at = at;
        prediction.version = snapshot->version;
        prediction.tier = answer.tier;
        prediction.predicted = answer.reading.predicted;
        prediction.probability = answer.reading.probability;
        prediction.margin = answer.reading.margin;
        prediction.score = answer.score;
        prediction.sample = std::move(request.samples[row]);
    }
    return predictions;
}

std::size_t InferJob::bytes() const {
    std::size_t bytes = sizeof(InferJob);
    for (const Bytes& sample : request.samples)
        bytes += sample.size();
    return bytes;
}

}  // namespace skerry::node
