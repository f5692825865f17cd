#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "common/parameters/layout.hpp"
#include "common/parameters/model_spec.hpp"
#include "common/threads/idle_time.hpp"
#include "edge-node/learning/engine.hpp"

namespace skerry::node {

/// The tensor arithmetic of one declared model, in LibTorch, on one thread. Keeps nothing but the declaration.
class TorchEngine {
public:
    /// InvalidInput: the text declares no usable model.
    [[nodiscard]] static Result<TorchEngine> load(std::string_view canonical_text);

    [[nodiscard]] const parameters::ModelSpec& spec() const { return spec_; }

    /// Fills `logits`, shape [rows, exits, classes], with what every exit that `parameters` cover answers.
    /// InvalidInput: sizes that do not fit the model. Internal: LibTorch failed.
    [[nodiscard]] Result<> forward(std::span<const float> parameters, std::span<const float> rows,
                                   std::span<float> logits) const;

    struct Training {
        std::span<float> parameters;  ///< replaced, but for the leading statistics
        std::span<float> memory;      ///< of the plan's optimiser; replaced
        std::uint64_t steps_before = 0;
        std::span<const float> rows;
        std::span<const float> targets;
        std::span<const float> anchor;
        std::span<float> losses;  ///< one a step of the plan
    };
    struct Trained {
        bool finite = false;      ///< else something overflowed, and nothing here can be used
        float learning_rate = 0;  ///< at the end
    };
    /// Runs the plan (engine.hpp says what it is), each of its steps through `run`. Errors as forward(). Cost: on one
    /// core of a 2024 server 12 ms a step of 40 rows for the MNIST template.
    [[nodiscard]] Result<Trained> train(const Training& training, const TrainPlan& plan, const RunPiece& run) const;

private:
    TorchEngine(parameters::ModelSpec spec, parameters::ParameterLayout layout)
        : spec_(std::move(spec)), layout_(std::move(layout)) {}

    /// How many exits a vector of this length has. InvalidInput: none.
    [[nodiscard]] Result<std::size_t> exits_of(std::size_t parameters) const;
    [[nodiscard]] Result<std::size_t> rows_in(std::span<const float> rows) const;

    parameters::ModelSpec spec_;
    parameters::ParameterLayout layout_;
};

/// How memory is had, and one thread for all: call once before the first engine.
void prepare_torch();
/// The part of it that each thread needs which is to run an engine.
void prepare_torch_thread();

}  // namespace skerry::node
