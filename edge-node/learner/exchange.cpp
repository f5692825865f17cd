#include "edge-node/learner/exchange.hpp"

#include <algorithm>

#include "common/base/limits.hpp"

namespace skerry::node {

using learner_wire::Answer;
using learner_wire::Regions;
using learner_wire::Request;
using learner_wire::Verb;

namespace {

// Milliseconds of a forward pass: what a step of training takes.
constexpr std::size_t kRowsOfAPiece = 64;

}  // namespace

Answer Exchange::answer(const Request& request, std::span<std::byte> mapping) {
    Answer answer;
    answer.verb = request.verb;
    answer.id = request.id;
    const auto perform = [&]() -> Result<TorchEngine::Trained> {
        const Regions regions = SKERRY_TRY(learner_wire::regions_in(mapping, request.counts));
        if (request.verb == Verb::Load) SKERRY_TRY(load(regions));
        if (request.verb == Verb::Forward || request.verb == Verb::Train) {
            if (!engine_) return fail(ErrorCode::InvalidInput, "no model was loaded before this request");
        }
        if (request.verb == Verb::Forward) SKERRY_TRY(forward(regions));
        if (request.verb == Verb::Train) return train(regions, request.optimiser_steps);
        return TorchEngine::Trained{true, 0};
    };
    const Result<TorchEngine::Trained> done = perform();
    answer.ok = done.has_value();
    if (done) {
        answer.finite = done->finite;
        answer.learning_rate = done->learning_rate;
    } else {
        answer.code = done.error().code;
        answer.message = done.error().message;
    }
    return answer;
}

Result<> Exchange::load(const Regions& regions) {
    if (regions.text.size() > limits::kModelTextBytesMax) {
        return fail(ErrorCode::InvalidInput, "the model's text is too long");
    }
    engine_ = SKERRY_TRY(TorchEngine::load(text_of(regions.text)));
    return {};
}

Result<> Exchange::forward(const Regions& regions) const {
    const std::size_t values = engine_->spec().input.values();
    const std::size_t rows = regions.rows.size() / values;
    if (rows == 0 || regions.rows.size() % values != 0 || regions.logits.size() % rows != 0) {
        return fail(ErrorCode::InvalidInput, "rows and the room for their logits do not fit the model");
    }
    const std::size_t logits = regions.logits.size() / rows;
    for (std::size_t first = 0; first < rows; first += kRowsOfAPiece) {
        const std::size_t count = std::min(kRowsOfAPiece, rows - first);
        Result<> done;
        run_([&] {
            done = engine_->forward(regions.parameters, regions.rows.subspan(first * values, count * values),
                                    regions.logits.subspan(first * logits, count * logits));
        });
        SKERRY_TRY(done);
    }
    return {};
}

Result<TorchEngine::Trained> Exchange::train(const Regions& regions, std::uint64_t optimiser_steps) const {
    const std::size_t classes = engine_->spec().classes.size();
    const learner_wire::PlanBounds bounds{regions.rows.size() / engine_->spec().input.values(),
                                          regions.targets.size() / classes, classes};
    const TrainPlan plan = SKERRY_TRY(learner_wire::decode_plan(regions.text, bounds));
    return engine_->train({regions.parameters, regions.memory, optimiser_steps, regions.rows, regions.targets,
                           regions.anchor, regions.losses},
                          plan, run_);
}

}  // namespace skerry::node
