#include "edge-node/learning/step_planner.hpp"

#include <algorithm>

#include <gmock/gmock.h>

#include "edge-node/learning/learner_wire.hpp"

// Law: whatever configuration is accepted, the learner takes the steps that are planned under it.
namespace skerry::node {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class StepPlannerTest : public ::testing::Test {
protected:
    StepPlannerTest() {
        spec_.name = "tabular";
        spec_.modality = parameters::Modality::Tabular;
        spec_.input.shape = {1};
        spec_.classes = {"a", "b"};
        using enum parameters::Layer::Kind;
        spec_.stages = {{{{Dense, 2, 3, 1}}, {{Dense, 2, 3, 1}}, {{Dense, 2, 3, 1}}}};
    }
    /// A memory that is full, and as much of it replayed as ever.
    LearningState state() const {
        const auto layout = parameters::ParameterLayout::of(spec_).value();
        LearningState state(
            config_, spec_,
            std::make_shared<const std::vector<float>>(parameters::initial_parameters(spec_, layout, 1)));
        for (std::uint32_t i = 0; i < config_.replay_rows; ++i)
            state.replay.offer({Bytes(sizeof(float)), i % 2, 1, {}}, state.random);
        std::vector<bool> wrong(100, true);
        for (int i = 0; i < 10 && config_.replay_adapts; ++i)
            state.replay_share.observe(std::vector<bool>(100, false), wrong);
        return state;
    }
    /// Of a trigger that brings `labels`, with as many counterexamples as there may be, each a mixture.
    PlannedTraining planned(std::size_t labels) const {
        const LearningModel model{spec_, parameters::ParameterLayout::of(spec_).value()};
        LearningState remembered = state();
        const std::vector<float> rows(labels);
        const std::vector<std::uint32_t> classes(labels);
        MadeRows made;
        made.rows.resize(config_.step_made_rows);
        made.labels.assign(config_.step_made_rows, MadeLabel{0, 1, config_.mixup > 0 ? 0.75F : 1.0F});
        return plan_training(config_, model, remembered, {{rows, classes}, made}, 1, false);
    }
    std::size_t largest_step(std::size_t labels) const {
        std::size_t most = 0;
        for (const TrainStep& step : planned(labels).plan.steps)
            most = std::max(most, step.size());
        return most;
    }

    parameters::ModelSpec spec_;
    LearningConfig config_;
};

TEST_F(StepPlannerTest, HasNoMoreRowsInAStepThanItSaysAndAsManySomewhere) {
    config_.replay_rows = 40;
    for (const std::size_t fresh : {1U, 2U, 3U, 10U, 11U}) {
        for (const bool more : {false, true}) {
            SCOPED_TRACE(std::to_string(fresh) + (more ? " adapts and mixes" : ""));
            config_.trigger_rows = 40;
            config_.step_new_rows = fresh;
            config_.replay_adapts = more;
            config_.mixup = more ? 0.5F : 0;
            std::size_t most = 0;
            for (std::size_t labels = 1; labels <= config_.trigger_rows; ++labels)
                most = std::max(most, largest_step(labels));
            EXPECT_EQ(most, step_rows_max(config_));
        }
    }
}

TEST_F(StepPlannerTest, RefusesAConfigurationWhoseStepsTheLearnerWouldNotTake) {
    config_.trigger_rows = 1499;
    config_.step_new_rows = 1000;
    config_.step_replay_rows = 798;
    config_.step_made_rows = 1000;
    config_.replay_adapts = true;
    config_.replay_rows = 2000;
    EXPECT_THAT(config_.problems(), IsEmpty()) << "without mixtures";
    config_.mixup = 0.5F;
    EXPECT_THAT(config_.problems(), ::testing::ElementsAre(HasSubstr("4,096 rows together")));
    config_.step_made_rows = 500;
    ASSERT_EQ(step_rows_max(config_), 4095U);
    EXPECT_THAT(config_.problems(), IsEmpty());
    config_.trigger_rows = 1500;
    EXPECT_THAT(config_.problems(), IsEmpty()) << "that makes two steps of it";
    const auto taken = [this](std::size_t labels) {
        const TrainPlan plan = planned(labels).plan;
        const learner_wire::PlanBounds bounds{100'000, 0, 2};
        return learner_wire::decode_plan(learner_wire::encode(plan), bounds).has_value();
    };
    EXPECT_TRUE(taken(1499));
    config_.step_replay_rows = 800;
    EXPECT_EQ(largest_step(1499), learner_wire::kStepRowsMax + 3);
    EXPECT_FALSE(taken(1499));
    EXPECT_FALSE(config_.problems().empty());
}

}  // namespace
}  // namespace skerry::node
