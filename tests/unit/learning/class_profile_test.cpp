#include "edge-node/learning/class_profile.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/sample_soft_labels.hpp"

namespace skerry::node {
namespace {

using ::testing::ElementsAre;
using Labels = std::vector<std::uint32_t>;

/// Two exits; the deepest gives every row these logits, the other says nothing that counts.
ForwardResult answers(std::size_t rows, std::vector<float> logits) {
    ForwardResult made{rows, 2, logits.size(), {}};
    for (std::size_t row = 0; row < rows; ++row) {
        made.logits.insert(made.logits.end(), logits.size(), 100.0F * static_cast<float>(row));
        made.logits.insert(made.logits.end(), logits.begin(), logits.end());
    }
    return made;
}

TEST(ClassProfile, IsTheMeanOfTheSoftenedDeepestAnswers) {
    ClassProfile profile;
    const float ln4 = std::log(4.0F);
    profile.observe(answers(10, {ln4, 0, 0}), Labels(10, 0), std::vector<bool>(10));  // softened: 2 : 1 : 1
    const wire::SoftLabels labels = profile.soft_labels();
    EXPECT_THAT(labels.rows, ElementsAre(10, 0, 0));
    EXPECT_NEAR(labels.shares[0], 32767.5, 1);
    EXPECT_NEAR(labels.shares[1], 16383.75, 1);
    EXPECT_TRUE(wire::soft_labels_of(wire::encoded(labels))) << "every coordinator reads them";
    profile.observe(answers(10, {0, 1000, -1000}), Labels(10, 0), std::vector<bool>(10));  // no logit is too large
    EXPECT_NEAR(profile.soft_labels().shares[0], 32767.5 * 0.95 / 1.95, 2) << "and the newer counts for more";
}

TEST(ClassProfile, LeavesOutDoubtedRowsAndWhatIsMoreThanTheLabels) {
    ClassProfile profile;
    std::vector<bool> doubted(20);
    std::fill_n(doubted.begin(), 12, true);
    profile.observe(answers(30, {0, 0}), Labels(20, 1), doubted);
    EXPECT_THAT(profile.soft_labels().rows, ElementsAre(0, 8));
}

TEST(ClassProfile, SaysNothingOfAClassOfFewSamples) {
    ClassProfile profile;
    EXPECT_TRUE(profile.soft_labels().empty());
    profile.observe(answers(4, {0, 0}), Labels(4, 0), std::vector<bool>(4));
    EXPECT_TRUE(profile.soft_labels().empty());
    profile.observe(answers(9, {0, 0}), Labels(9, 1), std::vector<bool>(9));
    EXPECT_THAT(profile.soft_labels().rows, ElementsAre(0, 9));
    for (int trigger = 0; trigger < 20; ++trigger)
        profile.observe(answers(0, {0, 0}), {}, {});
    EXPECT_TRUE(profile.soft_labels().empty()) << "it fades";
}

TEST(ClassProfile, IsNoneOfMoreClassesThanAMessageHolds) {
    ClassProfile profile;
    const std::vector<float> many(wire::SoftLabels::kClassesMax + 1);
    profile.observe(answers(9, many), Labels(9, 0), std::vector<bool>(9));
    EXPECT_TRUE(profile.empty());
    const std::vector<float> most(wire::SoftLabels::kClassesMax);
    profile.observe(answers(9, most), Labels(9, 0), std::vector<bool>(9));
    EXPECT_TRUE(wire::soft_labels_of(wire::encoded(profile.soft_labels())));
}

TEST(ClassProfile, GoesOnAfterARestartAndReadsNothingElse) {
    ClassProfile profile;
    profile.observe(answers(10, {2, 1, 0}), Labels(10, 2), std::vector<bool>(10));
    ByteWriter saved;
    profile.save(saved);
    ClassProfile again;
    ByteReader from(saved.bytes());
    ASSERT_TRUE(again.load(from, 3));
    EXPECT_TRUE(from.finished());
    EXPECT_EQ(again.soft_labels(), profile.soft_labels());
    for (std::size_t cut = 0; cut < saved.bytes().size(); ++cut) {
        ByteReader part(ByteView(saved.bytes()).first(cut));
        EXPECT_FALSE(again.load(part, 3)) << cut;
    }
    for (const double value : {-1.0, std::nan(""), HUGE_VAL}) {
        Bytes damaged = saved.bytes();
        std::memcpy(damaged.data() + 4, &value, sizeof value);
        ByteReader broken(damaged);
        EXPECT_FALSE(again.load(broken, 3)) << value;
    }
    EXPECT_EQ(again.soft_labels(), profile.soft_labels()) << "what could not be read has changed nothing";
}

TEST(ClassTargets, AreWhatTheFleetKnowsAndOtherwiseTheLabelItself) {
    EXPECT_TRUE(class_targets_of({}, 3).empty());
    EXPECT_TRUE(class_targets_of(sample_soft_labels({9, 9}, 1), 3).empty()) << "of another model";
    wire::SoftLabels labels = sample_soft_labels({9, 0, 9}, 52'428);
    labels.shares[8] -= 2;  // what rounding took
    const std::vector<float> targets = class_targets_of(labels, 3);
    EXPECT_NEAR(targets[0], 0.8, 1e-6);
    EXPECT_NEAR(targets[1], 0.2, 1e-6);
    EXPECT_THAT(std::vector<float>(targets.begin() + 3, targets.begin() + 6), ElementsAre(0, 1, 0));
    EXPECT_NEAR(targets[6] + targets[7] + targets[8], 1, 1e-6);
}

}  // namespace
}  // namespace skerry::node
