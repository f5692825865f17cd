#include "edge-node/learning/renaming.hpp"

#include "tests/unit/learning/learning_policy_fixture.hpp"

namespace skerry::node {
namespace {

using namespace testing;
using ::testing::HasSubstr;

using Classes = std::vector<std::uint32_t>;

/// Ten rows of each class, answered rightly by the old names but for the first `wrong` of each, and labelled by
/// `names`.
struct Witnessed {
    explicit Witnessed(const Classes& names, std::size_t wrong = 0) {
        for (std::uint32_t c = 0; c < names.size(); ++c) {
            for (std::size_t i = 0; i < 10; ++i) {
                answers.push_back(i < wrong ? (c + 2) % static_cast<std::uint32_t>(names.size()) : c);
                labels.push_back(names[c]);
            }
        }
        known.assign(names.size(), 50);
    }
    [[nodiscard]] Renaming renaming() const { return renaming_of(answers, labels, known); }
    void drop_rows_answered(std::uint32_t c) {
        for (std::size_t i = answers.size(); i-- > 0;) {
            if (answers[i] != c) continue;
            answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(i));
            labels.erase(labels.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }

    Classes answers, labels;
    std::vector<std::size_t> known;
};

TEST(Renaming, IsNoneWhereLabelsSayWhatTheModelDoes) {
    const Classes same{0, 1, 2, 3, 4};
    EXPECT_EQ(Witnessed(same, 2).renaming(), same);
    EXPECT_FALSE(renames(same));
    EXPECT_EQ(renaming_of({}, {}, std::vector<std::size_t>(5, 50)), same);
}

TEST(Renaming, FollowsTwoClassesThatHaveChangedPlaces) {
    const Classes swapped{0, 3, 2, 1, 4};
    EXPECT_EQ(Witnessed(swapped).renaming(), swapped);
    EXPECT_EQ(Witnessed(swapped, 2).renaming(), swapped) << "one answer in five was wrong before, too";
    EXPECT_TRUE(renames(swapped));
}

TEST(Renaming, FollowsClassesThatHaveAllMovedEvenWhereOneOfThemDoesNotCome) {
    const Classes moved{1, 2, 3, 4, 0};
    Witnessed rows(moved);
    rows.drop_rows_answered(2);
    EXPECT_EQ(rows.renaming(), moved);
}

TEST(Renaming, NeedsThreeTimesAsManyRowsThatSaySoAsThatDoNot) {
    Witnessed rows({1, 0, 2});
    std::fill_n(rows.labels.begin(), 5, 0);  // 15 of 20 are left
    EXPECT_TRUE(renames(rows.renaming()));
    rows.labels[5] = 0;
    EXPECT_FALSE(renames(rows.renaming()));
}

TEST(Renaming, NeedsHalfOfTheRowsToSaySo) {
    Witnessed rows({1, 0, 2});
    std::fill_n(rows.labels.begin(), 5, 2);
    std::fill_n(rows.labels.begin() + 10, 5, 2);
    EXPECT_TRUE(renames(rows.renaming())) << "10 of 20";
    rows.labels[5] = 2;
    EXPECT_FALSE(renames(rows.renaming()));
}

TEST(Renaming, NeedsThreeWitnessesAClass) {
    const std::vector<std::size_t> known(3, 50);
    EXPECT_FALSE(renames(renaming_of(Classes{0, 0, 0, 1, 1}, Classes{1, 1, 1, 0, 0}, known)));
    EXPECT_TRUE(renames(renaming_of(Classes{0, 0, 0, 1, 1, 1}, Classes{1, 1, 1, 0, 0, 0}, known)));
}

TEST(Renaming, DoesNotTakeAClassThatIsNewForAnOldOneWithAnotherName) {
    Witnessed rows({1, 0, 2});
    rows.known[1] = 4;
    EXPECT_FALSE(renames(rows.renaming()));
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
