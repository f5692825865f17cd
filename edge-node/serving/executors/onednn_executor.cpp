#include "edge-node/serving/executors/onednn_executor.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "edge-node/serving/executors/onednn_plan.hpp"

namespace skerry::node {
namespace {

using onednn::kBatches;
using onednn::Plan;
using onednn::run_on_this_thread_alone;
using onednn::Step;
using onednn::Unit;

struct PackedStep {
    dnnl::memory weights;
    dnnl::memory bias;
};

PackedStep pack(const LayerSource& layer, const Step& step, const dnnl::engine& engine, dnnl::stream& stream) {
    if (layer.weights.empty()) return {};
    const dnnl::memory::desc as_laid_out(step.weights.dims(), dnnl::memory::data_type::f32,
                                         dnnl::memory::format_tag::oihw);
    dnnl::memory source(as_laid_out, engine, const_cast<float*>(layer.weights.data()));  // only read
    PackedStep packed{dnnl::memory(step.weights, engine), dnnl::memory(step.bias, engine)};
    dnnl::reorder(source, packed.weights).execute(stream, source, packed.weights);
    stream.wait();
    std::copy(layer.bias.begin(), layer.bias.end(), static_cast<float*>(packed.bias.get_data_handle()));
    return packed;
}

class OnednnExecutor final : public Executor {
public:
    OnednnExecutor(std::shared_ptr<const Plan> plan, const NetworkSource& network) : plan_(std::move(plan)) {
        dnnl::stream stream(plan_->engine());
        const auto add = [&](const std::vector<LayerSource>& layers) {
            const std::vector<Step>& steps = plan_->unit(packed_.size()).steps.front();
            std::vector<PackedStep>& unit = packed_.emplace_back();
            for (std::size_t i = 0; i < layers.size(); ++i)
                unit.push_back(pack(layers[i], steps[i], plan_->engine(), stream));
        };
        for (std::size_t tier = 0; tier < network.tiers(); ++tier) {
            add(network.stages[tier]);
            add({network.heads[tier]});
        }
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
        run_on_this_thread_alone();
        const Unit& unit = plan_->unit(index);
        SKERRY_ASSERT(packed_[index].front().weights);
        SKERRY_ASSERT(in.size() == batch * unit.in_values && out.size() == batch * unit.out_values);
        plan_->with_lane([&](onednn::Lane& lane) {
            for (std::size_t row = 0; row < batch;) {
                const std::size_t size = onednn::largest_batch_within(batch - row);
                onednn::UnitMemory& memory = lane.units[index][size];
                onednn::bind(memory.maps.front(), const_cast<float*>(in.data()) + row * unit.in_values);  // only read
                onednn::bind(memory.maps.back(), out.data() + row * unit.out_values);
                run(unit.steps[size], packed_[index], memory, lane.stream);
                row += kBatches[size];
            }
        });
    }

    static void run(const std::vector<Step>& steps, const std::vector<PackedStep>& packed,
                    const onednn::UnitMemory& memory, const dnnl::stream& stream) {
        for (std::size_t i = 0; i < steps.size(); ++i) {
            onednn::execute(
                steps[i].primitive, stream,
                {memory.maps[i], packed[i].weights, packed[i].bias, memory.maps[i + 1], memory.scratchpads[i]});
        }
    }

    std::shared_ptr<const Plan> plan_;
    std::vector<std::vector<PackedStep>> packed_;  ///< as Plan's units
};

/// The plan of the model that was seen last.
class Plans {
public:
    std::shared_ptr<const Plan> plan_for(const parameters::ModelSpec& spec, const NetworkSource& network) {
        const std::lock_guard lock(mutex_);
        if (!plan_ || !(spec_ == spec) || held_ != network.held) {
            plan_ = std::make_shared<const Plan>(network);
            spec_ = spec;
            held_ = network.held;
        }
        return plan_;
    }

private:
    std::mutex mutex_;
    parameters::ModelSpec spec_;
    Tier held_ = Tier::Light;
    std::shared_ptr<const Plan> plan_;
};

}  // namespace

std::string onednn_version() {
    const dnnl_version_t* version = dnnl::version();
    return std::to_string(version->major) + "." + std::to_string(version->minor) + "." + std::to_string(version->patch);
}

Packer onednn_executor() {
    return
        [plans = std::make_shared<Plans>()](const parameters::ModelSpec& spec,
                                            const NetworkSource& network) -> Result<std::unique_ptr<const Executor>> {
            run_on_this_thread_alone();
            try {
                return std::make_unique<const OnednnExecutor>(plans->plan_for(spec, network), network);
            } catch (const dnnl::error& error) {
                return fail(ErrorCode::Internal, std::string("oneDNN cannot run this model: ") + error.what());
            }
        };
}

}  // namespace skerry::node
