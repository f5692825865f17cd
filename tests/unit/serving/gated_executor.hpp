#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "tests/unit/serving/small_model.hpp"

namespace skerry::node::testing {

/// Holds whoever comes to it until it is opened, at the latest when it goes. Thread-safe.
class Gate {
public:
    Gate() = default;
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate() { open(); }

    void open() {
        const std::lock_guard lock(state_->mutex);
        state_->open = true;
        state_->changed.notify_all();
    }
    /// Returns once so many have come to it.
    void await(int arrived) {
        std::unique_lock lock(state_->mutex);
        state_->changed.wait(lock, [&] { return state_->arrived >= arrived; });
    }

private:
    friend class GatedExecutor;
    struct State {
        void pass() {
            std::unique_lock lock(mutex);
            ++arrived;
            changed.notify_all();
            changed.wait(lock, [this] { return open; });
        }
        std::mutex mutex;
        std::condition_variable changed;
        int arrived = 0;
        bool open = false;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();  ///< also of those who are passing when we go
};

/// The plain executor, with a gate in front of one of its stages.
class GatedExecutor final : public Executor {
public:
    GatedExecutor(std::unique_ptr<const Executor> inner, const Gate& gate, Tier stage)
        : inner_(std::move(inner)), gate_(gate.state_), stage_(stage) {}

    void run_stage(Tier stage, std::span<const float> in, std::span<float> map, std::size_t batch,
                   ExecutorScratch& scratch) const override {
        if (stage == stage_) gate_->pass();
        inner_->run_stage(stage, in, map, batch, scratch);
    }
    void head(Tier tier, std::span<const float> map, std::span<float> logits, std::size_t batch) const override {
        inner_->head(tier, map, logits, batch);
    }

private:
    std::unique_ptr<const Executor> inner_;
    std::shared_ptr<Gate::State> gate_;
    Tier stage_;
};

/// small_snapshot() with a gate in front of `stage`.
inline std::shared_ptr<const Snapshot> gated_snapshot(const Gate& gate, Tier stage = Tier::Light) {
    const ExecutorFactory gated = [&gate, stage](const auto& spec, const auto& layout,
                                                 auto parameters) -> Result<std::unique_ptr<const Executor>> {
        return std::make_unique<GatedExecutor>(plain_executor(spec, layout, parameters).value(), gate, stage);
    };
    return make_snapshot(Model::of(small_spec()).value(), {ModelVersion{7}, 3}, small_parameters(), gated).value();
}

}  // namespace skerry::node::testing
