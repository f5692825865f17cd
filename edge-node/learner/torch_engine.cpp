#include "edge-node/learner/torch_engine.hpp"

#include <cmath>
#include <functional>
#include <malloc.h>
#include <map>

#include <torch/torch.h>

#include "common/parameters/normaliser.hpp"
#include "edge-node/learner/optimisers.hpp"

namespace skerry::node {
namespace {

using at::Tensor;
using parameters::Layer;
using parameters::ModelSpec;
using parameters::ParameterLayout;

std::vector<std::int64_t> sizes(std::span<const std::size_t> shape) {
    return {shape.begin(), shape.end()};
}

// The trained tensors of a flat vector, by name: leaves whose gradients, where wanted, gather in a flat vector too.
std::map<std::string, Tensor, std::less<>> tensors_over(const ParameterLayout& layout, std::span<float> parameters,
                                                        std::span<float> gradient) {
    std::map<std::string, Tensor, std::less<>> tensors;
    for (const parameters::Block& block : layout.blocks()) {
        if (block.offset < layout.statistics() || block.offset + block.count > parameters.size()) continue;
        Tensor tensor = at::from_blob(parameters.data() + block.offset, sizes(block.shape));
        if (!gradient.empty()) {
            tensor.requires_grad_(true);
            tensor.mutable_grad() = at::from_blob(gradient.data() + block.offset, sizes(block.shape));
        }
        tensors.emplace(block.name, std::move(tensor));
    }
    return tensors;
}

Tensor run_layer(const Layer& layer, const Tensor& map, const Tensor& weight, const Tensor& bias) {
    if (layer.kind == Layer::Kind::Dense) return at::relu(at::linear(map.flatten(1), weight, bias));
    const auto stride = static_cast<std::int64_t>(layer.stride);
    const auto padding = static_cast<std::int64_t>(layer.kernel / 2);
    return at::relu(at::conv2d(map, weight, bias, {stride, stride}, {padding, padding}));
}

// Logits of each exit, the lightest first: shape [rows, classes] each.
std::vector<Tensor> run_exits(const ModelSpec& spec, const std::map<std::string, Tensor, std::less<>>& tensors,
                              Tensor map, std::size_t exits) {
    std::vector<Tensor> logits;
    for (std::size_t stage = 0; stage < exits; ++stage) {
        const std::string prefix = std::string(name_of(static_cast<Tier>(stage))) + ".";
        for (std::size_t i = 0; i < spec.stages[stage].size(); ++i) {
            const std::string name = prefix + std::to_string(i);
            map = run_layer(spec.stages[stage][i], map, tensors.at(name + ".weight"), tensors.at(name + ".bias"));
        }
        // The heads' weights are in the order channel, row, column, whatever the memory format of the map.
        logits.push_back(at::linear(map.contiguous().flatten(1), tensors.at(prefix + "head.weight"),
                                    tensors.at(prefix + "head.bias")));
    }
    return logits;
}

// Normalised rows as the first layer wants them.
Tensor input_of(const ModelSpec& spec, const ParameterLayout& layout, std::span<const float> parameters,
                std::span<const float> rows) {
    std::vector<std::int64_t> shape = sizes(spec.input.shape);
    shape.insert(shape.begin(), static_cast<std::int64_t>(rows.size() / spec.input.values()));
    Tensor input = at::empty(shape);
    const std::span<float> values(input.data_ptr<float>(), rows.size());
    std::copy(rows.begin(), rows.end(), values.begin());
    parameters::normalise(parameters::normaliser_of(layout, parameters), spec.input, values);
    return input;
}

// oneDNN's convolutions run a third faster with the channels innermost: 12.5 against 17.8 ms a step of 40 MNIST rows,
// against 33 ms without oneDNN.
Tensor arranged(const Tensor& rows) {
    return rows.dim() == 4 ? rows.contiguous(at::MemoryFormat::ChannelsLast) : rows;
}

struct StepTensors {
    Tensor rows, labels, weights;                 // weights: Σ = 1
    Tensor target_rows, targets, target_weights;  // rows of this step that have a target; empty: none
    Tensor moved_rows, distances;                 // rows of this step that are adversarial; empty: none
};

StepTensors gather(const TrainStep& step, const Tensor& pool, const Tensor& targets) {
    const auto count = static_cast<std::int64_t>(step.size());
    Tensor index = at::empty({count}, at::kLong);
    Tensor labels = at::empty({count}, at::kLong);
    Tensor weights = at::empty({count});
    std::vector<std::int64_t> with_target;
    std::vector<std::int64_t> wanted;
    std::vector<std::int64_t> adversarial;
    std::vector<float> distances;
    for (std::int64_t i = 0; i < count; ++i) {
        const TrainRow& row = step[static_cast<std::size_t>(i)];
        index.data_ptr<std::int64_t>()[i] = row.row;
        labels.data_ptr<std::int64_t>()[i] = row.label;
        weights.data_ptr<float>()[i] = row.weight;
        if (row.adversarial > 0) {
            adversarial.push_back(i);
            distances.push_back(row.adversarial);
        }
        if (!row.target) continue;
        with_target.push_back(i);
        wanted.push_back(*row.target);
    }
    weights /= weights.sum();
    StepTensors tensors{arranged(pool.index_select(0, index)), labels, weights, {}, {}, {}, {}, {}};
    if (!adversarial.empty()) {
        tensors.moved_rows = at::tensor(adversarial);
        std::vector<std::int64_t> shape(static_cast<std::size_t>(pool.dim()), 1);
        shape[0] = static_cast<std::int64_t>(distances.size());
        tensors.distances = at::tensor(distances).reshape(shape);
    }
    if (with_target.empty()) return tensors;
    tensors.target_rows = at::tensor(with_target);
    tensors.targets = targets.index_select(0, at::tensor(wanted));
    tensors.target_weights = weights.index_select(0, tensors.target_rows);
    return tensors;
}

constexpr double kTemperature = 2;

// Each row's T²·KL(teacher ‖ exit), where the teacher is right: nobody learns another's mistake.
Tensor distilled(const StepTensors& step, const std::vector<Tensor>& exits, std::size_t k) {
    Tensor teacher = exits[k + 1].detach();
    for (std::size_t deeper = k + 2; deeper < exits.size(); ++deeper)
        teacher = teacher + exits[deeper].detach();
    teacher = teacher / static_cast<double>(exits.size() - k - 1);
    const Tensor taught = at::log_softmax(teacher / kTemperature, 1);
    const Tensor said = at::log_softmax(exits[k] / kTemperature, 1);
    const Tensor right = teacher.argmax(1).eq(step.labels);
    return (taught.exp() * (taught - said)).sum(1) * right * (kTemperature * kTemperature);
}

// Each row's T²·KL(the targets of its class ‖ exit).
Tensor like_its_class(const StepTensors& step, const Tensor& logits, const Tensor& class_targets) {
    const Tensor taught = class_targets.index_select(0, step.labels);
    const Tensor said = at::log_softmax(logits / kTemperature, 1);
    return (at::xlogy(taught, taught) - taught * said).sum(1) * (kTemperature * kTemperature);
}

// −log((1−ρ)·p + ρ·(1−p)/(classes−1)) of −log p.
Tensor forward_corrected(const Tensor& cross_entropy, float noise, std::int64_t classes) {
    const float another = noise / static_cast<float>(classes - 1);
    return -(another + (1 - noise - another) * (-cross_entropy).exp()).log();
}

// What a plan's loss has of each class, as tensors; undefined: off.
struct ClassTensors {
    Tensor prior;    // [classes]
    Tensor targets;  // [classes, classes]
};

ClassTensors class_tensors(const TrainPlan& plan, std::int64_t classes) {
    ClassTensors tensors;
    if (!plan.class_log_prior.empty()) tensors.prior = at::tensor(at::ArrayRef<float>(plan.class_log_prior));
    if (plan.class_target_share > 0) {
        tensors.targets = at::tensor(at::ArrayRef<float>(plan.class_targets)).reshape({classes, classes});
    }
    return tensors;
}

Tensor loss_of(const StepTensors& step, const std::vector<Tensor>& exits, const TrainPlan& plan,
               const ClassTensors& of_class) {
    Tensor loss = at::zeros({});
    for (std::size_t k = 0; k < exits.size(); ++k) {
        const Tensor adjusted = of_class.prior.defined() ? exits[k] + of_class.prior : exits[k];
        Tensor each = at::nll_loss(at::log_softmax(adjusted, 1), step.labels, {}, at::Reduction::None);
        if (plan.label_noise > 0) each = forward_corrected(each, plan.label_noise, adjusted.size(1));
        if (k + 1 == exits.size() && of_class.targets.defined()) {
            each = (1 - plan.class_target_share) * each +
                   plan.class_target_share * like_its_class(step, exits[k], of_class.targets);
        }
        if (k + 1 < exits.size() && plan.distillation[k] > 0) {
            each = each + plan.distillation[k] * distilled(step, exits, k);
        }
        loss = loss + plan.exit_weights[k] * (each * step.weights).sum();
    }
    if (step.target_rows.defined() && plan.logit_weight > 0) {
        const Tensor gap = exits.back().index_select(0, step.target_rows) - step.targets;
        loss = loss + plan.logit_weight * (gap.square().mean(1) * step.target_weights).sum();
    }
    return loss;
}

// The step with its adversarial rows moved. Their gradient is none of the parameters'.
using Exits = std::function<std::vector<Tensor>(const Tensor&)>;
void move_adversarial(StepTensors& step, const TrainPlan& plan, const ClassTensors& of_class, const Exits& exits) {
    if (!step.moved_rows.defined()) return;
    StepTensors some{step.rows.index_select(0, step.moved_rows).detach().requires_grad_(true),
                     step.labels.index_select(0, step.moved_rows),
                     step.weights.index_select(0, step.moved_rows),
                     {},
                     {},
                     {},
                     {},
                     {}};
    const Tensor loss = loss_of(some, exits(some.rows), plan, of_class);
    const Tensor slope = torch::autograd::grad({loss}, {some.rows})[0];
    step.rows = arranged(step.rows.index_copy(0, step.moved_rows, some.rows.detach() + step.distances * slope.sign()));
}

bool all_finite(std::span<const float> values) {
    // A sum is finite only where every term is, short of an overflow that is as bad.
    double sum = 0;
    for (const float value : values)
        sum += std::abs(double{value});
    return std::isfinite(sum);
}

tl::unexpected<Error> torch_failed(const std::exception& error) {
    return fail(ErrorCode::Internal, std::string("LibTorch failed: ") + error.what());
}

}  // namespace

void prepare_torch() {
    // Tensors of megabytes come and go each layer. Left to itself malloc maps and unmaps each, and the kernel's page
    // faults take as long as the arithmetic. What is kept goes back when the child leaves.
    ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
    ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
    ::mallopt(M_TOP_PAD, 32 << 20);
    ::mallopt(M_ARENA_MAX, 1);                                               // two threads that take turns
    if (at::get_num_interop_threads() != 1) at::set_num_interop_threads(1);  // it may be set once
    prepare_torch_thread();
}

void prepare_torch_thread() {
    at::set_num_threads(1);
}

Result<TorchEngine> TorchEngine::load(std::string_view canonical_text) {
    ModelSpec spec = SKERRY_TRY(parameters::parse_model(canonical_text));
    ParameterLayout layout = SKERRY_TRY(ParameterLayout::of(spec));
    return TorchEngine(std::move(spec), std::move(layout));
}

Result<std::size_t> TorchEngine::exits_of(std::size_t parameters) const {
    return static_cast<std::size_t>(SKERRY_TRY(layout_.tier_of_prefix(parameters))) + 1;
}

Result<std::size_t> TorchEngine::rows_in(std::span<const float> rows) const {
    if (rows.empty() || rows.size() % spec_.input.values() != 0) {
        return fail(ErrorCode::InvalidInput, std::to_string(rows.size()) + " values are no whole number of rows of " +
                                                 std::to_string(spec_.input.values()));
    }
    return rows.size() / spec_.input.values();
}

Result<> TorchEngine::forward(std::span<const float> parameters, std::span<const float> rows,
                              std::span<float> logits) const try {
    const std::size_t exits = SKERRY_TRY(exits_of(parameters.size()));
    const std::size_t count = SKERRY_TRY(rows_in(rows));
    const std::size_t classes = spec_.classes.size();
    if (logits.size() != count * exits * classes) {
        return fail(ErrorCode::InvalidInput, "the room for logits does not fit rows, exits and classes");
    }
    const c10::InferenceMode inference;
    // from_blob takes no const; nothing below writes.
    const std::span<float> borrowed(const_cast<float*>(parameters.data()), parameters.size());
    const auto tensors = tensors_over(layout_, borrowed, {});
    const Tensor input = arranged(input_of(spec_, layout_, parameters, rows));
    const Tensor stacked = at::stack(run_exits(spec_, tensors, input, exits), 1).contiguous();
    std::copy_n(stacked.data_ptr<float>(), logits.size(), logits.begin());
    return {};
} catch (const std::exception& error) {
    return torch_failed(error);
}

Result<TorchEngine::Trained> TorchEngine::train(const Training& training, const TrainPlan& plan,
                                                const RunPiece& run) const try {
    const std::size_t exits = SKERRY_TRY(exits_of(training.parameters.size()));
    static_cast<void>(SKERRY_TRY(rows_in(training.rows)));
    const std::size_t size = training.parameters.size();
    const std::size_t classes = spec_.classes.size();
    const bool fits = training.memory.size() == shape_of(plan.optimiser).vectors * size &&
                      training.losses.size() == plan.steps.size() && training.targets.size() % classes == 0 &&
                      training.anchor.size() == (plan.proximal > 0 ? size : 0) &&
                      (plan.class_target_share == 0 || plan.class_targets.size() == classes * classes);
    if (!fits) return fail(ErrorCode::InvalidInput, "memory, anchor, targets or losses do not fit the parameters");

    std::vector<float> gradient(size, 0.0F);
    const auto tensors = tensors_over(layout_, training.parameters, gradient);
    const Tensor pool = input_of(spec_, layout_, training.parameters, training.rows);
    Tensor targets =
        at::empty({static_cast<std::int64_t>(training.targets.size() / classes), static_cast<std::int64_t>(classes)});
    std::copy(training.targets.begin(), training.targets.end(), targets.data_ptr<float>());
    const ClassTensors of_class = class_tensors(plan, static_cast<std::int64_t>(classes));

    const std::size_t first = layout_.statistics();
    const auto trained = [first](auto span) { return span.subspan(first); };
    const OptimiserMemory memory(training.memory, size, first);
    float rate = plan.learning_rate;
    const auto learn = [&](std::size_t s) {
        std::fill(gradient.begin(), gradient.end(), 0.0F);
        StepTensors step = gather(plan.steps[s], pool, targets);
        const auto answer = [&](const Tensor& rows) { return run_exits(spec_, tensors, rows, exits); };
        move_adversarial(step, plan, of_class, answer);
        const Tensor loss = loss_of(step, answer(step.rows), plan, of_class);
        loss.backward();
        training.losses[s] = loss.item<float>();
        if (plan.proximal > 0) {
            for (std::size_t i = first; i < size; ++i) {
                gradient[i] += plan.proximal * (training.parameters[i] - training.anchor[i]);
            }
        }
        const double norm = clip_norm(trained(std::span(gradient)), plan.gradient_norm_max);
        if (!std::isfinite(norm) || !std::isfinite(training.losses[s])) return false;
        const auto slope = trained(std::span<const float>(gradient));
        if (plan.hypergradient > 0) {
            rate = std::clamp(hypergradient_rate(rate, plan.hypergradient, slope, memory), plan.rate_bounds[0],
                              plan.rate_bounds[1]);
        }
        update(plan.optimiser, trained(training.parameters), slope, memory, training.steps_before + s + 1, rate);
        return true;
    };
    for (std::size_t s = 0; s < plan.steps.size(); ++s) {
        bool finite = false;
        run([&] { finite = learn(s); });
        if (!finite) return Trained{};
    }
    return Trained{all_finite(training.parameters) && all_finite(training.memory) && std::isfinite(rate), rate};
} catch (const std::exception& error) {
    return torch_failed(error);
}

}  // namespace skerry::node
