#include "edge-node/serving/executors/fused_executor.hpp"

#include <algorithm>
#include <array>

#include "edge-node/serving/executors/fused_kernel.hpp"
#include "edge-node/serving/executors/packed_layer.hpp"

namespace skerry::node {
namespace fused {

Kernel best_kernel() {
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0 ? run_tile : nullptr;
#elif defined(__aarch64__)
    return run_tile;
#else
    return nullptr;
#endif
}

}  // namespace fused

namespace {

using parameters::MapShape;

/// A batch of maps, each inside a frame of zeros `padding` wide, in the order row, column, channel.
struct Frame {
    MapShape map;
    std::size_t padding = 0;

    [[nodiscard]] std::size_t row_values() const { return (map.width + 2 * padding) * map.channels; }
    [[nodiscard]] std::size_t values() const { return row_values() * (map.height + 2 * padding); }
    /// Of the map's first value.
    [[nodiscard]] std::size_t first() const { return padding * (row_values() + map.channels); }
};

void clear_border(const Frame& frame, float* values) {
    if (frame.padding == 0) return;
    const std::size_t side = frame.padding * frame.map.channels;
    const std::size_t above = frame.padding * frame.row_values();
    std::fill_n(values, above + side, 0.0F);
    for (std::size_t y = 0; y < frame.map.height; ++y) {
        // The right side of this row and the left side of the next.
        float* right = values + above + y * frame.row_values() + side + frame.map.width * frame.map.channels;
        std::fill_n(right, 2 * side, 0.0F);
    }
    std::fill_n(values + frame.values() - above + side, above - side, 0.0F);
}

/// Copies a map into its frame.
void enclose(const Frame& frame, bool channel_major, const float* in, float* values) {
    clear_border(frame, values);
    const MapShape& map = frame.map;
    for (std::size_t y = 0; y < map.height; ++y) {
        float* out = values + frame.first() + y * frame.row_values();
        if (!channel_major) {
            std::copy_n(in + y * map.width * map.channels, map.width * map.channels, out);
            continue;
        }
        for (std::size_t x = 0; x < map.width; ++x) {
            for (std::size_t c = 0; c < map.channels; ++c)
                *out++ = in[(c * map.height + y) * map.width + x];
        }
    }
}

/// A layer or a head: packed, or read where the flat vector has it.
struct Kept {
    Kept() = default;
    explicit Kept(const LayerSource& source)
        // Of one channel or one pixel, our order of a map's values is the vector's.
        : in_place(!source.conv() && (source.in.channels == 1 || source.in.channels == source.in.values())),
          borrowed(source),
          layer(pack(in_place ? without_weights(source) : source)) {}

    [[nodiscard]] bool empty() const { return in_place ? borrowed.weights.empty() : layer.blocks() == 0; }

    bool in_place = false;
    LayerSource borrowed;
    PackedLayer layer;

private:
    static LayerSource without_weights(LayerSource source) {
        source.weights = source.bias = {};
        return source;
    }
};

class FusedExecutor final : public Executor {
public:
    FusedExecutor(const NetworkSource& network, fused::Kernel kernel) : kernel_(kernel) {
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
        const PackedLayer& first = layers.front().layer;
        SKERRY_ASSERT(in.size() == batch * first.in.values() && map.size() == batch * layers.back().layer.out.values());
        Frame from{first.in, first.padding()};
        const float* values = in.data();
        if (from.padding > 0 || first.channel_major_in) {
            float* framed = sized(scratch.padded, batch * from.values());
            for (std::size_t row = 0; row < batch; ++row)
                enclose(from, first.channel_major_in, in.data() + row * first.in.values(),
                        framed + row * from.values());
            values = framed;
        }
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const bool last = i + 1 == layers.size();
            const Frame to{layers[i].layer.out, last ? 0 : layers[i + 1].layer.padding()};
            float* out = map.data();
            if (!last) {
                scratch.out.swap(scratch.in);  // the layer before wrote what this one reads
                out = sized(scratch.out, batch * to.values());
                for (std::size_t row = 0; row < batch; ++row)
                    clear_border(to, out + row * to.values());
            }
            run(layers[i], from, values, to, out, batch);
            from = to;
            values = out;
        }
    }

    void head(Tier tier, std::span<const float> map, std::span<float> logits, std::size_t batch) const override {
        const Kept& head = heads_[static_cast<std::size_t>(tier)];
        const MapShape &from = head.layer.in, &to = head.layer.out;
        SKERRY_ASSERT(!head.empty() && map.size() == batch * from.values() && logits.size() == batch * to.channels);
        run(head, {from, 0}, map.data(), {to, 0}, logits.data(), batch);
    }

private:
    static float* sized(std::vector<float>& buffer, std::size_t values) {
        if (buffer.size() < values) buffer.resize(values);
        return buffer.data();
    }

    void run(const Kept& kept, const Frame& from, const float* in, const Frame& to, float* out,
             std::size_t batch) const {
        if (!kept.in_place) return run_packed(kept.layer, from, in, to, out, batch);
        const LayerSource& layer = kept.borrowed;
        fused::run_dense({.in = in,
                          .in_stride = from.values(),
                          .out = out + to.first(),
                          .out_stride = to.values(),
                          .samples = batch,
                          .weights = layer.weights.data(),
                          .bias = layer.bias.data(),
                          .outputs = layer.bias.size(),
                          .inputs = from.values(),
                          .relu = layer.relu});
    }

    void run_packed(const PackedLayer& layer, const Frame& from, const float* in, const Frame& to, float* out,
                    std::size_t batch) const {
        const MapShape& map = layer.out;
        const std::size_t pixel_stride = layer.conv() ? layer.layer.stride * layer.in.channels : 0;
        const std::size_t row_stride = layer.conv() ? layer.layer.stride * from.row_values() : 0;
        const std::size_t pixels = batch * map.height * map.width;
        const std::size_t tiles = (pixels + fused::kTilePixels - 1) / fused::kTilePixels;
        for (std::size_t block = 0; block < layer.blocks(); ++block) {
            const std::size_t first = block * PackedLayer::kBlock;
            fused::Tile tile{};
            tile.row_stride = from.row_values();
            tile.rows = layer.rows;
            tile.run = layer.run;
            tile.weights = layer.weights_of(block);
            tile.bias = &layer.bias[first];
            tile.width = std::min(PackedLayer::kBlock, map.channels - first);
            tile.relu = layer.relu;
            std::size_t sample = 0, y = 0, x = 0, done = 0;
            for (std::size_t t = 0; t < tiles; ++t) {
                // Even tiles: a last one of a single pixel would cost almost as much as a full one.
                const std::size_t end = (t + 1) * pixels / tiles;
                tile.pixels = end - done;
                for (std::size_t p = 0; p < tile.pixels; ++p) {
                    tile.in[p] = in + sample * from.values() + y * row_stride + x * pixel_stride;
                    tile.out[p] =
                        out + sample * to.values() + to.first() + y * to.row_values() + x * map.channels + first;
                    if (++x < map.width) continue;
                    x = 0;
                    if (++y < map.height) continue;
                    y = 0;
                    ++sample;
                }
                kernel_(tile);
                done = end;
            }
        }
    }

    fused::Kernel kernel_;
    std::array<std::vector<Kept>, kTiers> stages_;
    std::array<Kept, kTiers> heads_;
};

}  // namespace

Result<std::unique_ptr<const Executor>> fused_executor(const parameters::ModelSpec&, const NetworkSource& network) {
    const fused::Kernel kernel = fused::best_kernel();
    if (kernel == nullptr) return fail(ErrorCode::Unavailable, "this processor has no fused multiply-add");
    return std::make_unique<const FusedExecutor>(network, kernel);
}

}  // namespace skerry::node
