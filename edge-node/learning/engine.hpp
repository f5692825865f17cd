#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/ids.hpp"

namespace skerry::node {

/// One row of a mini-step.
struct TrainRow {
    std::uint32_t row = 0;                ///< index into the pool of rows
    std::uint32_t label = 0;              ///< class index
    float weight = 1;                     ///< its share in the step's loss, above 0
    std::optional<std::uint32_t> target;  ///< index into the pool of remembered logits
    /// Above 0: the row is first moved so far, in deviations of each input, by the sign of its loss's slope, without
    /// logit and proximal terms, at the weights of its step. Goodfellow et al. 2015, FGSM.
    float adversarial = 0;
};

using TrainStep = std::vector<TrainRow>;

/// What turns gradients into steps; edge-node/learner/optimisers.hpp has their rules.
enum class Optimiser : std::uint8_t { Adam, AdaGrad, Cocob };

/// The most by which one step may move a rate that follows the hypergradient, as a share of it.
inline constexpr float kHypergradientMax = 0.5F;

/// What an optimiser remembers: so many vectors as long as the parameters, one behind the other; of these the first
/// are sums of magnitudes or squares, never negative.
struct OptimiserShape {
    std::size_t vectors = 0;
    std::size_t magnitudes = 0;
};
[[nodiscard]] constexpr OptimiserShape shape_of(Optimiser optimiser) {
    switch (optimiser) {
        case Optimiser::Adam:
            return {2, 1};  // square, mean
        case Optimiser::AdaGrad:
            return {1, 1};
        case Optimiser::Cocob:
            return {5, 3};
    }
    return {};
}

/// What one train() call does: `steps` in order, each one update of the optimiser on
///
///   L = Σₖ exit_weights[k] · Σᵢ vᵢ·(Cₖᵢ + distillation[k]·T²·tₖᵢ·KL(Tₖᵢ ‖ zₖᵢ)) / Σᵢ vᵢ
///     + logit_weight · Σᵢ∈targets vᵢ·mean((z_deepest,ᵢ − targetᵢ)²) / Σᵢ vᵢ
///     + proximal/2 · ‖θ − anchor‖²
///
/// where Cₖᵢ is CE(zₖᵢ + class_log_prior, yᵢ), and of the deepest exit that the parameters cover
/// (1−a)·CE + a·T²·KL(class_targets[yᵢ] ‖ zₖᵢ) with a = class_target_share;
/// CE is −log((1−ρ)·p + ρ·(1−p)/(classes−1)) of the label's probability p, with ρ = label_noise: the plain one at
/// 0; T = 2, both sides of KL(Tₖᵢ ‖ zₖᵢ) and the exit's of the other are softmax(z / T), the teacher Tₖᵢ is the mean of
/// the deeper exits' logits as they are, not a thing to be trained, and tₖᵢ is 1 where it is right, else 0.
///
/// Patrini et al. 2017, forward correction (label noise), Hinton et al. 2015 (distillation), Jeong et al. 2018 (class
/// targets), Buzzega et al. 2020 (DER++), Menon et al. 2021 (logit adjustment), Li et al. 2020 (FedProx).
struct TrainPlan {
    std::vector<TrainStep> steps;
    std::vector<float> class_log_prior;  ///< [classes], or empty: off
    float label_noise = 0;               ///< the share of labels that are any other class than the truth; below 1
    std::array<float, kTiers> exit_weights{1, 1, 1};
    std::array<float, kTiers> distillation{};  ///< of each exit from those deeper; of the deepest it is not used
    std::vector<float> class_targets;  ///< [classes, classes]: of each true class probabilities; or empty: a is 0
    float class_target_share = 0;      ///< a, at most 1
    Optimiser optimiser = Optimiser::Adam;
    float learning_rate = 0;
    /// Adam only: each step first moves the rate by at most this share, towards what would have made the step before
    /// better. 0: the rate stays. Baydin et al. 2018.
    float hypergradient = 0;
    /// Between which it then stays; the first is at most the second.
    std::array<float, 2> rate_bounds{};
    float gradient_norm_max = 0;  ///< 0: not clipped
    float logit_weight = 0;
    float proximal = 0;
};

/// The memory of the plan's optimiser, as its shape says; or empty with steps = 0.
struct OptimiserState {
    std::vector<float> memory;
    std::uint64_t steps = 0;
};

struct ForwardRequest {
    std::span<const float> parameters;  ///< a tier's whole prefix: it says which exits there are
    std::span<const float> rows;        ///< scaled, not normalised: shape [rows, input.values()]
};

struct ForwardResult {
    std::size_t rows = 0;
    std::size_t exits = 0;
    std::size_t classes = 0;
    std::vector<float> logits;  ///< shape [rows, exits, classes]

    [[nodiscard]] std::span<const float> logits_of(std::size_t row, std::size_t exit) const {
        return std::span(logits).subspan((row * exits + exit) * classes, classes);
    }
};

struct TrainRequest {
    std::span<const float> parameters;  ///< a tier's whole prefix
    const OptimiserState& optimiser;
    std::span<const float> rows;     ///< the pool: shape [rows, input.values()], scaled
    std::span<const float> targets;  ///< remembered logits: shape [targets, classes]
    std::span<const float> anchor;   ///< as long as the parameters where plan.proximal > 0, else empty
    const TrainPlan& plan;
};

struct TrainResult {
    std::vector<float> parameters;  ///< the leading layout.statistics() values are as they came
    OptimiserState optimiser;
    std::vector<float> losses;  ///< L before each step, without the proximal term
    float learning_rate = 0;    ///< of the last step: the plan's, or what its hypergradient made of it
    bool finite = false;        ///< all of it; where false the vectors may hold anything
};

/// Tensor arithmetic on a model's flat vector. Stateless: a request carries all that it needs, so that a lost engine
/// loses nothing but time. One request at a time.
class LearningEngine {
public:
    template <class T>
    using OnDone = std::function<void(Result<T>)>;

    virtual ~LearningEngine() = default;

    /// The logits of every exit that the parameters cover. What the request borrows may go when this returns;
    /// `on_done` may be called before that, and is dropped when the engine is destroyed.
    /// InvalidInput: sizes that do not fit the model. Unavailable: the engine died or took too long. Conflict: busy.
    virtual void forward(const ForwardRequest& request, OnDone<ForwardResult> on_done) = 0;

    /// Runs the plan. Errors and lifetimes: as forward().
    virtual void train(const TrainRequest& request, OnDone<TrainResult> on_done) = 0;

    /// Gives back the memory that it holds, at once: a request in progress ends as Unavailable. The next may take it
    /// again.
    virtual void rest() {}
};

}  // namespace skerry::node
