#include "edge-node/learning/learning_policy.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/learning/softmax_engine.hpp"

namespace skerry::node {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using testing::small_spec;
using testing::SoftmaxEngine;

using Batch = std::vector<feedback::LabelledSample>;

// A stream of three well separated clouds, one a class, fed in batches of a hundred as a node would.
class LearningPolicyTest : public ::testing::Test {
protected:
    LearningPolicyTest() { policy_ = make(config_); }

    std::unique_ptr<LearningPolicy> make(const LearningConfig& config) {
        auto weights = parameters::initial_parameters(spec_, layout_, 5);
        auto policy = LearningPolicy::create(engine_, config, spec_, std::move(weights));
        EXPECT_TRUE(policy) << policy.error().message;
        return std::move(*policy);
    }

    feedback::LabelledSample sample(std::uint32_t cloud, std::uint32_t label) {
        feedback::LabelledSample made;
        made.prediction.order = ++order_;
        made.prediction.request = "request-" + std::to_string(order_);
        made.row = order_;
        std::vector<float> x(4);
        for (std::size_t f = 0; f < 4; ++f) {
            x[f] = static_cast<float>(random_.unit() - 0.5) + (f == cloud ? 3.0F : 0.0F);
        }
        const auto bytes = std::as_bytes(std::span(x));
        made.prediction.sample.assign(bytes.begin(), bytes.end());
        made.label = label;
        return made;
    }
    /// Clouds 0 … 2; the label of cloud c is (c + turn) mod 3.
    Batch batch(std::uint32_t turn = 0, std::size_t rows = 100) {
        Batch made;
        for (std::size_t i = 0; i < rows; ++i) {
            const auto cloud = static_cast<std::uint32_t>(random_.below(3));
            made.push_back(sample(cloud, (cloud + turn) % 3));
        }
        return made;
    }
    Result<Learned> try_learn(const Batch& rows) {
        Result<Learned> result = fail(ErrorCode::Internal, "no answer came");
        policy_->learn(rows, [&](Result<Learned> learned) { result = std::move(learned); });
        return result;
    }
    Learned learn(const Batch& rows) {
        auto result = try_learn(rows);
        EXPECT_TRUE(result) << result.error().message;
        return result ? std::move(*result) : Learned{};
    }
    Learned learn(std::size_t triggers, std::uint32_t turn = 0) {
        Learned last;
        for (std::size_t i = 0; i < triggers; ++i)
            last = learn(batch(turn));
        return last;
    }
    // From now on every step makes the weights worse than useless.
    void poison_steps() {
        engine_.spoil = [this](TrainResult& result) {
            for (std::size_t i = layout_.statistics(); i < result.parameters.size(); ++i)
                result.parameters[i] *= -5;
        };
    }
    [[nodiscard]] std::vector<float> weights() const {
        const auto& all = *policy_->parameters();
        return {all.begin() + static_cast<std::ptrdiff_t>(layout_.statistics()), all.end()};
    }

    parameters::ModelSpec spec_ = small_spec();
    parameters::ParameterLayout layout_ = parameters::ParameterLayout::of(spec_).value();
    SoftmaxEngine engine_{spec_};
    LearningConfig config_;
    feedback::SeededRandom random_{3};
    std::uint64_t order_ = 0;
    std::unique_ptr<LearningPolicy> policy_;
};

TEST_F(LearningPolicyTest, LearnsAStreamAndSaysWhatItDid) {
    const Learned learned = learn(20);
    EXPECT_TRUE(learned.accepted);
    EXPECT_GT(learned.report.accuracy, 0.97);
    EXPECT_EQ(learned.report.trigger, 20U);
    EXPECT_EQ(learned.report.rows, 100U);
    EXPECT_EQ(learned.report.trained_rows + learned.report.held_out_rows, 100U);
    EXPECT_EQ(learned.report.prequential.labelled, 2000U);
    EXPECT_EQ(learned.consumed.size(), 100U);
    EXPECT_EQ(learned.parameters, policy_->parameters());
    EXPECT_THAT(learned.report.reason, AllOf(HasSubstr("e="), HasSubstr("no drift")));
}

TEST_F(LearningPolicyTest, ScoresTheServedAnswerNotTheOneItWouldGiveNow) {
    Batch rows = batch();
    for (auto& row : rows)
        row.prediction.predicted = (row.label + 1) % 3;
    EXPECT_EQ(learn(rows).report.prequential.accuracy, 0);
}

TEST_F(LearningPolicyTest, TrainsWithTheStatisticsKnownBeforeTheBatchAndBlendsTheBatchInAfterwards) {
    const std::vector<float> before = *policy_->parameters();
    const Batch rows = batch();
    learn(rows);
    std::vector<float> scaled;
    for (const auto& row : rows) {
        const auto values = parameters::scaled_values(spec_.input, row.prediction.sample).value();
        scaled.insert(scaled.end(), values.begin(), values.end());
    }
    const auto moments = parameters::moments_of(spec_.input, scaled);
    for (std::size_t i = 0; i < layout_.statistics(); ++i) {
        EXPECT_EQ(engine_.trained_from[0][i], before[i]);
        EXPECT_NEAR((*policy_->parameters())[i], 0.7F * before[i] + 0.3F * moments[i], 1e-5);
    }
}

TEST_F(LearningPolicyTest, MixesEachStepFromTwentyNewRowsAndTwentyReplayedOnes) {
    learn(2);
    const TrainPlan& first = engine_.plans[0];
    const TrainPlan& second = engine_.plans[1];
    ASSERT_GE(second.steps.size(), 4U);
    ASSERT_LE(second.steps.size(), 5U);
    for (const TrainStep& step : first.steps)
        EXPECT_THAT(step.size(), AllOf(Ge(16U), Le(25U)));  // nothing to replay
    std::set<std::uint32_t> fresh;
    for (const TrainStep& step : second.steps) {
        EXPECT_THAT(step.size(), AllOf(Ge(36U), Le(45U)));
        EXPECT_EQ(std::count_if(step.begin(), step.end(), [](const TrainRow& row) { return row.target.has_value(); }),
                  20);
        for (const TrainRow& row : step) {
            if (row.target) continue;
            EXPECT_TRUE(fresh.insert(row.row).second) << "a new row was dealt twice in one pass";
        }
    }
    EXPECT_EQ(second.logit_weight, config_.replay_logit_weight);
}

TEST_F(LearningPolicyTest, NeverTrainsOnARowThatIsHeldOutForValidation) {
    std::set<std::vector<float>> held_out;
    for (int i = 0; i < 10; ++i) {
        const Batch rows = batch();
        for (const auto& row : rows) {
            if (!feedback::is_for_validation(row.prediction.request)) continue;
            held_out.insert(parameters::scaled_values(spec_.input, row.prediction.sample).value());
        }
        learn(rows);
    }
    ASSERT_GT(held_out.size(), 50U);
    for (const auto& pool : engine_.pools) {
        for (std::size_t row = 0; row < pool.size(); row += 4) {
            EXPECT_FALSE(held_out.contains({pool.begin() + static_cast<std::ptrdiff_t>(row),
                                            pool.begin() + static_cast<std::ptrdiff_t>(row + 4)}));
        }
    }
}

TEST_F(LearningPolicyTest, LooksBackAtTwiceAndHalfOfItsLastStep) {
    learn(1);
    const std::vector<float> previous = engine_.trained_from[0];
    const std::vector<float> now = *policy_->parameters();
    engine_.forwards.clear();
    learn(1);
    ASSERT_EQ(engine_.forwards.size(), 4U);  // now, twice, half, after
    for (std::size_t i = 0; i < now.size(); ++i) {
        const bool statistic = i < layout_.statistics();
        const float step = now[i] - previous[i];
        EXPECT_NEAR(engine_.forwards[1][i], statistic ? now[i] : previous[i] + 2 * step, 1e-5);
        EXPECT_NEAR(engine_.forwards[2][i], statistic ? now[i] : previous[i] + step / 2, 1e-5);
    }
}

TEST_F(LearningPolicyTest, MultipliesTheBaseRateByTheElasticFactor) {
    for (int i = 0; i < 6; ++i) {
        const Learned learned = learn(batch());
        EXPECT_NEAR(engine_.plans.back().learning_rate, config_.learning_rate * learned.report.elastic, 1e-7);
        EXPECT_THAT(learned.report.elastic, AllOf(Ge(config_.elastic_min), Le(config_.elastic_max)));
    }
}

TEST_F(LearningPolicyTest, ReactsToDriftWithMorePassesForFiveTriggersAndThenNoLonger) {
    learn(20);
    const Learned alarm = learn(batch(1));
    EXPECT_TRUE(alarm.report.drift);
    EXPECT_THAT(alarm.report.reason, AllOf(HasSubstr("drift:"), HasSubstr("3 passes")));
    EXPECT_GE(alarm.report.elastic, 1);
    EXPECT_EQ(alarm.report.passes, 3U);
    EXPECT_GE(alarm.report.steps, 12U);
    EXPECT_EQ(engine_.plans.back().logit_weight, 0) << "held on to answers of the old world";
    std::size_t reacting = 1;
    while (learn(batch(1)).report.reacting && reacting < 50)
        ++reacting;
    EXPECT_GE(reacting, 5U);
    EXPECT_LT(reacting, 20U);
    EXPECT_GT(learn(5, 1).report.accuracy, 0.95);
}

TEST_F(LearningPolicyTest, ForgetsWhatIsNoLongerTrueInsteadOfReplayingIt) {
    learn(20);
    std::size_t forgot = 0;
    for (int i = 0; i < 5; ++i)
        forgot += learn(batch(1)).report.reason.find("no longer true") != std::string::npos;
    EXPECT_GE(forgot, 1U);
    learn(10, 1);
    std::size_t stale = 0;  // rows of the old world in what is replayed now
    const TrainPlan& plan = engine_.plans.back();
    for (const TrainStep& step : plan.steps) {
        for (const TrainRow& row : step) {
            const float* x = engine_.pools.back().data() + row.row * 4;
            const auto cloud = static_cast<std::uint32_t>(std::max_element(x, x + 3) - x);
            stale += row.target && row.label == cloud ? 1 : 0;
        }
    }
    EXPECT_LE(stale, 2U);
}

TEST_F(LearningPolicyTest, DropsAStepThatMakesTheValidationRowsWorse) {
    learn(10);
    const auto before = weights();
    poison_steps();
    const Learned learned = learn(batch());
    EXPECT_FALSE(learned.accepted);
    EXPECT_EQ(weights(), before);
    EXPECT_EQ(learned.report.trained_rows, 0U);
    EXPECT_EQ(learned.report.rejects_in_a_row, 1U);
    EXPECT_THAT(learned.report.reason, HasSubstr("step dropped because it made the validation rows worse"));
    EXPECT_EQ(learned.consumed.size(), 100U);
}

TEST_F(LearningPolicyTest, DropsAStepThatOverflowed) {
    engine_.spoil = [](TrainResult& result) { result.finite = false; };
    const auto before = weights();
    const Learned learned = learn(batch());
    EXPECT_FALSE(learned.accepted);
    EXPECT_EQ(weights(), before);
    EXPECT_THAT(learned.report.reason, HasSubstr("overflowed"));

    engine_.spoil = [](TrainResult& result) { result.parameters.back() = NAN; };
    EXPECT_FALSE(learn(batch()).accepted) << "believed an engine that calls nonsense finite";
    EXPECT_EQ(weights(), before);
}

TEST_F(LearningPolicyTest, HalvesTheFactorAfterADroppedStepAndForgetsTheStepBefore) {
    learn(10);
    poison_steps();
    const double used = learn(batch()).report.elastic;
    engine_.spoil = nullptr;
    engine_.forwards.clear();
    const Learned next = learn(batch());
    EXPECT_DOUBLE_EQ(next.report.elastic, std::max(used / 2, config_.elastic_min));
    EXPECT_EQ(engine_.forwards.size(), 2U) << "probed a step that was dropped";
    EXPECT_THAT(next.report.reason, HasSubstr("no last step"));
}

TEST_F(LearningPolicyTest, PausesAfterThreeDroppedStepsInARowAndResumesByItself) {
    learn(10);
    poison_steps();
    EXPECT_THAT(learn(3).report.reason, HasSubstr("learning pauses"));
    engine_.spoil = nullptr;
    const std::size_t trained = engine_.plans.size();
    for (std::size_t i = 0; i < config_.pause_triggers; ++i) {
        const Learned paused = learn(batch());
        EXPECT_TRUE(paused.report.paused);
        EXPECT_FALSE(paused.accepted);
        EXPECT_EQ(paused.consumed.size(), 100U);
    }
    EXPECT_EQ(engine_.plans.size(), trained);
    EXPECT_TRUE(learn(batch()).accepted);
}

TEST_F(LearningPolicyTest, ResumesAPausedLearningWhenNewWeightsCome) {
    learn(10);
    poison_steps();
    learn(3);
    engine_.spoil = nullptr;
    ASSERT_TRUE(policy_->rebase(*policy_->parameters()));
    EXPECT_TRUE(learn(batch()).accepted);
}

TEST_F(LearningPolicyTest, KeepsMomentsAndFactorAcrossAPullButSkipsOneProbe) {
    learn(6);
    const Bytes before = policy_->checkpoint();
    ASSERT_TRUE(policy_->rebase(*policy_->parameters()));
    EXPECT_EQ(policy_->checkpoint(), before);  // all but the last step
    engine_.forwards.clear();
    EXPECT_THAT(learn(batch()).report.reason, HasSubstr("no last step"));
    EXPECT_EQ(engine_.forwards.size(), 2U);
    EXPECT_EQ(policy_->rebase({1, 2, 3}).error().code, ErrorCode::InvalidInput);
    std::vector<float> broken = *policy_->parameters();
    broken[3] = NAN;
    EXPECT_EQ(policy_->rebase(broken).error().code, ErrorCode::InvalidInput);
}

TEST_F(LearningPolicyTest, ReappliesAStepInProgressOnTopOfNewWeights) {
    learn(3);
    const std::vector<float> began = *policy_->parameters();
    engine_.deferred = true;
    std::optional<Learned> learned;
    policy_->learn(batch(), [&](Result<Learned> result) { learned = std::move(*result); });
    engine_.answer_next();  // the first look is done, training waits
    std::vector<float> pulled = began;
    for (float& value : pulled)
        value += 0.5F;
    ASSERT_TRUE(policy_->rebase(pulled));
    EXPECT_EQ(*policy_->parameters(), pulled);
    while (!engine_.waiting.empty())
        engine_.answer_next();
    ASSERT_TRUE(learned);
    EXPECT_TRUE(learned->accepted);
    EXPECT_EQ(learned->parameters, policy_->parameters());
    double moved = 0;
    for (std::size_t i = layout_.statistics(); i < began.size(); ++i) {
        moved += std::abs((*policy_->parameters())[i] - pulled[i]);
        EXPECT_LT(std::abs((*policy_->parameters())[i] - pulled[i]), 2);
    }
    EXPECT_GT(moved, 0);
}

TEST_F(LearningPolicyTest, LeavesNoTraceOfATriggerWhoseEngineDied) {
    learn(4);
    const Batch rows = batch();
    const Bytes before = policy_->checkpoint();
    engine_.deferred = true;
    std::optional<Error> error;
    policy_->learn(rows, [&](Result<Learned> result) { error = result.error(); });
    engine_.answer_next();
    engine_.answer_next();
    engine_.waiting.clear();
    engine_.deferred = false;
    EXPECT_TRUE(policy_->busy());

    auto again = LearningPolicy::restore(engine_, config_, spec_, before);
    ASSERT_TRUE(again);
    engine_.dead = true;
    policy_ = std::move(*again);
    EXPECT_EQ(try_learn(rows).error().code, ErrorCode::Unavailable);
    EXPECT_EQ(policy_->checkpoint(), before);
    engine_.dead = false;
    EXPECT_TRUE(try_learn(rows));
}

TEST_F(LearningPolicyTest, TakesOneBatchAtATimeAndSurvivesAnAnswerAfterItsEnd) {
    engine_.deferred = true;
    policy_->learn(batch(), [](const Result<Learned>&) { FAIL() << "an answer after the end"; });
    EXPECT_EQ(try_learn(batch()).error().code, ErrorCode::Conflict);
    policy_.reset();
    engine_.answer_next();
}

TEST_F(LearningPolicyTest, ConsumesButDoesNotLearnWhatDoesNotFitTheModel) {
    Batch rows = batch(0, 5);
    rows[0].prediction.sample.pop_back();
    rows[1].label = 3;
    rows[2].prediction.predicted = 99;
    const float infinite = INFINITY;
    std::memcpy(rows[3].prediction.sample.data(), &infinite, sizeof infinite);
    const Learned learned = learn(rows);
    EXPECT_EQ(learned.report.dropped_rows, 4U);
    EXPECT_EQ(learned.consumed.size(), 5U);
    EXPECT_EQ(learned.report.prequential.labelled, 1U);
    rows.resize(1);
    EXPECT_THAT(learn(rows).report.reason, HasSubstr("none of the samples fits"));
}

TEST_F(LearningPolicyTest, SparesClassesThatAreAbsentHere) {
    Batch rows;
    for (int i = 0; i < 100; ++i)
        rows.push_back(sample(i % 2 ? 1 : 0, i % 2 ? 1 : 0));
    learn(rows);
    const auto& prior = engine_.plans.back().class_log_prior;
    ASSERT_EQ(prior.size(), 3U);
    EXPECT_NEAR(prior[0], std::log(0.5), 0.1);
    EXPECT_LT(prior[2], std::log(0.05));

    config_.prior_strength = 0;
    policy_ = make(config_);
    learn(rows);
    EXPECT_TRUE(engine_.plans.back().class_log_prior.empty());
}

TEST_F(LearningPolicyTest, WeighsExitsByTheTrafficTheyServeButNoneBelowItsFloor) {
    for (int i = 0; i < 5; ++i) {
        Batch rows = batch();
        for (auto& row : rows)
            row.prediction.tier = Tier::Heavy;
        learn(rows);
    }
    EXPECT_THAT(engine_.plans.back().exit_weights,
                ::testing::ElementsAre(0.2F, 0.2F, ::testing::FloatNear(0.6F, 1e-5F)));
}

TEST_F(LearningPolicyTest, PullsTowardsTheGlobalWeightsWhereItIsToldTo) {
    config_.proximal = 0.1F;
    policy_ = make(config_);
    learn(1);
    EXPECT_EQ(engine_.plans.back().proximal, 0) << "towards what?";
    ASSERT_TRUE(policy_->rebase(*policy_->parameters()));
    const auto pulled = *policy_->parameters();
    learn(2);
    EXPECT_EQ(engine_.plans.back().proximal, 0.1F);
    EXPECT_EQ(engine_.anchors.back(), pulled);
}

TEST_F(LearningPolicyTest, GoesOnFromACheckpointAsIfNothingHadHappened) {
    learn(8);
    auto restored = LearningPolicy::restore(engine_, config_, spec_, policy_->checkpoint());
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ((*restored)->checkpoint(), policy_->checkpoint());
    ASSERT_TRUE(policy_->rebase(*policy_->parameters()));  // a restart knows no last step
    const Batch rows = batch();
    learn(rows);
    (*restored)->learn(rows, [](const Result<Learned>& learned) { EXPECT_TRUE(learned); });
    EXPECT_EQ((*restored)->checkpoint(), policy_->checkpoint());
}

TEST_F(LearningPolicyTest, RefusesADamagedCheckpointOfAnySort) {
    learn(3);
    const Bytes whole = policy_->checkpoint();
    for (std::size_t cut = 0; cut < whole.size(); cut += 97) {
        EXPECT_FALSE(LearningPolicy::restore(engine_, config_, spec_, ByteView(whole).first(cut))) << cut;
    }
    feedback::SeededRandom random(1);
    for (int i = 0; i < 2000; ++i) {  // must not crash; what still parses is usable
        Bytes damaged = whole;
        for (int k = 0; k < 4; ++k)
            damaged[random.below(damaged.size())] = static_cast<std::byte>(random.next() & 0xFFU);
        static_cast<void>(LearningPolicy::restore(engine_, config_, spec_, damaged));
    }
    auto other = spec_;
    other.name = "other";
    EXPECT_EQ(LearningPolicy::restore(engine_, config_, other, whole).error().code, ErrorCode::VersionMismatch);
}

TEST_F(LearningPolicyTest, RefusesAConfigurationItCannotWorkWith) {
    config_.elastic_max = 0.5;
    config_.step_new_rows = 0;
    const auto refused = LearningPolicy::create(engine_, config_, spec_, *policy_->parameters());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, AllOf(HasSubstr("elastic_max"), HasSubstr("step_new_rows")));
    EXPECT_FALSE(LearningPolicy::create(engine_, {}, spec_, {1, 2, 3}));
}

}  // namespace
}  // namespace skerry::node
