#include "edge-node/learning/renaming.hpp"

#include "tests/unit/learning/learning_policy_fixture.hpp"

namespace skerry::node {
namespace {

using namespace testing;
using ::testing::HasSubstr;

using Classes = std::vector<std::uint32_t>;

/// Ten rows of each class in turn, answered rightly by the old names but for the first `wrong` of each, and labelled by
/// `names`; and five held-out rows of each class, which the model answers rightly.
struct Witnessed {
    explicit Witnessed(const Classes& names, std::size_t wrong = 0) : classes(names.size()) {
        for (std::size_t i = 0; i < 10; ++i) {
            for (std::uint32_t c = 0; c < classes; ++c) {
                answers.push_back(i < wrong ? (c + 2) % static_cast<std::uint32_t>(classes) : c);
                labels.push_back(names[c]);
            }
        }
        for (std::uint32_t c = 0; c < classes; ++c)
            held_out.insert(held_out.end(), 5, c);
        held_out_answers = held_out;
    }
    [[nodiscard]] Renaming renaming() const {
        return renaming_of({answers, labels}, {held_out_answers, held_out}, classes);
    }
    void drop_rows_answered(std::uint32_t c) {
        for (std::size_t i = answers.size(); i-- > 0;) {
            if (answers[i] != c) continue;
            answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(i));
            labels.erase(labels.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    std::size_t classes;
    Classes answers, labels, held_out, held_out_answers;
};

TEST(Renaming, IsNoneWhereLabelsSayWhatTheModelDoes) {
    const Classes same{0, 1, 2, 3, 4};
    EXPECT_EQ(Witnessed(same, 2).renaming(), same);
    EXPECT_FALSE(renames(same));
    EXPECT_EQ(renaming_of({}, {}, 5), same);
}

TEST(Renaming, FollowsTwoClassesThatHaveChangedPlaces) {
    const Classes swapped{0, 3, 2, 1, 4};
    EXPECT_EQ(Witnessed(swapped).renaming(), swapped);
    EXPECT_EQ(Witnessed(swapped, 2).renaming(), swapped) << "one answer in five was wrong before, too";
    EXPECT_TRUE(renames(swapped));
}

TEST(Renaming, FollowsClassesThatHaveAllMovedWhereEachOfThemComes) {
    const Classes moved{1, 2, 3, 4, 0};
    Witnessed rows(moved);
    EXPECT_EQ(rows.renaming(), moved);
    rows.drop_rows_answered(2);
    EXPECT_FALSE(renames(rows.renaming()));
}

TEST(Renaming, FollowsAChangeWithinTheRows) {
    Witnessed rows({1, 0, 2, 3, 4});
    std::copy_n(rows.answers.begin(), 24, rows.labels.begin());
    EXPECT_TRUE(renames(rows.renaming())) << "about half of the rows are of the old world";
    std::copy_n(rows.answers.begin(), 44, rows.labels.begin());
    EXPECT_FALSE(renames(rows.renaming()));
}

TEST(Renaming, NeedsThreeTimesAsManyRowsThatSaySoAsThatDoNot) {
    Witnessed rows({1, 0, 2});
    for (std::size_t i = 0; i < rows.answers.size(); i += 6) {
        if (rows.answers[i] == 0) rows.labels[i] = 0;
    }
    EXPECT_TRUE(renames(rows.renaming())) << "15 of 20";
    for (std::size_t i = 1; i < rows.answers.size(); i += 6) {
        if (rows.answers[i] == 1) rows.labels[i] = 1;
    }
    EXPECT_FALSE(renames(rows.renaming())) << "10 of 20";
}

TEST(Renaming, NeedsThreeWitnessesAClass) {
    const Classes held_out{0, 0, 1, 1, 2, 2};
    const LabelledAnswers known{held_out, held_out};
    const Classes two{1, 0, 1, 0, 1}, two_of{0, 1, 0, 1, 0}, three{1, 0, 1, 0, 1, 0}, three_of{0, 1, 0, 1, 0, 1};
    EXPECT_FALSE(renames(renaming_of({two_of, two}, known, 3)));
    EXPECT_TRUE(renames(renaming_of({three_of, three}, known, 3)));
}

TEST(Renaming, NeedsWitnessesOfBothWhereTwoChangePlaces) {
    Witnessed rows({1, 1, 2});
    EXPECT_FALSE(renames(rows.renaming())) << "0 is taken for 1, and 1 is what it was";
    rows.drop_rows_answered(1);
    EXPECT_FALSE(renames(rows.renaming())) << "or does not come";
}

TEST(Renaming, DoesNotTakeForOtherNamesWhatIsNewOrForgottenOrRenamedAlready) {
    Witnessed rows({1, 0, 2});
    ASSERT_TRUE(renames(rows.renaming()));
    Witnessed forgotten = rows;
    std::fill_n(forgotten.held_out_answers.begin(), 3, 2);
    EXPECT_FALSE(renames(forgotten.renaming()));
    Witnessed renamed = rows;
    std::fill_n(renamed.held_out.begin(), 5, 1);
    std::fill_n(renamed.held_out.begin() + 5, 5, 0);
    EXPECT_FALSE(renames(renamed.renaming()));
    Witnessed fresh = rows;
    fresh.held_out.erase(fresh.held_out.begin(), fresh.held_out.begin() + 4);
    fresh.held_out_answers = fresh.held_out;
    EXPECT_FALSE(renames(fresh.renaming())) << "one held-out row is none";
}

TEST(Renaming, MovesTheRowsOfEachExitsHeadAndNothingElse) {
    const parameters::ModelSpec spec = small_spec();
    const auto layout = parameters::ParameterLayout::of(spec).value();
    std::vector<float> parameters(layout.size());
    for (std::size_t i = 0; i < parameters.size(); ++i)
        parameters[i] = static_cast<float>(i);
    const std::vector<float> renamed = with_renamed_heads(layout, parameters, {1, 0, 2});
    std::size_t moved = 0;
    for (const parameters::Block& block : layout.blocks()) {
        const bool head = block.name.find("head") != std::string::npos;
        const std::size_t row = block.count / 3;
        for (std::size_t i = 0; i < block.count; ++i) {
            const std::size_t from = !head || i >= 2 * row ? i : (i + row) % (2 * row);
            ASSERT_EQ(renamed[block.offset + i], parameters[block.offset + from]) << block.name;
        }
        moved += head ? 1 : 0;
    }
    EXPECT_EQ(moved, 2 * kTiers);
    const auto light = std::span(parameters).first(layout.prefix(Tier::Light));
    const std::vector<float> renamed_light = with_renamed_heads(layout, light, {1, 0, 2});
    EXPECT_EQ(renamed_light, std::vector<float>(renamed.begin(), renamed.begin() + std::ssize(light)));
}

TEST(Renaming, IsSaidByName) {
    const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g"};
    EXPECT_EQ(sentence_of({1, 0, 2, 3, 4, 5, 6}, names), "a is now called b, b is now called a");
    EXPECT_THAT(sentence_of({1, 2, 3, 4, 5, 6, 0}, names), HasSubstr("e is now called f and 2 more"));
}

TEST_F(LearningPolicyTest, AnswersByNewNamesFromTheNextTriggerOn) {
    const auto after_a_turn = [this](bool renames) {
        config_.rename_classes = renames;
        policy_ = make(config_);
        learn(10);
        engine_.spoil = [](TrainResult& result) { result.finite = false; };  // no step helps
        const Learned alarm = learn(batch(1));
        EXPECT_TRUE(alarm.report.drift);
        EXPECT_EQ(alarm.report.reason.find("is now called") != std::string::npos, renames) << alarm.report.reason;
        const double accuracy = learn(batch(1)).report.accuracy;
        engine_.spoil = {};
        return accuracy;
    };
    EXPECT_LT(after_a_turn(false), 0.1);
    EXPECT_GT(after_a_turn(true), 0.95);
}

TEST_F(LearningPolicyTest, FollowsClassesThatWereRenamedWithinATrigger) {
    learn(20);
    Batch mixed = batch(0, 40);
    const Batch after = batch(1, 60);
    mixed.insert(mixed.end(), after.begin(), after.end());
    EXPECT_THAT(learn(mixed).report.reason, HasSubstr("is now called"));
}

TEST_F(LearningPolicyTest, RenamesNoMemoryThatHasTheNewNamesAlready) {
    learn(20);
    const std::vector<float> old_names = *policy_->parameters();
    ASSERT_THAT(learn(batch(1)).report.reason, HasSubstr("is now called"));
    learn(20, 1);
    ASSERT_TRUE(policy_->roll_back(old_names));
    std::string said;
    for (int i = 0; i < 3; ++i)
        said += learn(batch(1)).report.reason;
    EXPECT_EQ(said.find("is now called"), std::string::npos) << said;
    EXPECT_EQ(old_labels_replayed(), 0U) << "memory is right, only the heads are not";
    EXPECT_GT(learn(batch(1)).report.accuracy, 0.95);
}

TEST_F(LearningPolicyTest, GoesOnFromACheckpointMadeRightAfterClassesWereRenamed) {
    config_.rename_classes = true;
    policy_ = make(config_);
    learn(10);
    learn(batch(1));
    auto again = LearningPolicy::restore(engine_, config_, spec_, policy_->checkpoint());
    ASSERT_TRUE(again) << again.error().message;
    policy_ = std::move(*again);
    EXPECT_GT(learn(batch(1)).report.accuracy, 0.95);
}

}  // namespace
}  // namespace skerry::node
