#pragma once

#include <functional>
#include <utility>

#include "edge-node/serving/executors/lineup.hpp"
#include "edge-node/serving/executors/plain_executor.hpp"

namespace skerry::node::testing {

/// The plain executor, and then something happens to what each unit gave: a candidate that lies, throws or takes time.
class FakeExecutor final : public Executor {
public:
    using Fault = std::function<void(std::size_t unit, std::span<float> values, std::size_t batch)>;

    FakeExecutor(std::unique_ptr<const Executor> plain, Fault fault)
        : plain_(std::move(plain)), fault_(std::move(fault)) {}

    void run_stage(Tier stage, std::span<const float> in, std::span<float> map, std::size_t batch,
                   ExecutorScratch& scratch) const override {
        plain_->run_stage(stage, in, map, batch, scratch);
        fault_(2 * static_cast<std::size_t>(stage), map, batch);
    }
    void head(Tier tier, std::span<const float> map, std::span<float> logits, std::size_t batch) const override {
        plain_->head(tier, map, logits, batch);
        fault_(2 * static_cast<std::size_t>(tier) + 1, logits, batch);
    }

private:
    std::unique_ptr<const Executor> plain_;
    Fault fault_;
};

inline Candidate fake(std::string name, FakeExecutor::Fault fault, bool exact = true) {
    return {std::move(name),
            [fault = std::move(fault)](const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
                                       std::span<const float> parameters) -> Result<std::unique_ptr<const Executor>> {
                return std::make_unique<const FakeExecutor>(SKERRY_TRY(plain_executor(spec, layout, parameters)),
                                                            fault);
            },
            exact};
}

}  // namespace skerry::node::testing
