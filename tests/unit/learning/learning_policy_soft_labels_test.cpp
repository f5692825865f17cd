#include <numeric>

#include "tests/support/sample_soft_labels.hpp"
#include "tests/unit/learning/learning_policy_fixture.hpp"

namespace skerry::node {
namespace {

using namespace testing;

class SoftLabelsPolicyTest : public LearningPolicyTest {
protected:
    void begin(Tier tier, float soft_labels = 0.2F) {
        config_.soft_labels = soft_labels;
        auto weights = parameters::initial_parameters(spec_, layout_, 5);
        weights.resize(layout_.prefix(tier));
        policy_ = std::move(*LearningPolicy::create(engine_, config_, spec_, std::move(weights)));
    }
    [[nodiscard]] const TrainPlan& plan() const { return engine_.plans.back(); }
};

TEST_F(SoftLabelsPolicyTest, ALightNodeLearnsWhatTheFleetsHeavyExitsSay) {
    for (const Tier tier : {Tier::Light, Tier::Medium}) {
        begin(tier);
        learn(1);
        EXPECT_TRUE(plan().class_targets.empty()) << "nothing was told yet";
        EXPECT_EQ(plan().class_target_share, 0);
        const wire::SoftLabels fleet = sample_soft_labels({50, 0, 20}, 52'428);
        policy_->heed(fleet);
        learn(2);
        EXPECT_EQ(plan().class_targets, class_targets_of(fleet, 3));
        EXPECT_EQ(plan().class_target_share, 0.2F);
        EXPECT_TRUE(policy_->soft_labels().empty()) << "it has no heavy exit to tell of";
        policy_->heed({});
        learn(1);
        EXPECT_TRUE(plan().class_targets.empty());
    }
}

TEST_F(SoftLabelsPolicyTest, OthersDoNot) {
    begin(Tier::Heavy);
    policy_->heed(sample_soft_labels({50, 0, 20}, 52'428));
    learn(1);
    EXPECT_TRUE(plan().class_targets.empty()) << "its own heavy exit knows each sample";
    begin(Tier::Light, 0);
    policy_->heed(sample_soft_labels({50, 0, 20}, 52'428));
    learn(1);
    EXPECT_TRUE(plan().class_targets.empty()) << "it is off";
    begin(Tier::Light);
    policy_->heed(sample_soft_labels({50, 20}, 52'428));
    learn(1);
    EXPECT_TRUE(plan().class_targets.empty()) << "of another model";
}

TEST_F(SoftLabelsPolicyTest, ANodeWithHeavyGathersWhatItSaysBeforeItLearnsIt) {
    begin(Tier::Heavy);
    EXPECT_TRUE(policy_->soft_labels().empty());
    const Batch first = batch();
    const Learned learned = learn(first);
    const wire::SoftLabels said = policy_->soft_labels();
    ClassProfile expected;  // by what the trigger read at the weights before its step
    const LabelledLogits& readings = learned.readings;
    expected.observe({readings.labels.size(), readings.exits, readings.classes, readings.logits}, readings.labels,
                     std::vector<bool>(readings.labels.size()));
    EXPECT_EQ(said, expected.soft_labels());
    learn(20);
    const wire::SoftLabels later = policy_->soft_labels();
    ASSERT_EQ(later.classes(), 3U);
    for (std::size_t truth = 0; truth < 3; ++truth) {
        EXPECT_GT(later.rows[truth], 200U);
        EXPECT_GT(later.shares[truth * 3 + truth], wire::SoftLabels::kWhole / 2) << "it has learned";
    }
}

TEST_F(SoftLabelsPolicyTest, DoubtedLabelsSayNothingOfTheirClass) {
    learn(20);
    // A model that knows its classes and hardly learns: mistakes among the labels stay mistakes to it.
    config_.soft_labels = 0.2F;
    config_.rate_rule = RateRule::Fixed;
    config_.learning_rate = 1e-7F;
    policy_ = std::move(*LearningPolicy::create(engine_, config_, spec_, *policy_->parameters()));
    std::size_t doubted = 0;
    double undoubted = 0;  // fading, of all classes
    for (int trigger = 0; trigger < 20; ++trigger) {
        Batch noisy = batch();
        for (std::size_t i = 0; i < noisy.size(); i += 4)
            noisy[i].label = (noisy[i].label + 1 + static_cast<std::uint32_t>(random_.below(2))) % 3;
        const LearningReport report = learn(noisy).report;
        doubted += report.doubted_rows;
        undoubted = ClassProfile::kFade * undoubted + static_cast<double>(report.rows - report.doubted_rows);
        const wire::SoftLabels labels = policy_->soft_labels();
        EXPECT_NEAR(std::accumulate(labels.rows.begin(), labels.rows.end(), 0.0), undoubted, 1.5) << report.reason;
    }
    EXPECT_GT(doubted, 100U);
}

TEST_F(SoftLabelsPolicyTest, GatherNothingWhereTheOptionIsOffAndForgetWhereItWas) {
    learn(3);
    EXPECT_TRUE(policy_->soft_labels().empty());
    begin(Tier::Heavy);
    learn(3);
    EXPECT_FALSE(policy_->soft_labels().empty());
    config_.soft_labels = 0;
    policy_ = std::move(*LearningPolicy::restore(engine_, config_, spec_, policy_->checkpoint()));
    EXPECT_TRUE(policy_->soft_labels().empty()) << "an update may leave before the next trigger";
    learn(1);
    EXPECT_TRUE(policy_->soft_labels().empty());
    config_.soft_labels = 0.2F;
    policy_ = std::move(*LearningPolicy::restore(engine_, config_, spec_, policy_->checkpoint()));
    EXPECT_TRUE(policy_->soft_labels().empty()) << "it was forgotten";
}

TEST_F(SoftLabelsPolicyTest, KnowWhatHeavyHasSaidAfterARestartAndFromOlderCheckpointsNothing) {
    begin(Tier::Heavy);
    learn(3);
    const Bytes saved = policy_->checkpoint();
    const auto again = LearningPolicy::restore(engine_, config_, spec_, saved);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ((*again)->soft_labels(), policy_->soft_labels());
    EXPECT_EQ((*again)->checkpoint(), saved);

    constexpr std::size_t kSection = 4 + (3 + 3 * 3) * 8;  // ClassProfile::save, of three classes
    const auto older = LearningPolicy::restore(engine_, config_, spec_, ByteView(saved).first(saved.size() - kSection));
    ASSERT_TRUE(older) << older.error().message;
    EXPECT_TRUE((*older)->soft_labels().empty());
    for (const std::size_t cut : {kSection - 1, std::size_t{1}})
        EXPECT_FALSE(LearningPolicy::restore(engine_, config_, spec_, ByteView(saved).first(saved.size() - cut)));
    Bytes longer = saved;
    longer.push_back(std::byte{0});
    EXPECT_FALSE(LearningPolicy::restore(engine_, config_, spec_, longer));
}

TEST_F(SoftLabelsPolicyTest, SayNothingWhileLabelsThatHaveChangedAreLearned) {
    begin(Tier::Heavy);
    learn(20);
    ASSERT_TRUE(learn(batch(1)).report.drift);
    EXPECT_TRUE(policy_->soft_labels().empty()) << "the old answers are mistakes now";
    learn(30, 1);
    const wire::SoftLabels later = policy_->soft_labels();
    ASSERT_EQ(later.classes(), 3U);
    for (std::size_t truth = 0; truth < 3; ++truth)
        EXPECT_GT(later.shares[truth * 3 + truth], wire::SoftLabels::kWhole / 2);
}

TEST_F(SoftLabelsPolicyTest, ForgetWhatRolledBackWeightsHaveSaid) {
    begin(Tier::Heavy);
    const std::vector<float> version = *policy_->parameters();
    learn(3);
    ASSERT_TRUE(policy_->rebase(version));
    EXPECT_FALSE(policy_->soft_labels().empty()) << "a new version is no reason";
    ASSERT_TRUE(policy_->roll_back(version));
    EXPECT_TRUE(policy_->soft_labels().empty());
}

}  // namespace
}  // namespace skerry::node
