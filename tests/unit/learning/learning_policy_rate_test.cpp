#include "tests/unit/learning/learning_policy_fixture.hpp"

namespace skerry::node {
namespace {

using namespace testing;
using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;

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
        EXPECT_NEAR(engine_.plans.back().learning_rate, usual_rate(RateRule::Elastic) * learned.report.elastic, 1e-7);
        EXPECT_THAT(learned.report.elastic, AllOf(Ge(config_.elastic_min), Le(config_.elastic_max)));
    }
}

TEST_F(LearningPolicyTest, KeepsAFixedRateAndLooksNotBack) {
    config_.rate_rule = RateRule::Fixed;
    config_.learning_rate = 0.004F;
    policy_ = make(config_);
    learn(20);
    engine_.forwards.clear();
    const Learned learned = learn(batch(1));
    EXPECT_TRUE(learned.report.drift);
    EXPECT_EQ(learned.report.elastic, 1);
    EXPECT_EQ(engine_.plans.back().learning_rate, 0.004F);
    EXPECT_EQ(engine_.forwards.size(), 2U) << "probed for nothing";
    EXPECT_THAT(learned.report.reason, HasSubstr("e=1.00: fixed"));
}

TEST_F(LearningPolicyTest, DecaysARateWithTheRootOfItsTriggersBelowTheElasticBoundsToo) {
    config_.rate_rule = RateRule::Decayed;
    config_.decay_triggers = 0.5;
    policy_ = make(config_);
    const Learned learned = learn(40);
    EXPECT_NEAR(learned.report.elastic, 1 / std::sqrt(1 + 40 / 0.5), 1e-9);
    EXPECT_LT(learned.report.elastic, config_.elastic_min);
    EXPECT_THAT(learned.report.reason, HasSubstr("decayed"));
}

TEST_F(LearningPolicyTest, FollowsTheHypergradientToTheRateThatTheLastStepEndedWith) {
    config_.rate_rule = RateRule::Hypergradient;
    config_.hypergradient = 0.1F;
    policy_ = make(config_);
    learn(3);
    EXPECT_EQ(engine_.plans.back().hypergradient, 0.1F);
    EXPECT_NEAR(learn(batch()).report.elastic, 1.1 * 1.1 * 1.1, 1e-4);
    EXPECT_EQ(learn(200).report.elastic, config_.elastic_max);
}

TEST_F(LearningPolicyTest, ForgetsTheBetsOfCocobWhenNewWeightsComeAndNothingOfTheOthers) {
    for (const auto& [rule, kept] : {std::pair{RateRule::Cocob, false}, std::pair{RateRule::AdaGrad, true}}) {
        config_.rate_rule = rule;
        policy_ = make(config_);
        learn(2);
        const std::size_t before = policy_->checkpoint().size();
        ASSERT_TRUE(policy_->rebase(*policy_->parameters()));
        EXPECT_EQ(policy_->checkpoint().size() == before, kept) << name_of(rule);
        EXPECT_TRUE(learn(batch()).accepted);
    }
}

TEST_F(LearningPolicyTest, ReactsToDriftWithMorePassesForAWhileAndThenNoLonger) {
    learn(20);
    const Learned alarm = learn(batch(1));
    EXPECT_TRUE(alarm.report.drift);
    EXPECT_THAT(alarm.report.reason, AllOf(HasSubstr("drift:"), HasSubstr("5 passes")));
    EXPECT_GE(alarm.report.elastic, 1);
    EXPECT_EQ(alarm.report.passes, config_.react_passes);
    EXPECT_GE(alarm.report.steps, 12U);
    EXPECT_EQ(engine_.plans.back().logit_weight, 0) << "held on to answers of the old world";
    std::size_t reacting = 1;
    while (learn(batch(1)).report.reacting && reacting < 50)
        ++reacting;
    EXPECT_GE(reacting, config_.react_triggers);
    EXPECT_LT(reacting, 25U);
    EXPECT_GT(learn(5, 1).report.accuracy, 0.95);
}

TEST_F(LearningPolicyTest, MakesFewerPassesWhereOthersKnowClassesThatDoNotComeHere) {
    const auto passes_at_an_alarm = [this](bool federated, std::uint32_t classes) {
        config_.federated = federated;
        policy_ = make(config_);
        Learned last;
        for (std::uint32_t turn = 0, i = 0; i < 26; turn = ++i < 25 ? 0 : 1) {
            Batch rows = batch(turn);
            for (feedback::LabelledSample& row : rows)
                row.label %= classes;
            last = learn(rows);
        }
        EXPECT_TRUE(last.report.drift);
        return last.report.passes;
    };
    EXPECT_EQ(passes_at_an_alarm(true, 3), 5U);
    EXPECT_EQ(passes_at_an_alarm(true, 2), 2U) << "one pair of three";
    EXPECT_EQ(passes_at_an_alarm(false, 2), 5U) << "there is nobody to drift away from";
}

TEST_F(LearningPolicyTest, BeginsWithMorePassesWhereTheModelKnowsNothing) {
    config_.react_at_start = true;
    std::vector<float> nothing = *policy_->parameters();
    std::fill(nothing.begin() + static_cast<std::ptrdiff_t>(layout_.statistics()), nothing.end(), 0.0F);
    policy_ = std::move(*LearningPolicy::create(engine_, config_, spec_, nothing));
    const Learned first = learn(batch());
    EXPECT_EQ(first.report.passes, config_.react_passes) << first.report.loss;
    EXPECT_EQ(learn(config_.react_triggers - 1).report.passes, config_.react_passes);
    EXPECT_EQ(learn(batch()).report.passes, 1U);
    policy_ = std::move(*LearningPolicy::create(engine_, config_, spec_, *policy_->parameters()));
    EXPECT_EQ(learn(batch()).report.passes, 1U) << "it knows what comes";
}

TEST_F(LearningPolicyTest, ForgetsWhatIsNoLongerTrueInsteadOfReplayingIt) {
    config_.rename_classes = false;  // it has to learn them anew
    policy_ = make(config_);
    learn(20);
    std::size_t forgot = 0;
    for (int i = 0; i < 5; ++i)
        forgot += learn(batch(1)).report.reason.find("no longer true") != std::string::npos;
    EXPECT_GE(forgot, 1U);
    learn(10, 1);
    EXPECT_EQ(old_labels_replayed(), 0U);
}

TEST_F(LearningPolicyTest, ForgetsWhatItDeniesToTheEndOfTheReactionThoughNoNewRowLiesNear) {
    config_.rename_classes = false;  // it has to learn them anew
    policy_ = make(config_);
    Batch rows = batch();
    for (std::size_t i = 0; i < 20; ++i)
        rows.push_back(sample(0, 0));
    learn(20);
    learn(batch(1));
    std::string said;
    for (std::uint64_t i = 0; i < config_.react_triggers; ++i)
        said += learn(batch(1)).report.reason;
    learn(batch(1));
    EXPECT_EQ(old_labels_replayed(), 0U) << said;
}

TEST_F(LearningPolicyTest, LetsAClassThatComesLateInTheNewWorldRestFromThenOn) {
    config_.rename_classes = false;  // it has to learn them anew
    policy_ = make(config_);
    learn(20);
    Batch without = batch(1, 300);
    std::erase_if(without, [](const auto& row) { return row.label == 2; });
    without.resize(100);
    EXPECT_THAT(learn(without).report.reason, HasSubstr("the inputs are as before"));
    EXPECT_GT(old_labels_replayed(2), 0U) << "nothing is known of the class that does not come";
    const Learned whole = learn(batch(1));
    EXPECT_EQ(old_labels_replayed(2), 0U) << whole.report.reason;
}

// In a plan the trigger's own rows come first, and those of the past behind them.
std::size_t replayed_rows(const TrainPlan& plan, const Learned& learned) {
    std::size_t replayed = 0;
    for (const TrainStep& step : plan.steps) {
        for (const TrainRow& row : step)
            replayed += row.row >= learned.report.trained_rows ? 1 : 0;
    }
    return replayed;
}

TEST_F(LearningPolicyTest, ReplaysNothingOfBeforeAtAnAlarmThatGaveKnownInputsOtherAnswers) {
    config_.rename_classes = false;  // it has to learn them anew
    policy_ = make(config_);
    const Learned before = learn(20);
    EXPECT_GT(replayed_rows(engine_.plans.back(), before), 0U);
    const Learned alarm = learn(batch(1));
    EXPECT_THAT(alarm.report.reason, HasSubstr("the inputs are as before"));
    EXPECT_EQ(replayed_rows(engine_.plans.back(), alarm), 0U);
}

TEST_F(LearningPolicyTest, GoesOnReplayingWhenTheInputsAreOthers) {
    learn(20);
    Batch moved = batch(1);
    for (auto& labelled : moved) {
        std::vector<float> x(4);
        std::memcpy(x.data(), labelled.prediction.sample.data(), sizeof(float) * 4);
        for (float& value : x)
            value += 20;
        std::memcpy(labelled.prediction.sample.data(), x.data(), sizeof(float) * 4);
    }
    const Learned alarm = learn(moved);
    EXPECT_THAT(alarm.report.reason, HasSubstr("inputs or classes are others"));
    EXPECT_GT(replayed_rows(engine_.plans.back(), alarm), 0U);
}

TEST_F(LearningPolicyTest, GoesOnReplayingTheOldClassesWhenOnlyANewOneComes) {
    const auto of_clouds = [this](std::uint32_t first, std::uint32_t last) {
        Batch made;
        for (int i = 0; i < 100; ++i) {
            const auto cloud = static_cast<std::uint32_t>(first + random_.below(last - first + 1));
            made.push_back(sample(cloud, cloud));
        }
        return made;
    };
    for (int i = 0; i < 20; ++i)
        learn(of_clouds(0, 1));
    const Learned alarm = learn(of_clouds(2, 2));
    EXPECT_THAT(alarm.report.reason, HasSubstr("inputs or classes are others"));
    EXPECT_GT(replayed_rows(engine_.plans.back(), alarm), 0U);
    for (int i = 0; i < 20; ++i)
        learn(of_clouds(2, 2));
    EXPECT_GT(learn(of_clouds(0, 1)).report.accuracy, 0.95) << "forgot what did not come for a while";
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

}  // namespace
}  // namespace skerry::node
