#include "feedback/fading_shares.hpp"

#include <gtest/gtest.h>

namespace skerry::feedback {
namespace {

TEST(FadingShares, AreNothingBeforeTheFirstLabel) {
    const FadingShares shares(2);
    EXPECT_EQ(shares.accuracy(), 0);
    EXPECT_EQ(shares.kappa(), 0);
    EXPECT_EQ(shares.accuracy_of(Tier::Light), 0);
}

TEST(FadingShares, WeighALabelByHowManyHaveComeSince) {
    FadingShares shares(2);
    shares.add(Tier::Light, 0, 0);
    shares.add(Tier::Light, 1, 0);
    shares.add(Tier::Heavy, 1, 1);
    const double a = FadingShares::kFading;
    EXPECT_NEAR(shares.accuracy(), (a * a + 1) / (a * a + a + 1), 1e-12);
    EXPECT_NEAR(shares.accuracy_of(Tier::Light), a / (a + 1), 1e-12);
    EXPECT_EQ(shares.accuracy_of(Tier::Heavy), 1);
}

TEST(FadingShares, ForgetAnOldAccuracyWithinSomeThousandLabels) {
    FadingShares shares(2);
    for (int i = 0; i < 5000; ++i)
        shares.add(Tier::Light, 0, 1);
    for (int i = 0; i < 3000; ++i)
        shares.add(Tier::Light, i % 2 == 0 ? 0 : 1, i % 2 == 0 ? 0 : 1);
    EXPECT_GT(shares.accuracy(), 0.99);
    EXPECT_GT(shares.kappa(), 0.98);
}

TEST(FadingShares, HaveNoKappaForAnAnswerThatIsAlwaysTheSame) {
    FadingShares shares(2);
    for (int i = 0; i < 1000; ++i)
        shares.add(Tier::Light, 0, i % 10 == 0 ? 1 : 0);
    EXPECT_NEAR(shares.accuracy(), 0.9, 0.01);
    EXPECT_NEAR(shares.kappa(), 0, 1e-9);
}

TEST(FadingShares, GoOnFromWhatWasSaved) {
    FadingShares shares(3), other(3), larger(4);
    for (std::uint32_t i = 0; i < 100; ++i)
        shares.add(Tier::Medium, i % 3, i % 2);
    ByteWriter saved;
    shares.save(saved);
    ByteReader from(saved.bytes());
    ASSERT_TRUE(other.load(from));
    EXPECT_TRUE(from.finished());
    EXPECT_EQ(other.kappa(), shares.kappa());
    ByteReader again(saved.bytes());
    EXPECT_EQ(larger.load(again).error().code, ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace skerry::feedback
