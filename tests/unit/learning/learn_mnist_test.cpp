#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "common/datasets/dataset.hpp"
#include "common/parameters/normaliser.hpp"
#include "edge-node/learning/learner_process.hpp"
#include "edge-node/learning/learning_policy.hpp"
#include "edge-node/learning/row_losses.hpp"

namespace skerry::node {
namespace {

namespace fs = std::filesystem;

std::optional<fs::path> mnist() {
    const char* named = std::getenv("SKERRY_TEST_DATA");
    fs::path folder = named != nullptr ? fs::path(named) : fs::path(SKERRY_SOURCE_DIR) / "../shared/data";
    folder /= "mnist";
    return fs::exists(folder) ? std::optional(folder) : std::nullopt;
}

parameters::ModelSpec mnist_spec() {
    parameters::ModelSpec spec;
    spec.name = "mnist";
    spec.modality = parameters::Modality::Image;
    spec.input.shape = {1, 28, 28};
    spec.input.dtype = parameters::DataType::UInt8;
    spec.input.scale = {1.0F / 255.0F};
    for (int digit = 0; digit < 10; ++digit)
        spec.classes.push_back(std::to_string(digit));
    using enum parameters::Layer::Kind;
    spec.stages = {{{{Conv, 16, 3, 2}, {Conv, 32, 3, 2}}, {{Conv, 48, 3, 1}}, {{Conv, 64, 3, 1}, {Conv, 64, 3, 1}}}};
    return spec;
}

// The whole path of learning, with real digits: policy, child process, LibTorch.
class LearnMnist : public ::testing::Test {
protected:
    std::vector<datasets::Sample> samples(datasets::SourceOptions options) {
        std::vector<datasets::Sample> taken;
        const auto source = datasets::open_source(mnist()->string(), spec_, options);
        EXPECT_TRUE(source) << source.error().message;
        for (auto next = (*source)->next(); next && *next; next = (*source)->next())
            taken.push_back(std::move(**next));
        return taken;
    }
    template <class T>
    T wait_for(std::optional<Result<T>>& result) {
        while (!result && loop_.run_one() > 0)
            continue;
        EXPECT_TRUE(result && *result) << (result ? result->error().message : "nothing came");
        return std::move(**result);
    }
    ForwardResult answers(LearningEngine& engine, const std::vector<float>& weights,
                          std::span<const datasets::Sample> samples) {
        std::vector<float> rows;
        for (const auto& sample : samples) {
            const auto scaled = parameters::scaled_values(spec_.input, sample.input).value();
            rows.insert(rows.end(), scaled.begin(), scaled.end());
        }
        std::optional<Result<ForwardResult>> result;
        engine.forward({weights, rows}, [&](Result<ForwardResult> answer) { result = std::move(answer); });
        return wait_for(result);
    }
    double accuracy(LearningEngine& engine, const std::vector<float>& weights) {
        const auto held_out = samples({.split = datasets::Split::Test, .limit = 1000});
        std::vector<std::uint32_t> labels;
        for (const auto& sample : held_out)
            labels.push_back(sample.label);
        const auto errors = row_errors(answers(engine, weights, held_out), 0, labels);
        return 1 - static_cast<double>(std::count(errors.begin(), errors.end(), true)) / 1000;
    }

    parameters::ModelSpec spec_ = mnist_spec();
    boost::asio::io_context loop_;
};

TEST_F(LearnMnist, TwoThousandDigitsMakeAUsefulModel) {
    if (!mnist()) GTEST_SKIP() << "no MNIST: set SKERRY_TEST_DATA to a folder with mnist/ in it";
    LearnerConfig config;
    config.program = SKERRY_LEARNER_PROGRAM;
    LearnerProcess engine(loop_, config, spec_);
    const auto layout = parameters::ParameterLayout::of(spec_).value();
    auto policy = LearningPolicy::create(engine, {}, spec_, parameters::initial_parameters(spec_, layout, 1));
    ASSERT_TRUE(policy);

    const auto stream = samples({.split = datasets::Split::Train, .seed = 1, .shuffle = true, .limit = 2000});
    ASSERT_EQ(stream.size(), 2000U);
    for (std::size_t first = 0; first < stream.size(); first += 100) {
        std::vector<feedback::LabelledSample> batch(100);
        const ForwardResult served =
            answers(engine, *(*policy)->parameters(), std::span(stream).subspan(first, batch.size()));
        for (std::size_t i = 0; i < batch.size(); ++i) {
            const auto light = served.logits_of(i, 0);
            batch[i].prediction.predicted =
                static_cast<std::uint32_t>(std::max_element(light.begin(), light.end()) - light.begin());
            batch[i].prediction.order = first + i;
            batch[i].prediction.sample = stream[first + i].input;
            batch[i].label = stream[first + i].label;
        }
        std::optional<Result<Learned>> learned;
        (*policy)->learn(batch, [&](Result<Learned> result) { learned = std::move(result); });
        const Learned done = wait_for(learned);
        EXPECT_FALSE(done.report.paused) << done.report.reason;
    }
    EXPECT_GT(accuracy(engine, *(*policy)->parameters()), 0.88);
}

}  // namespace
}  // namespace skerry::node
