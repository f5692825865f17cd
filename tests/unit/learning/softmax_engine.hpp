#pragma once

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <vector>

#include "common/parameters/layout.hpp"
#include "common/parameters/normaliser.hpp"
#include "edge-node/learning/engine.hpp"

namespace skerry::node::testing {

/// Four features, three classes; every stage keeps the map's width, so that each head can read the input.
inline parameters::ModelSpec small_spec() {
    parameters::ModelSpec spec;
    spec.name = "small";
    spec.modality = parameters::Modality::Tabular;
    spec.input.shape = {4};
    spec.input.dtype = parameters::DataType::Float32;
    spec.classes = {"a", "b", "c"};
    for (auto& stage : spec.stages)
        stage = {{parameters::Layer::Kind::Dense, 4, 3, 1}};
    return spec;
}

/// A real engine in plain C++: three linear softmax exits over the normalised input (the stages' layers are ignored),
/// trained by gradient descent, without class targets. Records what it was asked; answers at once, or when the test
/// says so.
class SoftmaxEngine final : public LearningEngine {
public:
    explicit SoftmaxEngine(const parameters::ModelSpec& spec)
        : spec_(spec), layout_(parameters::ParameterLayout::of(spec).value()) {}

    void forward(const ForwardRequest& request, OnDone<ForwardResult> on_done) override {
        forwards.emplace_back(request.parameters.begin(), request.parameters.end());
        deliver<ForwardResult>(answer(request), std::move(on_done));
    }

    void train(const TrainRequest& request, OnDone<TrainResult> on_done) override {
        plans.push_back(request.plan);
        pools.emplace_back(request.rows.begin(), request.rows.end());
        optimiser_steps.push_back(request.optimiser.steps);
        anchors.emplace_back(request.anchor.begin(), request.anchor.end());
        trained_from.emplace_back(request.parameters.begin(), request.parameters.end());
        Result<TrainResult> result = descend(request);
        if (spoil && result) spoil(*result);
        deliver<TrainResult>(std::move(result), std::move(on_done));
    }

    /// Delivers the oldest answer that waits.
    void answer_next() {
        const auto next = std::move(waiting.front());
        waiting.pop_front();
        next();
    }

    std::vector<std::vector<float>> forwards;      ///< the parameters of each forward()
    std::vector<TrainPlan> plans;                  ///< of each train()
    std::vector<std::vector<float>> pools;         ///< the rows of each train()
    std::vector<std::vector<float>> trained_from;  ///< the parameters of each train()
    std::vector<std::vector<float>> anchors;       ///< of each train()
    std::vector<std::uint64_t> optimiser_steps;    ///< that each train() has behind it
    std::function<void(TrainResult&)> spoil;       ///< damages what train() found
    bool dead = false;                             ///< every request fails as Unavailable
    bool deferred = false;                         ///< answers wait for answer_next()
    std::deque<std::function<void()>> waiting;

private:
    template <class T>
    void deliver(Result<T> result, OnDone<T> on_done) {
        if (dead) result = fail(ErrorCode::Unavailable, "the engine is dead");
        if (!deferred) return on_done(std::move(result));
        waiting.push_back([result, on_done] { on_done(result); });
    }

    [[nodiscard]] std::vector<float> normalised(std::span<const float> parameters, std::span<const float> rows) const {
        std::vector<float> inputs(rows.begin(), rows.end());
        parameters::normalise(parameters::normaliser_of(layout_, parameters), spec_.input, inputs);
        return inputs;
    }
    [[nodiscard]] std::size_t exits_of(std::span<const float> parameters) const {
        return static_cast<std::size_t>(layout_.tier_of_prefix(parameters.size()).value()) + 1;
    }
    [[nodiscard]] std::size_t head_of(std::size_t exit) const {
        return layout_.block(std::string(name_of(static_cast<Tier>(exit))) + ".head.weight").offset;
    }
    // The bias follows the weights: shape [classes, 4], then [classes].
    [[nodiscard]] std::vector<float> logits(std::span<const float> parameters, const float* x, std::size_t exit) const {
        const std::size_t features = spec_.input.values();
        const std::size_t classes = spec_.classes.size();
        const float* head = parameters.data() + head_of(exit);
        std::vector<float> z(classes);
        for (std::size_t c = 0; c < classes; ++c) {
            z[c] = head[classes * features + c];
            for (std::size_t f = 0; f < features; ++f)
                z[c] += head[c * features + f] * x[f];
        }
        return z;
    }

    [[nodiscard]] ForwardResult answer(const ForwardRequest& request) const {
        const std::size_t features = spec_.input.values();
        const std::vector<float> inputs = normalised(request.parameters, request.rows);
        ForwardResult result{inputs.size() / features, exits_of(request.parameters), spec_.classes.size(), {}};
        for (std::size_t row = 0; row < result.rows; ++row) {
            for (std::size_t exit = 0; exit < result.exits; ++exit) {
                const auto z = logits(request.parameters, inputs.data() + row * features, exit);
                result.logits.insert(result.logits.end(), z.begin(), z.end());
            }
        }
        return result;
    }

    [[nodiscard]] TrainResult descend(const TrainRequest& request) const {
        constexpr float kFaster = 100;  // than Adam's rate, for plain descent
        const std::size_t features = spec_.input.values();
        const std::size_t classes = spec_.classes.size();
        const std::size_t exits = exits_of(request.parameters);
        const std::vector<float> inputs = normalised(request.parameters, request.rows);
        TrainResult result;
        result.parameters.assign(request.parameters.begin(), request.parameters.end());
        result.optimiser = request.optimiser;
        const std::size_t size = result.parameters.size();
        result.optimiser.memory.resize(shape_of(request.plan.optimiser).vectors * size);
        result.learning_rate = request.plan.learning_rate * (1 + request.plan.hypergradient);
        result.finite = true;
        for (const TrainStep& step : request.plan.steps) {
            std::vector<float> gradient(result.parameters.size());
            double loss = 0;
            for (const TrainRow& row : step) {
                const float* x = inputs.data() + row.row * features;
                for (std::size_t exit = 0; exit < exits; ++exit) {
                    auto p = logits(result.parameters, x, exit);
                    for (std::size_t c = 0; c < classes && !request.plan.class_log_prior.empty(); ++c) {
                        p[c] += request.plan.class_log_prior[c];
                    }
                    const float top = *std::max_element(p.begin(), p.end());
                    float sum = 0;
                    for (float& value : p)
                        sum += value = std::exp(value - top);
                    for (float& value : p)
                        value /= sum;
                    loss -= std::log(std::max(p[row.label], 1e-9F)) / static_cast<float>(step.size() * exits);
                    float* head = gradient.data() + head_of(exit);
                    for (std::size_t c = 0; c < classes; ++c) {
                        const float slope = (p[c] - (c == row.label ? 1.0F : 0.0F)) / static_cast<float>(step.size());
                        head[classes * features + c] += slope;
                        for (std::size_t f = 0; f < features; ++f)
                            head[c * features + f] += slope * x[f];
                    }
                }
            }
            for (std::size_t i = 0; i < gradient.size(); ++i) {
                result.parameters[i] -= kFaster * request.plan.learning_rate * gradient[i];
                result.optimiser.memory[result.optimiser.memory.size() - size + i] = gradient[i];
            }
            ++result.optimiser.steps;
            result.losses.push_back(static_cast<float>(loss));
        }
        return result;
    }

    parameters::ModelSpec spec_;
    parameters::ParameterLayout layout_;
};

}  // namespace skerry::node::testing
