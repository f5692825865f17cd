#include "edge-node/serving/executors/int8_executor.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "common/parameters/normaliser.hpp"
#include "edge-node/serving/executors/int8_stage.hpp"
#include "edge-node/serving/executors/plain_executor.hpp"

namespace skerry::node {
namespace {

using onednn::Int8Stage;

/// The largest value that each layer of a stage reads, over all rows; `map` then has what the stage gives.
std::vector<float> ranges_of(const std::vector<LayerSource>& layers, std::vector<float>& map, std::size_t rows) {
    std::vector<float> ranges;
    ExecutorScratch scratch;
    for (const LayerSource& layer : layers) {
        ranges.push_back(*std::max_element(map.begin(), map.end()));
        NetworkSource alone;
        alone.stages[0] = {layer};
        alone.heads[0] = layer;
        std::vector<float> next(rows * layer.out.values());
        plain_executor_of(alone)->run_stage(Tier::Light, map, next, rows, scratch);
        map = std::move(next);
    }
    return ranges;
}

class Int8Executor final : public Executor {
public:
    Int8Executor(std::unique_ptr<const Executor> exact, const NetworkSource& network, std::vector<float> rows)
        : exact_(std::move(exact)) {
        const std::size_t count = rows.size() / network.stages[0].front().in.values();
        std::vector<float> map(count * network.stages[0].back().out.values());
        ExecutorScratch scratch;
        exact_->run_stage(Tier::Light, rows, map, count, scratch);
        for (std::size_t tier = 1; tier < network.tiers(); ++tier) {
            const std::vector<float> ranges = ranges_of(network.stages[tier], map, count);
            stages_[tier] = std::make_unique<const Int8Stage>(network.stages[tier], ranges);
        }
    }

    void run_stage(Tier stage, std::span<const float> in, std::span<float> map, std::size_t batch,
                   ExecutorScratch& scratch) const override {
        if (stage == Tier::Light) return exact_->run_stage(stage, in, map, batch, scratch);
        stages_[static_cast<std::size_t>(stage)]->run(in, map, batch);
    }
    void head(Tier tier, std::span<const float> map, std::span<float> logits, std::size_t batch) const override {
        exact_->head(tier, map, logits, batch);
    }

private:
    std::unique_ptr<const Executor> exact_;
    std::array<std::unique_ptr<const Int8Stage>, kTiers> stages_;  ///< but for the light one
};

}  // namespace

ExecutorFactory int8_executor(Packer exact, CalibrationRows rows) {
    return [exact = std::move(exact), rows = std::move(rows)](
               const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
               std::span<const float> parameters) -> Result<std::unique_ptr<const Executor>> {
        if (!rows || rows->empty()) return fail(ErrorCode::Unavailable, "there are no samples yet to calibrate it on");
        SKERRY_ASSERT(rows->size() % spec.input.values() == 0);
        const NetworkSource network = SKERRY_TRY(network_of(spec, layout, parameters));
        std::vector<float> normalised = *rows;
        parameters::normalise(parameters::normaliser_of(layout, parameters), spec.input, normalised);
        Units float_units = Units().set(0);
        for (std::size_t tier = 0; tier < network.tiers(); ++tier)
            float_units.set(2 * tier + 1);
        auto exactly = SKERRY_TRY(exact(spec, only(network, float_units)));
        try {
            return std::make_unique<const Int8Executor>(std::move(exactly), network, std::move(normalised));
        } catch (const dnnl::error& error) {
            return fail(ErrorCode::Internal, std::string("oneDNN cannot run this model in int8: ") + error.what());
        }
    };
}

}  // namespace skerry::node
