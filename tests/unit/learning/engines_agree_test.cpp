#include <cmath>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "common/parameters/normaliser.hpp"
#include "edge-node/learner/torch_engine.hpp"
#include "edge-node/serving/executors/plain_executor.hpp"
#include "tests/unit/parameters/specs.hpp"
#include "tests/unit/serving/executor_logits.hpp"

namespace skerry::node {
namespace {

// What is trained must be what is served: LibTorch and the executor read one vector of parameters alike.
TEST(Engines, GiveTheSameLogitsAtEveryExitOfAnyModel) {
    prepare_torch();
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const parameters::ModelSpec spec = parameters::testing::random_spec(random);
        const auto layout = *parameters::ParameterLayout::of(spec);
        const std::vector<float> values = parameters::testing::random_parameters(spec, layout, random);
        const std::size_t batch = 1 + random.below(5);
        std::vector<float> rows(batch * spec.input.values());
        for (float& value : rows)
            value = static_cast<float>(random.bell());

        const auto learner = TorchEngine::load(parameters::canonical_text(spec));
        ASSERT_TRUE(learner) << learner.error().message;
        std::vector<float> learned(batch * kTiers * spec.classes.size());
        ASSERT_TRUE(learner->forward(values, rows, learned));

        const auto executor = plain_executor(spec, layout, values);
        ASSERT_TRUE(executor);
        parameters::normalise(parameters::normaliser_of(layout, values), spec.input, rows);
        for (const Tier tier : {Tier::Light, Tier::Medium, Tier::Heavy}) {
            const std::vector<float> served = testing::logits_of(**executor, spec, tier, rows, batch);
            for (std::size_t row = 0; row < batch; ++row) {
                for (std::size_t c = 0; c < spec.classes.size(); ++c) {
                    const float expected =
                        learned[(row * kTiers + static_cast<std::size_t>(tier)) * spec.classes.size() + c];
                    ASSERT_NEAR(served[row * spec.classes.size() + c], expected, 1e-4 * (1 + std::abs(expected)));
                }
            }
        }
    }
}

}  // namespace
}  // namespace skerry::node
