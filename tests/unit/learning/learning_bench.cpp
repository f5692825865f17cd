// Prints what one trigger of the MNIST template costs: 5 steps of 20 new and 20 replayed rows, its probes and its gate,
// through the real child process. Usage: learning-bench SKERRY_LEARNER [TRIGGERS]
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "common/base/random.hpp"
#include "edge-node/learning/learner_process.hpp"
#include "edge-node/learning/learning_policy.hpp"

namespace skerry::node {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Forwards to the engine and adds up its time.
class Stopwatch final : public LearningEngine {
public:
    explicit Stopwatch(LearningEngine& engine) : engine_(engine) {}
    void forward(const ForwardRequest& request, OnDone<ForwardResult> on_done) override {
        engine_.forward(request, [this, on_done, start = Clock::now()](Result<ForwardResult> result) {
            forward_ms += milliseconds_since(start);
            on_done(std::move(result));
        });
    }
    void train(const TrainRequest& request, OnDone<TrainResult> on_done) override {
        engine_.train(request, [this, on_done, start = Clock::now()](Result<TrainResult> result) {
            train_ms += milliseconds_since(start);
            on_done(std::move(result));
        });
    }
    double forward_ms = 0;
    double train_ms = 0;

private:
    LearningEngine& engine_;
};

parameters::ModelSpec template_spec() {
    parameters::ModelSpec spec;
    spec.name = "bench";
    spec.modality = parameters::Modality::Image;
    spec.input.shape = {1, 28, 28};
    spec.input.dtype = parameters::DataType::UInt8;
    spec.input.scale = {1.0F / 255.0F};
    for (int c = 0; c < 10; ++c)
        spec.classes.push_back(std::to_string(c));
    using enum parameters::Layer::Kind;
    spec.stages = {{{{Conv, 16, 3, 2}, {Conv, 32, 3, 2}}, {{Conv, 48, 3, 1}}, {{Conv, 64, 3, 1}, {Conv, 64, 3, 1}}}};
    return spec;
}

int run(const char* program, int triggers) {
    const parameters::ModelSpec spec = template_spec();
    boost::asio::io_context loop;
    LearnerConfig config;
    config.program = program;
    LearnerProcess process(loop, config, spec);
    Stopwatch engine(process);
    const auto layout = parameters::ParameterLayout::of(spec).value();
    auto policy = LearningPolicy::create(engine, {}, spec, parameters::initial_parameters(spec, layout, 1));

    Random random(1);
    double total_ms = 0;
    for (int trigger = 0; trigger < triggers; ++trigger) {
        std::vector<feedback::LabelledSample> batch(100);
        for (auto& labelled : batch) {
            labelled.prediction.order = random.next();
            labelled.label = static_cast<std::uint32_t>(random.below(10));
            labelled.prediction.sample.resize(spec.input.sample_bytes());
            for (auto& value : labelled.prediction.sample)
                value = static_cast<std::byte>(random.next() & 0xFFU);
        }
        if (trigger == 5) total_ms = engine.forward_ms = engine.train_ms = 0;  // the reservoirs have begun to fill
        const auto start = Clock::now();
        bool done = false;
        (*policy)->learn(batch, [&](const Result<Learned>& learned) {
            if (!learned) std::fprintf(stderr, "%s\n", learned.error().message.c_str());
            done = true;
        });
        while (!done && loop.run_one() > 0)
            continue;
        total_ms += milliseconds_since(start);
    }
    const double count = triggers - 5;
    std::printf(
        "%d parameters: %.1f ms a trigger = %.1f training + %.1f forward passes + %.1f policy; checkpoint %.0f KiB\n",
        static_cast<int>(layout.size()), total_ms / count, engine.train_ms / count, engine.forward_ms / count,
        (total_ms - engine.train_ms - engine.forward_ms) / count,
        static_cast<double>((*policy)->checkpoint().size()) / 1024);
    return 0;
}

}  // namespace
}  // namespace skerry::node

int main(int argc, char** argv) {
    if (argc < 2) return std::fputs("usage: learning-bench SKERRY_LEARNER [TRIGGERS]\n", stderr), 2;
    return skerry::node::run(argv[1], argc > 2 ? std::atoi(argv[2]) : 55);
}
