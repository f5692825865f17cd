#include "feedback/error_type.hpp"

#include <gtest/gtest.h>

namespace skerry::feedback {
namespace {

// Of two classes, and the model has no doubt that the label is wrong.
ErrorEvidence against_the_label() {
    ErrorEvidence evidence;
    evidence.predicted = 0.97;
    evidence.truth = 0.01;
    evidence.answered = 0.95;
    evidence.margin = 0.93;
    evidence.neighbours_agree = true;
    return evidence;
}

TEST(ErrorType, IsRoutingWheneverADeeperExitKnows) {
    ErrorEvidence evidence = against_the_label();
    evidence.deeper_knows = evidence.unlike_the_known = evidence.reacting = true;
    EXPECT_EQ(type_of(evidence), ErrorType::TierRouting);
}

TEST(ErrorType, IsNoveltyBeforeTheLabelIsDoubted) {
    ErrorEvidence evidence = against_the_label();
    evidence.unlike_the_known = true;
    EXPECT_EQ(type_of(evidence), ErrorType::Novel);
}

TEST(ErrorType, DoubtsALabelOnlyWhenTheModelAndTheNeighboursDo) {
    EXPECT_EQ(type_of(against_the_label()), ErrorType::LabelNoise);

    ErrorEvidence alone = against_the_label();
    alone.neighbours_agree = false;
    EXPECT_EQ(type_of(alone), ErrorType::Confident);

    ErrorEvidence possible = against_the_label();
    possible.truth = 0.05;
    EXPECT_EQ(type_of(possible), ErrorType::Confident);

    ErrorEvidence unsure = against_the_label();
    unsure.predicted = 0.85;
    EXPECT_EQ(type_of(unsure), ErrorType::Confident);
}

TEST(ErrorType, DoubtsALabelThatIsMoreLikelyWrongThanRight) {
    ErrorEvidence evidence;
    evidence.suspicion = 0.6;
    EXPECT_EQ(type_of(evidence), ErrorType::LabelNoise);
    evidence.suspicion = 0.4;
    EXPECT_EQ(type_of(evidence), ErrorType::Ordinary);
}

TEST(ErrorType, DoubtsNoLabelWhileTheWorldChanges) {
    ErrorEvidence evidence = against_the_label();
    evidence.reacting = true;
    EXPECT_EQ(type_of(evidence), ErrorType::DriftBurst);
}

TEST(ErrorType, IsABoundaryWhenTheTruthCameACloseSecond) {
    ErrorEvidence evidence;
    evidence.answered = 0.45;
    evidence.margin = 0.1;
    EXPECT_EQ(type_of(evidence), ErrorType::Ordinary);
    evidence.truth_was_second = true;
    EXPECT_EQ(type_of(evidence), ErrorType::Boundary);
    evidence.margin = 0.3;
    EXPECT_EQ(type_of(evidence), ErrorType::Ordinary);
}

TEST(ErrorType, HasANameThatLeadsBackToIt) {
    for (std::size_t i = 0; i < kErrorTypes; ++i) {
        const auto type = static_cast<ErrorType>(i);
        EXPECT_EQ(error_type_named(name_of(type)), type);
    }
    EXPECT_EQ(error_type_named("noise"), std::nullopt);
}

}  // namespace
}  // namespace skerry::feedback
