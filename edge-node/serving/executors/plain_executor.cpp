#include "edge-node/serving/executors/plain_executor.hpp"

#include <algorithm>
#include <array>

#include "common/parameters/map_shape.hpp"
#include "edge-node/serving/executors/plain_kernel.hpp"

namespace skerry::node {
namespace {

using parameters::Layer;
using parameters::MapShape;
using plain::kBlock;

/// One layer or head with its weights in the kernel's order: shape [⌈outputs/kBlock⌉, rows, run, kBlock].
struct PackedLayer {
    Layer layer;
    MapShape in;
    MapShape out;
    std::size_t rows = 1;  ///< kernel rows
    std::size_t run = 0;   ///< inputs of one kernel row
    std::vector<float> weights;
    std::vector<float> bias;

    [[nodiscard]] std::size_t padding() const { return layer.kind == Layer::Kind::Conv ? layer.kernel / 2 : 0; }
    [[nodiscard]] std::size_t blocks() const { return bias.size() / kBlock; }
};

/// Where the layout keeps the weight from input i of kernel row r to output o.
std::size_t source_of(const PackedLayer& packed, std::size_t o, std::size_t r, std::size_t i) {
    const std::size_t channel = i % packed.in.channels;
    const std::size_t pixel = i / packed.in.channels;
    if (packed.layer.kind == Layer::Kind::Conv) {
        const std::size_t kernel = packed.layer.kernel;
        return ((o * packed.in.channels + channel) * kernel + r) * kernel + pixel;
    }
    // Layouts flatten a map channel by channel; our maps lie pixel by pixel.
    const std::size_t pixels = packed.in.height * packed.in.width;
    return (o * packed.in.channels + channel) * pixels + pixel;
}

PackedLayer pack(const Layer& layer, const MapShape& in, std::span<const float> weights, std::span<const float> bias) {
    PackedLayer packed;
    packed.layer = layer;
    packed.in = in;
    packed.out = map_after(in, layer);
    const bool conv = layer.kind == Layer::Kind::Conv;
    packed.rows = conv ? layer.kernel : 1;
    packed.run = conv ? layer.kernel * in.channels : in.values();
    const std::size_t blocks = (layer.width + kBlock - 1) / kBlock;
    packed.bias.assign(blocks * kBlock, 0.0F);
    std::copy(bias.begin(), bias.end(), packed.bias.begin());
    packed.weights.assign(blocks * packed.rows * packed.run * kBlock, 0.0F);
    for (std::size_t o = 0; o < layer.width; ++o) {
        float* target = &packed.weights[o / kBlock * packed.rows * packed.run * kBlock + o % kBlock];
        for (std::size_t r = 0; r < packed.rows; ++r) {
            for (std::size_t i = 0; i < packed.run; ++i, target += kBlock) {
                *target = weights[source_of(packed, o, r, i)];
            }
        }
    }
    return packed;
}

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
    PlainExecutor(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout, Tier held,
                  std::span<const float> values) {
        const auto tensor = [&](const std::string& name) {
            const parameters::Block& block = layout.block(name);
            return values.subspan(block.offset, block.count);
        };
        MapShape map = parameters::map_of(spec.input);
        channel_major_input_ = map.channels > 1 && map.height * map.width > 1;
        for (std::size_t stage = 0; stage <= static_cast<std::size_t>(held); ++stage) {
            const std::string tier(name_of(static_cast<Tier>(stage)));
            for (std::size_t i = 0; i < spec.stages[stage].size(); ++i) {
                const std::string name = tier + "." + std::to_string(i);
                stages_[stage].push_back(
                    pack(spec.stages[stage][i], map, tensor(name + ".weight"), tensor(name + ".bias")));
                map = stages_[stage].back().out;
            }
            const Layer head{Layer::Kind::Dense, spec.classes.size(), 1, 1};
            heads_[stage] = pack(head, map, tensor(tier + ".head.weight"), tensor(tier + ".head.bias"));
        }
    }

    void run_stage(Tier stage, std::span<const float> in, std::span<float> map, std::size_t batch,
                   ExecutorScratch& scratch) const override {
        const std::vector<PackedLayer>& layers = stages_[static_cast<std::size_t>(stage)];
        SKERRY_ASSERT(!layers.empty());
        const std::size_t in_values = layers.front().in.values();
        const std::size_t out_values = layers.back().out.values();
        SKERRY_ASSERT(in.size() == batch * in_values && map.size() == batch * out_values);
        for (std::size_t row = 0; row < batch; ++row) {
            const float* from = in.data() + row * in_values;
            bool channel_major = stage == Tier::Light && channel_major_input_;
            for (const PackedLayer& layer : layers) {
                if (layer.padding() > 0 || channel_major) {
                    pad(layer.in, layer.padding(), channel_major, from, scratch.padded);
                    from = scratch.padded.data();
                    channel_major = false;
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
        SKERRY_ASSERT(map.size() == batch * head.in.values() && logits.size() == batch * head.out.channels);
        run_dense(head, map.data(), logits.data(), batch, false);
    }

private:
    /// `in` is padded.
    void run(const PackedLayer& layer, const float* in, float* out) const {
        if (layer.layer.kind == Layer::Kind::Dense) return run_dense(layer, in, out, 1, true);
        const std::size_t channels = layer.in.channels;
        const std::size_t row_values = (layer.in.width + 2 * layer.padding()) * channels;
        for (std::size_t block = 0; block < layer.blocks(); ++block) {
            for (std::size_t y = 0; y < layer.out.height; ++y) {
                run_block(layer, block,
                          {.in = in + y * layer.layer.stride * row_values,
                           .pixel_stride = layer.layer.stride * channels,
                           .row_stride = row_values,
                           .out = out + y * layer.out.width * layer.out.channels,
                           .pixels = layer.out.width,
                           .relu = true});
            }
        }
    }

    void run_dense(const PackedLayer& layer, const float* in, float* out, std::size_t batch, bool relu) const {
        for (std::size_t block = 0; block < layer.blocks(); ++block) {
            run_block(layer, block,
                      {.in = in,
                       .pixel_stride = layer.in.values(),
                       .row_stride = 0,
                       .out = out,
                       .pixels = batch,
                       .relu = relu});
        }
    }

    struct Placement {
        const float* in;
        std::size_t pixel_stride;
        std::size_t row_stride;
        float* out;
        std::size_t pixels;
        bool relu;
    };
    void run_block(const PackedLayer& layer, std::size_t block, const Placement& at) const {
        const std::size_t first = block * kBlock;
        kernel_({.in = at.in,
                 .pixel_stride = at.pixel_stride,
                 .row_stride = at.row_stride,
                 .rows = layer.rows,
                 .run = layer.run,
                 .weights = &layer.weights[first * layer.rows * layer.run],
                 .bias = &layer.bias[first],
                 .out = at.out + first,
                 .out_stride = layer.out.channels,
                 .pixels = at.pixels,
                 .width = std::min(kBlock, layer.out.channels - first),
                 .relu = at.relu});
    }

    plain::Kernel kernel_ = plain::best_kernel();
    std::array<std::vector<PackedLayer>, kTiers> stages_;
    std::array<PackedLayer, kTiers> heads_;
    bool channel_major_input_ = false;
};

}  // namespace

Result<std::unique_ptr<const Executor>> plain_executor(const parameters::ModelSpec& spec,
                                                       const parameters::ParameterLayout& layout,
                                                       std::span<const float> parameters) {
    const Tier held = SKERRY_TRY(layout.tier_of_prefix(parameters.size()));
    return std::make_unique<const PlainExecutor>(spec, layout, held, parameters);
}

}  // namespace skerry::node
