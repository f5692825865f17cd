#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/finite.hpp"
#include "edge-node/learning/learner_process.hpp"

// What a request puts into the mapping that is shared with the child, and what an answer takes out of it.
namespace skerry::node {
namespace {

using learner_wire::Answer;
using learner_wire::Counts;
using learner_wire::Regions;
using learner_wire::Verb;

std::span<float> copy_into(std::span<const float> from, std::span<float> to) {
    std::copy(from.begin(), from.end(), to.begin());
    return to;
}

}  // namespace

void LearnerProcess::forward(const ForwardRequest& request, OnDone<ForwardResult> on_done) {
    const auto prepared = [&]() -> Result<Job> {
        if (job_) return fail(ErrorCode::Conflict, "the learner is busy with another request");
        const std::size_t exits =
            static_cast<std::size_t>(SKERRY_TRY(layout_.tier_of_prefix(request.parameters.size()))) + 1;
        if (request.rows.empty() || request.rows.size() % row_values_ != 0) {
            return fail(ErrorCode::InvalidInput, "the values are no whole number of rows");
        }
        const std::size_t rows = request.rows.size() / row_values_;
        Counts counts;
        counts.parameters = request.parameters.size();
        counts.rows = request.rows.size();
        counts.logits = rows * exits * classes_;
        const Regions regions = SKERRY_TRY(prepare(counts));
        copy_into(request.parameters, regions.parameters);
        copy_into(request.rows, regions.rows);
        return Job{{Verb::Forward, next_id_++, counts, 0}, ForwardJob{rows, exits, on_done}};
    };
    Result<Job> job = prepared();
    job ? begin(std::move(*job)) : on_done(tl::unexpected(std::move(job).error()));
}

void LearnerProcess::train(const TrainRequest& request, OnDone<TrainResult> on_done) {
    const auto prepared = [&]() -> Result<Job> {
        if (job_) return fail(ErrorCode::Conflict, "the learner is busy with another request");
        const std::size_t size = request.parameters.size();
        SKERRY_TRY(layout_.tier_of_prefix(size));
        const OptimiserState& optimiser = request.optimiser;
        const std::size_t memory = shape_of(request.plan.optimiser).vectors * size;
        const bool fresh = optimiser.memory.empty() && optimiser.steps == 0;
        if (!fresh && optimiser.memory.size() != memory) {
            return fail(ErrorCode::InvalidInput, "the optimiser's memory does not fit the parameters");
        }
        const Bytes plan = learner_wire::encode(request.plan);
        Counts counts;
        counts.text = plan.size();
        counts.parameters = size;
        counts.memory = memory;
        counts.rows = request.rows.size();
        counts.targets = request.targets.size();
        counts.anchor = request.anchor.size();
        counts.losses = request.plan.steps.size();
        const Regions regions = SKERRY_TRY(prepare(counts));
        std::copy(plan.begin(), plan.end(), regions.text.begin());
        copy_into(request.parameters, regions.parameters);
        copy_into(request.rows, regions.rows);
        copy_into(request.targets, regions.targets);
        copy_into(request.anchor, regions.anchor);
        std::fill(regions.memory.begin(), regions.memory.end(), 0.0F);
        copy_into(optimiser.memory, regions.memory);
        return Job{{Verb::Train, next_id_++, counts, optimiser.steps}, TrainJob{optimiser.steps, on_done}};
    };
    Result<Job> job = prepared();
    job ? begin(std::move(*job)) : on_done(tl::unexpected(std::move(job).error()));
}

Result<Regions> LearnerProcess::prepare(const Counts& counts) {
    const std::size_t bytes = SKERRY_TRY(learner_wire::bytes_for(counts));
    // Half as much again: the next request is seldom much larger, and a mapping cannot grow.
    if (!exchange_ || exchange_->bytes().size() < bytes) {
        exchange_.reset();
        exchange_known_to_ = 0;
        exchange_ = SKERRY_TRY(SharedMapping::create(bytes + bytes / 2));
    }
    return learner_wire::regions_in(exchange_->bytes(), counts);
}

void LearnerProcess::finish_job(const Answer& answer) {
    const Job job = std::move(*job_);
    job_.reset();  // before the callback, which may ask for the next
    const auto deliver = [&](const auto& kind, auto take) {
        if (answer.ok) return kind.on_done(take());
        kind.on_done(fail(answer.code, "the learner refused: " + answer.message));
    };
    if (const auto* forward = std::get_if<ForwardJob>(&job.kind)) {
        deliver(*forward, [&] { return take_logits(job.request.counts, *forward); });
    } else {
        const auto& train = std::get<TrainJob>(job.kind);
        deliver(train, [&] { return take_training(job.request.counts, train, answer); });
    }
}

Result<ForwardResult> LearnerProcess::take_logits(const Counts& counts, const ForwardJob& job) {
    const Regions regions = SKERRY_TRY(learner_wire::regions_in(exchange_->bytes(), counts));
    return ForwardResult{job.rows, job.exits, classes_, {regions.logits.begin(), regions.logits.end()}};
}

Result<TrainResult> LearnerProcess::take_training(const Counts& counts, const TrainJob& job, const Answer& answer) {
    const Regions regions = SKERRY_TRY(learner_wire::regions_in(exchange_->bytes(), counts));
    TrainResult result;
    result.parameters.assign(regions.parameters.begin(), regions.parameters.end());
    result.optimiser.memory.assign(regions.memory.begin(), regions.memory.end());
    result.optimiser.steps = job.steps_before + counts.losses;
    result.losses.assign(regions.losses.begin(), regions.losses.end());
    result.learning_rate = answer.learning_rate;
    result.finite = answer.finite && std::isfinite(result.learning_rate) && all_finite(result.parameters) &&
                    all_finite(result.optimiser.memory) && all_finite(result.losses);
    return result;
}

void LearnerProcess::fail_job(Error error) {
    if (!job_) return;
    const Job job = std::move(*job_);
    job_.reset();
    std::visit([&](const auto& kind) { kind.on_done(tl::unexpected(std::move(error))); }, job.kind);
}

}  // namespace skerry::node
