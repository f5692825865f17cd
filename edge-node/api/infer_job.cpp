#include "edge-node/api/infer_job.hpp"

#include <string>
#include <utility>

namespace skerry::node {

InferJob::InferJob(std::shared_ptr<const Snapshot> weights, std::shared_ptr<const Router> route, InferRequest read,
                   TimePoint now, Instant came, OnAnswered done)
    : request(std::move(read)), at(now), on_answered(std::move(done)) {
    snapshot = std::move(weights);
    router = std::move(route);
    samples = request.samples;
    deepest = request.tier_max;
    arrived = came;
    checked = std::chrono::steady_clock::now();
    if (request.deadline) deadline = arrived + *request.deadline;
}

std::vector<feedback::Prediction> InferJob::take_predictions() {
    std::vector<feedback::Prediction> predictions;
    if (!request.learn) return predictions;
    predictions.reserve(answers.size());
    for (std::size_t row = 0; row < answers.size(); ++row) {
        const Answer& answer = answers[row];
        feedback::Prediction& prediction = predictions.emplace_back();
        prediction.request = answers.size() == 1 ? request.id : request.id + "/" + std::to_string(row);
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

}  // namespace skerry::node
