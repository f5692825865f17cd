#include "feedback/prequential.hpp"

#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace skerry::feedback {
namespace {

TEST(Prequential, StandsBesideTheMajorityAndTheLastClass) {
    Prequential prequential(3);
    // truth      0 0 1 1 0 | predicted 0 1 1 1 2
    prequential.add(Tier::Light, 0, 0);
    prequential.add(Tier::Light, 1, 0);
    prequential.add(Tier::Medium, 1, 1);
    prequential.add(Tier::Heavy, 1, 1);
    prequential.add(Tier::Heavy, 2, 0);
    const auto numbers = prequential.numbers();
    EXPECT_EQ(numbers.labelled, 5U);
    EXPECT_DOUBLE_EQ(numbers.accuracy, 3.0 / 5);
    EXPECT_DOUBLE_EQ(numbers.majority, 2.0 / 5);    // 0 is the majority from the second label on
    EXPECT_DOUBLE_EQ(numbers.last_class, 2.0 / 5);  // right at the second and the fourth
    const double chance = 3.0 / 5 * 1.0 / 5 + 2.0 / 5 * 3.0 / 5;
    EXPECT_DOUBLE_EQ(numbers.kappa, (0.6 - chance) / (1 - chance));
    EXPECT_NEAR(numbers.kappa_temporal, (0.6 - 0.4) / 0.6, 1e-12);
    EXPECT_EQ(numbers.tier_labelled, (std::array<std::uint64_t, kTiers>{2, 1, 2}));
    EXPECT_EQ(numbers.tier_correct, (std::array<std::uint64_t, kTiers>{1, 1, 1}));
}

TEST(Prequential, ForgetsInItsWindowWhatIsOlderThanTenTriggers) {
    Prequential prequential(2);
    for (int trigger = 0; trigger < 20; ++trigger) {
        for (int i = 0; i < 10; ++i)
            prequential.add(Tier::Light, trigger < 10 ? 1 : 0, 0);
        prequential.end_trigger();
    }
    EXPECT_DOUBLE_EQ(prequential.numbers().accuracy, 0.5);
    EXPECT_DOUBLE_EQ(prequential.numbers().accuracy_window, 1.0);
    EXPECT_DOUBLE_EQ(prequential.numbers().majority_window, 1.0);
}

TEST(Prequential, AStreamThatOnlyRepeatsItselfEarnsNoTemporalKappa) {
    Prequential prequential(2);
    for (int i = 0; i < 100; ++i)
        prequential.add(Tier::Light, 1, 1);
    EXPECT_DOUBLE_EQ(prequential.numbers().accuracy, 1.0);
    EXPECT_LE(prequential.numbers().kappa_temporal, 1.0);
    EXPECT_DOUBLE_EQ(prequential.numbers().kappa, 0.0);
}

TEST(Prequential, IsTheSameAfterItWasSavedAndLoaded) {
    Random random(3);
    Prequential prequential(4);
    for (int i = 0; i < 250; ++i) {
        prequential.add(static_cast<Tier>(random.below(3)), static_cast<std::uint32_t>(random.below(4)),
                        static_cast<std::uint32_t>(random.below(4)));
        if (i % 20 == 0) prequential.end_trigger();
    }
    ByteWriter saved;
    prequential.save(saved);
    ByteReader reader(saved.bytes());
    auto loaded = Prequential::load(reader, 4);
    ASSERT_TRUE(loaded);
    loaded->add(Tier::Light, 1, 2);
    prequential.add(Tier::Light, 1, 2);
    EXPECT_DOUBLE_EQ(loaded->numbers().kappa, prequential.numbers().kappa);
    EXPECT_DOUBLE_EQ(loaded->numbers().accuracy_window, prequential.numbers().accuracy_window);
    EXPECT_EQ(loaded->numbers().tier_correct, prequential.numbers().tier_correct);

    ByteReader other_model(saved.bytes());
    EXPECT_FALSE(Prequential::load(other_model, 5));
    for (std::size_t cut = 0; cut < saved.bytes().size(); cut += 5) {
        ByteReader shortened(ByteView(saved.bytes()).first(cut));
        EXPECT_FALSE(Prequential::load(shortened, 4)) << cut;
    }
}

}  // namespace
}  // namespace skerry::feedback
