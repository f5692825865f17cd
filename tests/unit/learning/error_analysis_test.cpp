#include "edge-node/learning/error_analysis.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/unit/learning/learning_policy_fixture.hpp"

namespace skerry::node {
namespace {

using feedback::ErrorType;

TEST(EnergyHistory, KnowsNothingStrangeBeforeItHasSeenEnough) {
    EnergyHistory history;
    for (int i = 0; i < 199; ++i)
        history.add(1);
    EXPECT_EQ(history.strange(), std::numeric_limits<float>::infinity());
    history.add(1);
    EXPECT_EQ(history.strange(), 1.0F);
}

TEST(EnergyHistory, CallsOneInTwoHundredOfTheNewestThousandStrange) {
    EnergyHistory history;
    for (int i = 0; i < 5000; ++i)
        history.add(static_cast<float>(i));
    EXPECT_EQ(history.strange(), 4994.0F);  // 4995 … 4999 lie above it
}

TEST(EnergyHistory, GoesOnAfterARestartAsIfThereHadBeenNone) {
    EnergyHistory history, other;
    for (int i = 0; i < 300; ++i)
        history.add(static_cast<float>(i));
    ByteWriter saved;
    history.save(saved);
    ByteReader reader(saved.bytes());
    ASSERT_TRUE(other.load(reader));
    EXPECT_EQ(other.strange(), history.strange());
    ByteReader cut(ByteView(saved.bytes()).first(9));
    EXPECT_EQ(other.load(cut).error().code, ErrorCode::InvalidInput);
}

TEST(EnergyOf, IsLowWhereTheModelIsSure) {
    const std::vector<float> sure = {9, 0, 0}, unsure = {0.1F, 0, 0};
    EXPECT_LT(energy_of(sure), energy_of(unsure));
    EXPECT_NEAR(energy_of(sure), -std::log(std::exp(9.0) + 2), 1e-5);
}

// Three classes, two exits: what the light one answered, and what the deepest knows.
class TypesOf : public ::testing::Test {
protected:
    ErrorType type(std::vector<float> light, std::vector<float> heavy, std::uint32_t predicted, std::uint32_t truth) {
        ForwardResult answers{1, 2, 3, {}};
        answers.logits = std::move(light);
        answers.logits.insert(answers.logits.end(), heavy.begin(), heavy.end());
        prediction_.predicted = predicted;
        const AnsweredRow row{&prediction_, truth, here_};
        return types_of(std::span(&row, 1), answers, {known_, known_labels_}, {strange_, reacting_, suspicions_})
            .front();
    }

    feedback::Prediction prediction_;
    std::vector<float> here_ = {0, 0};
    std::vector<float> known_ = {0, 0, 0, 1, 1, 0, 1, 1, 2, 2, 90, 90};  // five near, one far
    std::vector<std::uint32_t> known_labels_ = {0, 0, 0, 0, 1, 2};
    float strange_ = std::numeric_limits<float>::infinity();
    bool reacting_ = false;
    std::vector<double> suspicions_;
};

TEST_F(TypesOf, JudgesNoAnswerThatWasRight) {
    EXPECT_EQ(type({5, 0, 0}, {5, 0, 0}, 0, 0), ErrorType::Unjudged);
}

TEST_F(TypesOf, BlamesTheRouterWhenADeeperExitKnew) {
    EXPECT_EQ(type({1, 0, 0}, {0, 3, 0}, 0, 1), ErrorType::TierRouting);
    prediction_.tier = Tier::Medium;  // of two exits the deepest answered by itself
    EXPECT_EQ(type({1, 0, 0}, {0, 3, 0}, 0, 1), ErrorType::Ordinary);
}

TEST_F(TypesOf, DoubtsALabelThatTheModelAndFourOfFiveNeighboursSpeakAgainst) {
    prediction_.margin = 0.9F;
    EXPECT_EQ(type({9, 0, 0}, {9, 0, 0}, 0, 2), ErrorType::LabelNoise);
    known_labels_ = {0, 0, 0, 1, 1, 0};  // the sixth is far away
    EXPECT_EQ(type({9, 0, 0}, {9, 0, 0}, 0, 2), ErrorType::Ordinary);
    known_labels_.resize(4);
    known_.resize(8);
    EXPECT_EQ(type({9, 0, 0}, {9, 0, 0}, 0, 2), ErrorType::Ordinary);
}

TEST_F(TypesOf, DoubtsALabelThatIsLikelierWrongThanRight) {
    known_labels_ = {1, 1, 1, 1, 1, 1};  // nobody near speaks for the answer
    EXPECT_NE(type({4, 0, 0}, {4, 0, 0}, 0, 2), ErrorType::LabelNoise);
    suspicions_ = {0.6};
    EXPECT_EQ(type({4, 0, 0}, {4, 0, 0}, 0, 2), ErrorType::LabelNoise);
    suspicions_ = {0.4};
    EXPECT_NE(type({4, 0, 0}, {4, 0, 0}, 0, 2), ErrorType::LabelNoise);
    reacting_ = true;
    suspicions_ = {0.6};
    EXPECT_EQ(type({4, 0, 0}, {4, 0, 0}, 0, 2), ErrorType::DriftBurst);
}

// Three classes, one exit that is sure of class 0; what it says of a label of class 2 depends on who else says so.
TEST(SuspicionsOf, SuspectNobodyWhoseNeighboursSayTheSame) {
    NoiseRate noise;
    for (int i = 0; i < 40; ++i)
        noise.observe(std::vector<double>{0.2, 0.2});
    const ForwardResult answers{4, 1, 3, {9, 0, 0, 9, 0, 0, 9, 0, 0, 9, 0, 0}};
    const std::vector<float> here = {0, 0, 0, 1, 1, 0, 50, 50};  // three together, the last by itself
    const std::vector<float> known = {1, 1, 50, 51, 51, 50, 51, 51};
    const std::vector<std::uint32_t> known_labels = {0, 0, 0, 0};
    const auto suspicions = [&](std::vector<std::uint32_t> labels) {
        return suspicions_of({here, labels}, answers, {known, known_labels}, noise);
    };
    const auto alone = suspicions({2, 0, 0, 2});
    EXPECT_GT(alone[0], 0.9);
    EXPECT_LT(alone[1], 0.1);
    EXPECT_GT(alone[3], 0.9);
    const auto together = suspicions({2, 2, 2, 2});
    EXPECT_EQ(together[0], 0);
    EXPECT_EQ(together[1], 0);
    EXPECT_GT(together[3], 0.9) << "its own neighbours say otherwise";
}

TEST_F(TypesOf, NamesABoundaryByTheExitThatAnswered) {
    prediction_.margin = 0.05F;
    EXPECT_EQ(type({1.0F, 0.9F, 0}, {1, 0, 0}, 0, 1), ErrorType::Boundary);
    EXPECT_EQ(type({1.0F, 0, 0.9F}, {1, 0, 0}, 0, 1), ErrorType::Ordinary);
}

TEST_F(TypesOf, CallsAnInputNovelThatTheModelHardlyAnswersTo) {
    strange_ = -1.2F;
    EXPECT_EQ(type({0.1F, 0, 0}, {0.1F, 0, 0}, 0, 1), ErrorType::Novel);
    EXPECT_EQ(type({3, 0, 0}, {3, 0, 0}, 0, 1), ErrorType::Ordinary);
}

class DoubtedLabels : public testing::LearningPolicyTest {
protected:
    DoubtedLabels() {
        config_.learning_rate = 0.03F;  // soon sure
        config_.rate_rule = RateRule::Fixed;
        policy_ = make(config_);
    }
    // The first ones say any other class than what the cloud is; the model answers what the cloud is.
    testing::Batch batch_with_wrong_labels(std::size_t wrong) {
        testing::Batch rows = batch();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i].prediction.tier = Tier::Heavy;
            rows[i].prediction.predicted = rows[i].label;
            if (i < wrong) rows[i].label = (rows[i].label + 1 + static_cast<std::uint32_t>(random_.below(2))) % 3;
        }
        return rows;
    }
    Learned learn_with_wrong_labels(std::size_t wrong, int triggers) {
        Learned last;
        for (int i = 0; i < triggers; ++i)
            last = learn(batch_with_wrong_labels(wrong));
        return last;
    }
};

TEST_F(DoubtedLabels, AreNotLearnedWhereTheyAreMany) {
    const Learned learned = learn_with_wrong_labels(20, 60);
    EXPECT_GT(learned.report.label_noise, 0.1);
    EXPECT_GE(learned.report.doubted_rows, 18U);
    EXPECT_LE(learned.report.doubted_rows, 21U);
    EXPECT_EQ(learned.report.errors[static_cast<std::size_t>(ErrorType::LabelNoise)], learned.report.doubted_rows);
    EXPECT_EQ(learned.report.trained_rows + learned.report.held_out_rows + learned.report.doubted_rows, 100U);
    EXPECT_EQ(learned.consumed.size(), 100U);  // they are learned from by nobody later
    EXPECT_NEAR(engine_.plans.back().label_noise, learned.report.label_noise, 1e-6)
        << "those that are not found count less";
    EXPECT_THAT(learned.report.reason, ::testing::HasSubstr("% of labels seem wrong"));
    std::size_t wrong = 0, replayed = 0;
    for (const TrainStep& step : engine_.plans.back().steps) {
        for (const TrainRow& row : step) {
            const float* x = engine_.pools.back().data() + row.row * 4;
            ++replayed;
            wrong += row.label != static_cast<std::uint32_t>(std::max_element(x, x + 3) - x) ? 1 : 0;
        }
    }
    EXPECT_LT(wrong * 100, replayed * 3) << "what was remembered before the model knew better is forgotten";
}

TEST_F(DoubtedLabels, AreLearnedWhereTheyAreFew) {
    learn_with_wrong_labels(20, 60);
    EXPECT_GT(learn(batch_with_wrong_labels(2)).report.doubted_rows, 0U) << "where they were many just now";
    policy_ = make(config_);
    const Learned learned = learn_with_wrong_labels(2, 60);
    EXPECT_LT(learned.report.label_noise, NoiseRate::kHigh);
    EXPECT_EQ(learned.report.doubted_rows, 0U);
}

TEST_F(DoubtedLabels, AreThoseOfAModelThatKnowsBetterNotOfOneThatJustCame) {
    learn_with_wrong_labels(20, 60);
    ASSERT_TRUE(policy_->rebase(*policy_->parameters()));
    EXPECT_LT(learn(batch_with_wrong_labels(20)).report.label_noise, 0.1);
}

// A tenth of the stream, a corner of one cloud, has another name here: no mistake, but something to learn.
TEST_F(DoubtedLabels, AreNotThoseThatAWholeGroupOfSamplesCarries) {
    const auto with_a_corner = [&] {
        testing::Batch rows = batch_with_wrong_labels(0);
        for (std::size_t i = 0; i < 10; ++i) {
            rows[i] = sample(0, 1);
            rows[i].prediction.tier = Tier::Heavy;
            rows[i].prediction.predicted = 0;
            auto x = std::array<float, 4>{2.2F, -1.5F, -1.5F, 2.0F};
            for (float& value : x)
                value += static_cast<float>(random_.uniform() - 0.5) * 0.3F;
            std::memcpy(rows[i].prediction.sample.data(), x.data(), sizeof x);
        }
        return rows;
    };
    learn_with_wrong_labels(0, 60);
    std::size_t doubted = 0;
    for (int i = 0; i < 60; ++i)
        doubted += learn(with_a_corner()).report.doubted_rows;
    EXPECT_LT(doubted, 60U) << "of 600";
    EXPECT_GT(learn(with_a_corner()).report.accuracy, 0.95);
}

TEST_F(DoubtedLabels, AreLearnedWhereTheOperatorTrustsThem) {
    config_.doubt_labels = false;
    policy_ = make(config_);
    const Learned learned = learn_with_wrong_labels(20, 60);
    EXPECT_EQ(learned.report.doubted_rows, 0U);
    EXPECT_EQ(learned.report.trained_rows + learned.report.held_out_rows, 100U);
}

class Counterexamples : public testing::LearningPolicyTest {
protected:
    Counterexamples() {
        config_.step_made_rows = 5;
        policy_ = make(config_);
    }
    /// A batch in which one answer in ten was wrong, and its label is right.
    testing::Batch batch_with_errors() {
        testing::Batch rows = batch();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i].prediction.tier = Tier::Heavy;
            rows[i].prediction.predicted = i % 10 == 0 ? (rows[i].label + 1) % 3 : rows[i].label;
        }
        return rows;
    }
};

TEST_F(Counterexamples, AreMixedIntoEachStepOnceThereAreErrorsToMakeThemFrom) {
    learn(batch_with_errors());
    const Learned learned = learn(batch_with_errors());
    EXPECT_GT(learned.report.made_rows, 0U);
    for (const TrainStep& step : engine_.plans.back().steps) {
        const auto made = std::count_if(step.begin(), step.end(),
                                        [this](const TrainRow& row) { return row.weight == config_.made_weight; });
        EXPECT_EQ(made, 5);
        EXPECT_LE(made * 3, static_cast<std::ptrdiff_t>(step.size()));  // never more than a third
    }
}

TEST_F(Counterexamples, AreNotMadeWhereNearlyAllAnswersAreRight) {
    for (int i = 0; i < 12; ++i) {
        testing::Batch rows = batch();
        for (feedback::LabelledSample& row : rows)
            row.prediction.predicted = row.label;
        rows.front().prediction.predicted = (rows.front().label + 1) % 3;
        EXPECT_EQ(learn(rows).report.made_rows, 0U);
    }
}

TEST_F(Counterexamples, SurviveARestart) {
    learn(batch_with_errors());
    auto restored = LearningPolicy::restore(engine_, config_, spec_, policy_->checkpoint());
    ASSERT_TRUE(restored) << restored.error().message;
    EXPECT_EQ((*restored)->checkpoint(), policy_->checkpoint());
}

TEST(ErrorParents, LetTheOldestGoAndThoseThatHadTheirChildren) {
    ErrorParents parents;
    for (std::uint64_t i = 0; i < 60; ++i)
        parents.add({Bytes(1), 0, 1, i, 0});
    EXPECT_EQ(parents.size(), ErrorParents::kParentsMax);
    EXPECT_EQ(parents.next()->trigger, 10U);
    parents.expire(40);
    EXPECT_EQ(parents.size(), 39U);  // 21 … 59
    for (std::size_t i = 0; i < 39 * ErrorParents::kChildrenMax; ++i)
        ASSERT_NE(parents.next(), nullptr);
    parents.expire(40);
    EXPECT_EQ(parents.next(), nullptr);
}

TEST(ErrorParents, AreNeverErrorsOfTheLabelOrAChangingWorld) {
    for (const auto type : {ErrorType::Unjudged, ErrorType::LabelNoise, ErrorType::DriftBurst})
        EXPECT_FALSE(ErrorParents::takes(type));
}

TEST(ErrorParents, AreAlsoWhatAnEarlyExitGotWrongAndTheDeepestKnows) {
    EXPECT_TRUE(ErrorParents::takes(ErrorType::TierRouting));
}

TEST(Accepted, DropsWhatTheModelTakesForAnotherClassForSure) {
    const MadeRows made{{1, 2, 3, 4}, {{0, 0}, {0, 0}, {0, 0}, {0, 1, 0.7F}}};  // four rows of one value
    const ForwardResult answers{4, 1, 2, {0, 9, 0, 0.1F, 5, 0, 0, 9}};
    const MadeRows kept = accepted(made, answers);
    EXPECT_EQ(kept.rows, (std::vector<float>{2, 3, 4}));
    EXPECT_EQ(kept.labels.size(), 3U);
}

TEST_F(Counterexamples, AreErrorsThatTheLearnerMovesWhereItIsToldTo) {
    config_.fgsm = 0.1F;
    policy_ = make(config_);
    learn(batch_with_errors());
    learn(batch_with_errors());
    std::size_t moved = 0;
    for (const TrainStep& step : engine_.plans.back().steps) {
        for (const TrainRow& row : step)
            moved += row.adversarial == config_.fgsm && row.weight == config_.made_weight ? 1 : 0;
    }
    EXPECT_GT(moved, 5U);
}

TEST_F(Counterexamples, AreMixturesWithBothLabelsInTheirSharesWhereTheyAreToldTo) {
    config_.mixup = 0.4F;
    policy_ = make(config_);
    learn(batch_with_errors());
    learn(batch_with_errors());
    std::size_t mixed = 0;
    for (const TrainStep& step : engine_.plans.back().steps) {
        for (std::size_t i = 1; i < step.size(); ++i) {
            if (step[i].row != step[i - 1].row || step[i].label == step[i - 1].label) continue;
            ++mixed;
            EXPECT_NEAR(step[i].weight + step[i - 1].weight, config_.made_weight, 1e-6);
            EXPECT_LE(step[i].weight, 0.4F * config_.made_weight);
        }
    }
    EXPECT_GT(mixed, 5U);
}

}  // namespace
}  // namespace skerry::node
