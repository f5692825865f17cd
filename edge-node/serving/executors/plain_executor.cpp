#include "edge-node/serving/executors/plain_executor.hpp"

#include <algorithm>
#include <array>

#include "edge-node/serving/executors/packed_layer.hpp"
#include "edge-node/serving/executors/plain_kernel.hpp"

namespace skerry::node {
namespace {

using parameters::MapShape;
using plain::kBlock;

static_assert(kBlock == PackedLayer::kBlock);

/// Copies a map into a frame of zeros `padding` wide, in the order row, column, channel.
void pad(const MapShape& map, std::size_t padding, bool channel_major, const float* in, std::vector<float>& padded) {
    const std::size_t width = map.width + 2 * padding;
    padded.assign(width * (map.height + 2 * padding) * map.channels, 0.0F);
    for (std::size_t y = 0; y < map.height; ++y) {
        float* out = &padded[((y + padding) * width + padding) * map.channels];
        if (!channel_major || map.channels == 1) {
            std::copy_n(in + y * map.width * map.channels, map.width * map.channels, out);
            continue;
        }
        for (std::size_t x = 0; x < map.width; ++x) {
            for (std::size_t c = 0; c < map.channels; ++c)
                *out++ = in[(c * map.height + y) * map.width + x];
        }
    }
}

class PlainExecutor final : public Executor {
public:
    explicit PlainExecutor(const NetworkSource& network) {
        for (std::size_t tier = 0; tier < network.tiers(); ++tier) {
            for (const LayerSource& layer : network.stages[tier])
                stages_[tier].push_back(pack(layer));
            heads_[tier] = pack(network.heads[tier]);
        }
    }

    void run_stage(Tier stage, std::span<const float> in, std::span<float> map, std::size_t batch,
                   ExecutorScratch& scratch) const override {
        const std::vector<PackedLayer>& layers = stages_[static_cast<std::size_t>(stage)];
        SKERRY_ASSERT(!layers.empty() && layers.front().blocks() > 0);
        const std::size_t in_values = layers.front().in.values();
        const std::size_t out_values = layers.back().out.values();
        SKERRY_ASSERT(in.size() == batch * in_values && map.size() == batch * out_values);
        for (std::size_t row = 0; row < batch; ++row) {
            const float* from = in.data() + row * in_values;
            for (const PackedLayer& layer : layers) {
                if (layer.padding() > 0 || layer.channel_major_in) {
                    pad(layer.in, layer.padding(), layer.channel_major_in, from, scratch.padded);
                    from = scratch.padded.data();
                }
                float* to = map.data() + row * out_values;
                if (&layer != &layers.back()) {
                    scratch.out.swap(scratch.in);  // the layer before wrote what this one reads
                    if (scratch.out.size() < layer.out.values()) scratch.out.resize(layer.out.values());
                    to = scratch.out.data();
                }
                run(layer, from, to);
                from = to;
            }
        }
    }

    void head(Tier tier, std::span<const float> map, std::span<float> logits, std::size_t batch) const override {
        const PackedLayer& head = heads_[static_cast<std::size_t>(tier)];
        SKERRY_ASSERT(head.blocks() > 0 && map.size() == batch * head.in.values() &&
                      logits.size() == batch * head.out.channels);
        run_dense(head, map.data(), logits.data(), batch);
    }

private:
    /// `in` is padded.
    void run(const PackedLayer& layer, const float* in, float* out) const {
        if (!layer.conv()) return run_dense(layer, in, out, 1);
        const std::size_t channels = layer.in.channels;
        const std::size_t row_values = (layer.in.width + 2 * layer.padding()) * channels;
        for (std::size_t block = 0; block < layer.blocks(); ++block) {
            for (std::size_t y = 0; y < layer.out.height; ++y) {
                run_block(layer, block,
                          {.in = in + y * layer.layer.stride * row_values,
                           .pixel_stride = layer.layer.stride * channels,
                           .row_stride = row_values,
                           .out = out + y * layer.out.width * layer.out.channels,
                           .pixels = layer.out.width});
            }
        }
    }

    void run_dense(const PackedLayer& layer, const float* in, float* out, std::size_t batch) const {
        for (std::size_t block = 0; block < layer.blocks(); ++block) {
            run_block(layer, block,
                      {.in = in, .pixel_stride = layer.in.values(), .row_stride = 0, .out = out, .pixels = batch});
        }
    }

    struct Placement {
        const float* in;
        std::size_t pixel_stride;
        std::size_t row_stride;
        float* out;
        std::size_t pixels;
    };
    void run_block(const PackedLayer& layer, std::size_t block, const Placement& at) const {
        const std::size_t first = block * kBlock;
        kernel_({.in = at.in,
                 .pixel_stride = at.pixel_stride,
                 .row_stride = at.row_stride,
                 .rows = layer.rows,
                 .run = layer.run,
                 .weights = layer.weights_of(block),
                 .bias = &layer.bias[first],
                 .out = at.out + first,
                 .out_stride = layer.out.channels,
                 .pixels = at.pixels,
                 .width = std::min(kBlock, layer.out.channels - first),
                 .relu = layer.relu});
    }

    plain::Kernel kernel_ = plain::best_kernel();
    std::array<std::vector<PackedLayer>, kTiers> stages_;
    std::array<PackedLayer, kTiers> heads_;
};

}  // namespace

Result<std::unique_ptr<const Executor>> plain_executor(const parameters::ModelSpec& spec,
                                                       const parameters::ParameterLayout& layout,
                                                       std::span<const float> parameters) {
    return plain_executor_of(SKERRY_TRY(network_of(spec, layout, parameters)));
}

std::unique_ptr<const Executor> plain_executor_of(const NetworkSource& network) {
    return std::make_unique<const PlainExecutor>(network);
}

}  // namespace skerry::node
