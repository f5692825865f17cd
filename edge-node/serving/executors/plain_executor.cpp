#include "edge-node/serving/executors/plain_executor.hpp"

#include <algorithm>
#include <array>
#include <cstring>

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

struct Placement {
    const float* in;
    std::size_t pixel_stride;
    std::size_t row_stride;
    float* out;
    std::size_t pixels;
};

using FourSums = float __attribute__((vector_size(4 * sizeof(float))));

FourSums four_at(const float* from) {
    FourSums values;
    std::memcpy(&values, from, sizeof values);
    return values;
}

/// Σ a[i]·b[i], of sixteen sums side by side.
float dot(const float* a, const float* b, std::size_t count) {
    constexpr std::size_t kSums = 4, kLanes = 4;
    FourSums sums[kSums] = {};
    std::size_t i = 0;
    for (; i + kSums * kLanes <= count; i += kSums * kLanes) {
        for (std::size_t s = 0; s < kSums; ++s)
            sums[s] += four_at(a + i + s * kLanes) * four_at(b + i + s * kLanes);
    }
    const FourSums four = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    float sum = (four[0] + four[1]) + (four[2] + four[3]);
    for (; i < count; ++i)
        sum += a[i] * b[i];
    return sum;
}

/// A layer that was packed before.
class Packed {
public:
    Packed() = default;
    explicit Packed(const LayerSource& source) : layer_(pack(source)) {}

    [[nodiscard]] const PackedLayer& shape() const { return layer_; }
    [[nodiscard]] bool empty() const { return layer_.blocks() == 0; }
    /// Calls `use` with a packed layer, its block and the first output of that.
    template <class Use>
    void each_block(const Use& use) const {
        for (std::size_t block = 0; block < layer_.blocks(); ++block)
            use(layer_, block, block * kBlock);
    }
    [[nodiscard]] static bool run_in_place(const float*, float*, std::size_t) { return false; }

private:
    PackedLayer layer_;
};

/// One that is packed a block at a time, or not at all where the flat vector has its weights in our order.
class Unpacked {
public:
    Unpacked() = default;
    explicit Unpacked(const LayerSource& source) : source_(source), shape_(pack(outputs(0, 0))) {}

    [[nodiscard]] const PackedLayer& shape() const { return shape_; }
    [[nodiscard]] bool empty() const { return source_.bias.empty(); }
    template <class Use>
    void each_block(const Use& use) const {
        for (std::size_t first = 0; first < source_.bias.size(); first += kBlock)
            use(pack(outputs(first, std::min(kBlock, source_.bias.size() - first))), 0, first);
    }
    /// A dense layer. False: it has to be packed.
    [[nodiscard]] bool run_in_place(const float* in, float* out, std::size_t batch) const {
        const std::size_t inputs = source_.in.values(), outputs = source_.bias.size();
        if (source_.in.channels != 1 && source_.in.channels != inputs) return false;
        for (std::size_t o = 0; o < outputs; ++o) {
            const float* const weights = source_.weights.data() + o * inputs;
            for (std::size_t row = 0; row < batch; ++row) {
                const float sum = source_.bias[o] + dot(weights, in + row * inputs, inputs);
                out[row * outputs + o] = source_.relu && !(sum > 0) ? 0.0F : sum;
            }
        }
        return true;
    }

private:
    [[nodiscard]] LayerSource outputs(std::size_t first, std::size_t count) const {
        LayerSource some = source_;
        if (source_.bias.empty()) return some;
        const std::size_t each = source_.weights.size() / source_.bias.size();
        some.layer.width = count;
        some.weights = source_.weights.subspan(first * each, count * each);
        some.bias = source_.bias.subspan(first, count);
        return some;
    }

    LayerSource source_;
    PackedLayer shape_;  ///< without weights
};

template <class Kept>
class PlainExecutor final : public Executor {
public:
    explicit PlainExecutor(const NetworkSource& network) {
        for (std::size_t tier = 0; tier < network.tiers(); ++tier) {
            for (const LayerSource& layer : network.stages[tier])
                stages_[tier].emplace_back(layer);
            heads_[tier] = Kept(network.heads[tier]);
        }
    }

    void run_stage(Tier stage, std::span<const float> in, std::span<float> map, std::size_t batch,
                   ExecutorScratch& scratch) const override {
        const std::vector<Kept>& layers = stages_[static_cast<std::size_t>(stage)];
        SKERRY_ASSERT(!layers.empty() && !layers.front().empty());
        const std::size_t in_values = layers.front().shape().in.values();
        const std::size_t out_values = layers.back().shape().out.values();
        SKERRY_ASSERT(in.size() == batch * in_values && map.size() == batch * out_values);
        for (std::size_t row = 0; row < batch; ++row) {
            const float* from = in.data() + row * in_values;
            for (const Kept& kept : layers) {
                const PackedLayer& layer = kept.shape();
                if (layer.padding() > 0 || layer.channel_major_in) {
                    pad(layer.in, layer.padding(), layer.channel_major_in, from, scratch.padded);
                    from = scratch.padded.data();
                }
                float* to = map.data() + row * out_values;
                if (&kept != &layers.back()) {
                    scratch.out.swap(scratch.in);  // the layer before wrote what this one reads
                    if (scratch.out.size() < layer.out.values()) scratch.out.resize(layer.out.values());
                    to = scratch.out.data();
                }
                run(kept, from, to);
                from = to;
            }
        }
    }

    void head(Tier tier, std::span<const float> map, std::span<float> logits, std::size_t batch) const override {
        const Kept& head = heads_[static_cast<std::size_t>(tier)];
        SKERRY_ASSERT(!head.empty() && map.size() == batch * head.shape().in.values() &&
                      logits.size() == batch * head.shape().out.channels);
        run_dense(head, map.data(), logits.data(), batch);
    }

private:
    /// `in` is padded.
    void run(const Kept& kept, const float* in, float* out) const {
        const PackedLayer& shape = kept.shape();
        if (!shape.conv()) return run_dense(kept, in, out, 1);
        const std::size_t channels = shape.in.channels;
        const std::size_t row_values = (shape.in.width + 2 * shape.padding()) * channels;
        kept.each_block([&](const PackedLayer& layer, std::size_t block, std::size_t first) {
            for (std::size_t y = 0; y < shape.out.height; ++y) {
                run_block(layer, block, first,
                          {.in = in + y * shape.layer.stride * row_values,
                           .pixel_stride = shape.layer.stride * channels,
                           .row_stride = row_values,
                           .out = out + y * shape.out.width * shape.out.channels,
                           .pixels = shape.out.width});
            }
        });
    }

    void run_dense(const Kept& kept, const float* in, float* out, std::size_t batch) const {
        if (kept.run_in_place(in, out, batch)) return;
        const std::size_t values = kept.shape().in.values();
        kept.each_block([&](const PackedLayer& layer, std::size_t block, std::size_t first) {
            run_block(layer, block, first,
                      {.in = in, .pixel_stride = values, .row_stride = 0, .out = out, .pixels = batch});
        });
    }

    /// `first`: the layer's output that the block begins with.
    void run_block(const PackedLayer& layer, std::size_t block, std::size_t first, const Placement& at) const {
        kernel_({.in = at.in,
                 .pixel_stride = at.pixel_stride,
                 .row_stride = at.row_stride,
                 .rows = layer.rows,
                 .run = layer.run,
                 .weights = layer.weights_of(block),
                 .bias = &layer.bias[block * kBlock],
                 .out = at.out + first,
                 .out_stride = layer.out.channels,
                 .pixels = at.pixels,
                 .width = std::min(kBlock, layer.out.channels - first),
                 .relu = layer.relu});
    }

    plain::Kernel kernel_ = plain::best_kernel();
    std::array<std::vector<Kept>, kTiers> stages_;
    std::array<Kept, kTiers> heads_;
};

}  // namespace

Result<std::unique_ptr<const Executor>> plain_executor(const parameters::ModelSpec& spec,
                                                       const parameters::ParameterLayout& layout,
                                                       std::span<const float> parameters) {
    return plain_executor_of(SKERRY_TRY(network_of(spec, layout, parameters)));
}

std::unique_ptr<const Executor> plain_executor_of(const NetworkSource& network) {
    return std::make_unique<const PlainExecutor<Packed>>(network);
}

std::unique_ptr<const Executor> unpacked_executor_of(const NetworkSource& network) {
    return std::make_unique<const PlainExecutor<Unpacked>>(network);
}

Result<std::unique_ptr<const Executor>> unpacked_executor(const parameters::ModelSpec& spec,
                                                          const parameters::ParameterLayout& layout,
                                                          std::span<const float> parameters) {
    return unpacked_executor_of(SKERRY_TRY(network_of(spec, layout, parameters)));
}

}  // namespace skerry::node
