#include "tests/bench/torch_peer.hpp"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <algorithm>
#include <array>
#include <c10/core/InferenceMode.h>
#include <string>
#include <vector>

namespace skerry::bench {
namespace {

std::vector<std::int64_t> sizes(std::span<const std::size_t> shape) {
    return {shape.begin(), shape.end()};
}

struct Operator {
    parameters::Layer layer;
    at::Tensor weight;
    at::Tensor bias;
};

}  // namespace

struct TorchPeer::Network {
    std::vector<std::int64_t> input_shape;
    std::array<std::vector<Operator>, kTiers> stages;
    std::array<Operator, kTiers> heads;
};

TorchPeer::TorchPeer(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
                     std::span<const float> parameters) {
    at::set_num_threads(1);
    const auto tensor = [&](const std::string& name) {
        const parameters::Block& block = layout.block(name);
        at::Tensor values = at::empty(sizes(block.shape));
        std::copy_n(parameters.data() + block.offset, block.count, values.data_ptr<float>());
        return values;
    };
    Network network;
    network.input_shape = sizes(spec.input.shape);
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        const std::string name(name_of(static_cast<Tier>(tier)));
        for (std::size_t i = 0; i < spec.stages[tier].size(); ++i) {
            const std::string layer = name + "." + std::to_string(i);
            network.stages[tier].push_back({spec.stages[tier][i], tensor(layer + ".weight"), tensor(layer + ".bias")});
        }
        network.heads[tier] = {{}, tensor(name + ".head.weight"), tensor(name + ".head.bias")};
    }
    network_ = std::make_unique<const Network>(std::move(network));
}

TorchPeer::~TorchPeer() = default;

void TorchPeer::run(Path path, bool onednn, std::span<const float> input, std::size_t batch,
                    std::span<float> logits) const {
    const c10::InferenceMode inference;
    at::globalContext().setUserEnabledMkldnn(onednn);
    std::vector<std::int64_t> shape = network_->input_shape;
    shape.insert(shape.begin(), static_cast<std::int64_t>(batch));
    at::Tensor map = at::from_blob(const_cast<float*>(input.data()), shape);  // only read
    float* to = logits.data();
    const std::size_t tiers = path == Path::LightAlone ? 1 : kTiers;
    for (std::size_t tier = 0; tier < tiers; ++tier) {
        for (const Operator& step : network_->stages[tier]) {
            if (step.layer.kind == parameters::Layer::Kind::Dense) {
                map = at::relu(at::linear(map.flatten(1), step.weight, step.bias));
                continue;
            }
            const auto stride = static_cast<std::int64_t>(step.layer.stride);
            const auto padding = static_cast<std::int64_t>(step.layer.kernel / 2);
            map = at::relu(at::conv2d(map, step.weight, step.bias, {stride, stride}, {padding, padding}));
        }
        if (path != Path::HeavyWithAllHeads && tier + 1 < tiers) continue;
        const Operator& head = network_->heads[tier];
        const at::Tensor exit = at::linear(map.flatten(1), head.weight, head.bias).contiguous();
        to = std::copy_n(exit.data_ptr<float>(), exit.numel(), to);
    }
}

}  // namespace skerry::bench
