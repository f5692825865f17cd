#include "edge-node/serving/executors/xnnpack_executor.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <xnnpack.h>

#include "edge-node/serving/executors/lane_pool.hpp"
#include "edge-node/serving/executors/network.hpp"

namespace skerry::node {
namespace {

struct OperatorDeleter {
    void operator()(xnn_operator_t made) const { xnn_delete_operator(made); }
};
using Operator = std::unique_ptr<xnn_operator, OperatorDeleter>;

void check(xnn_status status, const char* what) {
    if (status == xnn_status_success) return;
    throw std::runtime_error(std::string("XNNPACK cannot ") + what + " (status " + std::to_string(status) + ")");
}

/// A layer with its weights as XNNPACK wants them: {out, row, column, in}, or {out, in values} pixel by pixel.
struct Layer {
    LayerSource source;            ///< with these weights
    std::vector<float> reordered;  ///< empty: they lie as they should where they are borrowed from
};

Layer layer_of(const LayerSource& source) {
    Layer layer{source, {}};
    const std::size_t channels = source.in.channels;
    const std::size_t pixels =
        source.conv() ? source.layer.kernel * source.layer.kernel : source.in.height * source.in.width;
    if (source.weights.empty() || channels == 1 || pixels == 1) return layer;
    layer.reordered.resize(source.weights.size());
    layer.source.weights = layer.reordered;  // which stays where it is when the layer is moved
    float* target = layer.reordered.data();
    for (std::size_t out = 0; out < source.layer.width; ++out) {
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            for (std::size_t channel = 0; channel < channels; ++channel)
                *target++ = source.weights[(out * channels + channel) * pixels + pixel];
        }
    }
    return layer;
}

/// Null: of a layer without weights.
Operator operator_for(const Layer& layer) {
    const LayerSource& source = layer.source;
    if (source.weights.empty()) return nullptr;
    const float least = source.relu ? 0.0F : -std::numeric_limits<float>::infinity();
    const float most = std::numeric_limits<float>::infinity();
    const std::size_t outputs = source.layer.width;
    xnn_operator_t made = nullptr;
    if (source.conv()) {
        const auto kernel = static_cast<std::uint32_t>(source.layer.kernel);
        const auto stride = static_cast<std::uint32_t>(source.layer.stride);
        const auto padding = static_cast<std::uint32_t>(source.padding());
        const std::size_t inputs = source.in.channels;
        check(xnn_create_convolution2d_nhwc_f32(padding, padding, padding, padding, kernel, kernel, stride, stride, 1,
                                                1, 1, inputs, outputs, inputs, outputs, source.weights.data(),
                                                source.bias.data(), least, most, 0, &made),
              "make a convolution");
    } else {
        const std::size_t inputs = source.in.values();
        check(xnn_create_fully_connected_nc_f32(inputs, outputs, inputs, outputs, source.weights.data(),
                                                source.bias.data(), least, most, 0, &made),
              "make a dense layer");
    }
    return Operator(made);
}

/// A stage or a head.
using Unit = std::vector<Layer>;

/// What one running thread uses and nobody else meanwhile.
struct Lane {
    std::vector<std::vector<Operator>> units;
    std::vector<float> in;  ///< XNNPACK reads a little beyond what it is given
    std::vector<float> out;
};

Lane lane_for(const std::vector<Unit>& units) {
    Lane lane;
    for (const Unit& unit : units) {
        std::vector<Operator>& operators = lane.units.emplace_back();
        for (const Layer& layer : unit)
            operators.push_back(operator_for(layer));
    }
    return lane;
}

float* room_in(std::vector<float>& buffer, std::size_t values) {
    const std::size_t needed = values + XNN_EXTRA_BYTES / sizeof(float);
    if (buffer.size() < needed) buffer.resize(needed);
    return buffer.data();
}

void run(const Operator& made, const LayerSource& source, std::size_t batch, const float* in, float* out) {
    if (source.conv()) {
        check(xnn_setup_convolution2d_nhwc_f32(made.get(), batch, source.in.height, source.in.width, in, out, nullptr),
              "set up a convolution");
    } else {
        check(xnn_setup_fully_connected_nc_f32(made.get(), batch, in, out, nullptr), "set up a dense layer");
    }
    check(xnn_run_operator(made.get(), nullptr), "run a layer");
}

/// `in`, channel by channel, as pixel by pixel.
void interleave(std::span<const float> in, const parameters::MapShape& shape, std::size_t batch, float* out) {
    const std::size_t pixels = shape.height * shape.width;
    for (std::size_t row = 0; row < batch; ++row) {
        for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
            for (std::size_t channel = 0; channel < shape.channels; ++channel)
                *out++ = in[(row * shape.channels + channel) * pixels + pixel];
        }
    }
}

class XnnpackExecutor final : public Executor {
public:
    explicit XnnpackExecutor(const NetworkSource& network) {
        const auto add = [&](const std::vector<LayerSource>& layers) {
            Unit& unit = units_.emplace_back();
            for (const LayerSource& source : layers)
                unit.push_back(layer_of(source));
        };
        for (std::size_t tier = 0; tier < network.tiers(); ++tier) {
            add(network.stages[tier]);
            add({network.heads[tier]});
        }
        lanes_.with([this] { return lane_for(units_); }, [](Lane&) {});
    }

    void run_stage(Tier stage, std::span<const float> in, std::span<float> map, std::size_t batch,
                   ExecutorScratch&) const override {
        run(2 * static_cast<std::size_t>(stage), in, map, batch);
    }
    void head(Tier tier, std::span<const float> map, std::span<float> logits, std::size_t batch) const override {
        run(2 * static_cast<std::size_t>(tier) + 1, map, logits, batch);
    }

private:
    void run(std::size_t index, std::span<const float> in, std::span<float> out, std::size_t batch) const {
        const Unit& unit = units_[index];
        const LayerSource& first = unit.front().source;
        SKERRY_ASSERT(!first.weights.empty());
        SKERRY_ASSERT(in.size() == batch * first.in.values() && out.size() == batch * unit.back().source.out.values());
        lanes_.with([this] { return lane_for(units_); },
                    [&](Lane& lane) {
                        float* begin = room_in(lane.in, in.size());
                        if (first.channel_major_in) {
                            interleave(in, first.in, batch, begin);
                        } else {
                            std::copy(in.begin(), in.end(), begin);
                        }
                        for (std::size_t i = 0; i < unit.size(); ++i) {
                            const bool last = i + 1 == unit.size();
                            float* end = last ? out.data() : room_in(lane.out, batch * unit[i].source.out.values());
                            node::run(lane.units[index][i], unit[i].source, batch, lane.in.data(), end);
                            if (!last) std::swap(lane.in, lane.out);
                        }
                    });
    }

    std::vector<Unit> units_;  ///< stage and head of each tier in turn
    mutable LanePool<Lane> lanes_;
};

}  // namespace

Result<std::unique_ptr<const Executor>> xnnpack_executor(const parameters::ModelSpec&, const NetworkSource& network) {
    try {
        check(xnn_initialize(nullptr), "run on this processor");
        return std::make_unique<const XnnpackExecutor>(network);
    } catch (const std::runtime_error& error) {
        return fail(ErrorCode::Internal, error.what());
    }
}

}  // namespace skerry::node
