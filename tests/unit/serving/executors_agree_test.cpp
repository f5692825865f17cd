#include <atomic>
#include <cmath>
#include <thread>

#include <gtest/gtest.h>

#include "edge-node/serving/executors/fused_executor.hpp"
#include "edge-node/serving/executors/onednn_executor.hpp"
#include "edge-node/serving/executors/plain_executor.hpp"
#include "edge-node/serving/executors/xnnpack_executor.hpp"
#include "tests/unit/parameters/specs.hpp"
#include "tests/unit/serving/executor_logits.hpp"

namespace skerry::node {
namespace {

using testing::logits_of;

constexpr std::array<Tier, kTiers> kAllTiers = {Tier::Light, Tier::Medium, Tier::Heavy};

struct Agreeing {
    const char* name;
    Packer pack;
    ExecutorFactory make = whole(pack);
};

std::vector<float> bell_values(std::size_t count, Random& random) {
    std::vector<float> values(count);
    for (float& value : values)
        value = static_cast<float>(random.bell());
    return values;
}

void expect_agreement(const Executor& executor, const Executor& reference, const parameters::ModelSpec& spec,
                      const std::vector<float>& input, std::size_t batch, Tier held = Tier::Heavy) {
    for (const Tier tier : kAllTiers) {
        if (tier > held) return;
        const std::vector<float> expected = logits_of(reference, spec, tier, input, batch);
        const std::vector<float> logits = logits_of(executor, spec, tier, input, batch);
        for (std::size_t i = 0; i < expected.size(); ++i)
            ASSERT_NEAR(logits[i], expected[i], 1e-4 * (1 + std::abs(expected[i]))) << "value " << i << " of " << batch;
    }
}

/// What holds for each executor that promises the reference's numbers up to rounding.
class ExactExecutor : public ::testing::TestWithParam<Agreeing> {
protected:
    void SetUp() override {
        const auto made = GetParam().make(spec_, layout_, parameters::initial_parameters(spec_, layout_, 1));
        if (!made && made.error().code == ErrorCode::Unavailable) GTEST_SKIP() << made.error().message;
    }

    parameters::ModelSpec spec_ = parameters::testing::digits();
    parameters::ParameterLayout layout_ = *parameters::ParameterLayout::of(spec_);
};

TEST_P(ExactExecutor, AgreesWithThePlainOneOnAnyModelAndBatch) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const parameters::ModelSpec spec = parameters::testing::random_spec(random);
        const auto layout = *parameters::ParameterLayout::of(spec);
        const Tier held = kAllTiers[random.below(kTiers)];
        std::vector<float> values = parameters::testing::random_parameters(spec, layout, random);
        values.resize(layout.prefix(held));
        const auto executor = GetParam().make(spec, layout, values);
        ASSERT_TRUE(executor) << executor.error().message;
        const std::size_t batch = 1 + random.below(20);
        const std::vector<float> input = bell_values(batch * spec.input.values(), random);
        expect_agreement(**executor, **plain_executor(spec, layout, values), spec, input, batch, held);
    }
}

TEST_P(ExactExecutor, AgreesOnTheImageTemplateForEveryBatchUpTo64) {
    Random random(2);
    const std::vector<float> values = parameters::testing::random_parameters(spec_, layout_, random);
    const auto reference = *plain_executor(spec_, layout_, values);
    const auto executor = *GetParam().make(spec_, layout_, values);
    for (std::size_t batch = 1; batch <= 64; batch += batch < 18 ? 1 : 23) {
        const std::vector<float> input = bell_values(batch * spec_.input.values(), random);
        expect_agreement(*executor, *reference, spec_, input, batch);
    }
}

TEST_P(ExactExecutor, GivesASampleTheSameAnswerAloneAndWithinABatch) {
    Random random(4);
    const std::vector<float> values = parameters::testing::random_parameters(spec_, layout_, random);
    const auto executor = *GetParam().make(spec_, layout_, values);
    const std::size_t batch = 9;
    const std::vector<float> input = bell_values(batch * spec_.input.values(), random);
    const std::vector<float> together = logits_of(*executor, spec_, Tier::Heavy, input, batch);
    for (std::size_t row = 0; row < batch; ++row) {
        const auto first = input.begin() + static_cast<std::ptrdiff_t>(row * spec_.input.values());
        const std::vector<float> sample(first, first + static_cast<std::ptrdiff_t>(spec_.input.values()));
        const std::vector<float> alone = logits_of(*executor, spec_, Tier::Heavy, sample);
        for (std::size_t c = 0; c < alone.size(); ++c)
            ASSERT_NEAR(together[row * alone.size() + c], alone[c], 1e-4 * (1 + std::abs(alone[c])));
    }
}

// What snapshots share (compiled code, idle buffers) must not carry weights or maps from one to the other.
TEST_P(ExactExecutor, KeepsSnapshotsApartThatAreUsedByManyThreadsAtOnce) {
    constexpr std::size_t kSnapshots = 3;
    Random random(6);
    const ExecutorFactory make = GetParam().make;
    const std::vector<float> input = bell_values(11 * spec_.input.values(), random);
    std::vector<std::unique_ptr<const Executor>> executors;
    std::vector<std::vector<float>> values(kSnapshots), expected;  // which executors may borrow
    for (std::size_t i = 0; i < kSnapshots; ++i) {
        values[i] = parameters::testing::random_parameters(spec_, layout_, random);
        executors.push_back(*make(spec_, layout_, values[i]));
        expected.push_back(logits_of(*executors.back(), spec_, Tier::Heavy, input, 11));
    }
    std::array<std::atomic<bool>, 2 * kSnapshots> same;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < same.size(); ++t) {  // two share each
        threads.emplace_back([&, t] {
            const std::size_t i = t % kSnapshots;
            same[t] = true;
            for (int round = 0; round < 30; ++round)
                same[t] = same[t] && logits_of(*executors[i], spec_, Tier::Heavy, input, 11) == expected[i];
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    for (std::size_t t = 0; t < same.size(); ++t)
        EXPECT_TRUE(same[t]) << t;
    EXPECT_NE(expected[0], expected[1]);
}

TEST_P(ExactExecutor, RunsAUnitThatIsPackedAloneAsItRunsInTheWhole) {
    for (const Tier held : kAllTiers) {
        Random random(5);
        std::vector<float> values = parameters::testing::random_parameters(spec_, layout_, random);
        values.resize(layout_.prefix(held));
        const NetworkSource network = network_of(spec_, layout_, values).value();
        const auto together = *GetParam().make(spec_, layout_, values);
        std::vector<float> map = bell_values(3 * spec_.input.values(), random);
        for (std::size_t unit = 0; unit < units_held(held); ++unit) {
            const auto alone = *GetParam().pack(spec_, only(network, Units().set(unit)));
            const std::size_t size =
                is_head(unit) ? spec_.classes.size() : map_after(spec_, tier_of_unit(unit)).values();
            std::vector<float> expected(3 * size), given(3 * size);
            ExecutorScratch scratch;
            run_unit(*together, unit, map, expected, 3, scratch);
            run_unit(*alone, unit, map, given, 3, scratch);
            EXPECT_EQ(given, expected) << name_of_unit(unit);
            if (!is_head(unit)) map = expected;
        }
    }
}

TEST_P(ExactExecutor, SharesANetworkWithThePlainOneUnitByUnit) {
    Random random(9);
    const std::vector<float> values = parameters::testing::random_parameters(spec_, layout_, random);
    const Packer plain = [](const parameters::ModelSpec&,
                            const NetworkSource& network) -> Result<std::unique_ptr<const Executor>> {
        return plain_executor_of(network);
    };
    const std::vector<Candidate> candidates = {candidate_of("plain", plain),
                                               candidate_of(GetParam().name, GetParam().pack)};
    const std::vector<float> input = bell_values(8 * spec_.input.values(), random);
    const auto reference = *plain_executor(spec_, layout_, values);
    for (std::size_t drawn = 0; drawn < 20; ++drawn) {
        Lineup lineup{};
        for (auto& unit : lineup)
            for (std::size_t& place : unit)
                place = random.below(2);
        const auto executor = lined_up_executor(spec_, layout_, values, candidates, lineup);
        ASSERT_TRUE(executor) << executor.error().message;
        for (const std::size_t batch : {1U, 8U}) {
            const std::vector<float> rows(input.begin(),
                                          input.begin() + static_cast<std::ptrdiff_t>(batch * spec_.input.values()));
            expect_agreement(**executor, *reference, spec_, rows, batch);
        }
    }
}

TEST_P(ExactExecutor, RefusesAPrefixThatIsNoTier) {
    EXPECT_FALSE(GetParam().make(spec_, layout_, std::vector<float>(layout_.size() - 1)));
    EXPECT_FALSE(GetParam().make(spec_, layout_, {}));
}

TEST_P(ExactExecutor, RunsTheWidestKernelOnTheSmallestMap) {
    spec_.input.shape = {5, 1, 2};
    const auto conv = [](std::size_t kernel, std::size_t stride) {
        return parameters::Layer{parameters::Layer::Kind::Conv, 7, kernel, stride};
    };
    spec_.stages = {std::vector{conv(15, 2)}, std::vector{conv(1, 2)}, std::vector{conv(15, 1)}};
    const auto layout = *parameters::ParameterLayout::of(spec_);
    Random random(8);
    const std::vector<float> values = parameters::testing::random_parameters(spec_, layout, random);
    const auto executor = GetParam().make(spec_, layout, values);
    ASSERT_TRUE(executor) << executor.error().message;
    expect_agreement(**executor, **plain_executor(spec_, layout, values), spec_, bell_values(30, random), 3);
}

INSTANTIATE_TEST_SUITE_P(Each, ExactExecutor,
                         ::testing::Values(Agreeing{"fused", fused_executor}, Agreeing{"onednn", onednn_executor()},
                                           Agreeing{"xnnpack", xnnpack_executor}),
                         [](const auto& candidate) { return std::string(candidate.param.name); });

}  // namespace
}  // namespace skerry::node
