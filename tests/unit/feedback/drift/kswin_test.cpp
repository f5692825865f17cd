#include "feedback/drift/kswin.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace skerry::feedback {
namespace {

// Batches of 100, each tested once.
class KswinTest : public testing::Test {
protected:
    std::optional<double> batch(double from, double to) {
        for (int i = 0; i < 100; ++i)
            detector_.add(random_.uniform(from, to));
        return detector_.check();
    }

    Random random_{9};
    Kswin detector_;
};

TEST_F(KswinTest, RarelySpeaksWhileTheDistributionStays) {
    int alarms = 0;
    for (int i = 0; i < 2000; ++i)
        alarms += batch(0, 1) ? 1 : 0;
    EXPECT_LE(alarms, 4);  // 0.001 a test: two are expected
}

TEST_F(KswinTest, SeesAnotherSpreadAlthoughTheMeanStays) {
    for (int i = 0; i < 5; ++i)
        ASSERT_FALSE(batch(0, 1));
    const auto distance = batch(0.4, 0.6);
    ASSERT_TRUE(distance);
    EXPECT_GT(*distance, 0.3);
    EXPECT_EQ(detector_.size(), 100U);  // the past is let go
}

TEST_F(KswinTest, HasNoOpinionBeforeItsWindowIsFull) {
    EXPECT_FALSE(batch(0, 1));
    EXPECT_FALSE(batch(5, 6));
    EXPECT_TRUE(batch(5, 6) || batch(9, 10));
}

TEST_F(KswinTest, TakesEqualNumbersForEqual) {
    for (int i = 0; i < 1000; ++i) {
        detector_.add(1.0);
        ASSERT_FALSE(detector_.check());
    }
}

TEST_F(KswinTest, GoesOnAfterARestartAsIfThereHadBeenNone) {
    for (int i = 0; i < 3; ++i)
        static_cast<void>(batch(0, 1));
    ByteWriter saved;
    detector_.save(saved);
    ByteReader reader(saved.bytes());
    Kswin other = *Kswin::load(reader, {});
    for (int i = 0; i < 1000; ++i) {
        const double value = random_.uniform(0, i < 500 ? 1 : 2);
        detector_.add(value);
        other.add(value);
        EXPECT_EQ(detector_.check(), other.check()) << i;
    }
}

TEST_F(KswinTest, RefusesASavedStateThatItDidNotWrite) {
    for (const auto& write : std::vector<void (*)(ByteWriter&)>{
             [](ByteWriter&) {}, [](ByteWriter& to) { to.put(std::uint32_t{400}); },
             [](ByteWriter& to) { to.put(std::uint32_t{2}).put(1.0); },
             [](ByteWriter& to) { to.put(std::uint32_t{1}).put(std::numeric_limits<double>::infinity()); }}) {
        ByteWriter wild;
        write(wild);
        ByteReader reader(wild.bytes());
        const auto loaded = Kswin::load(reader, {});
        ASSERT_FALSE(loaded);
        EXPECT_EQ(loaded.error().code, ErrorCode::InvalidInput);
    }
}

}  // namespace
}  // namespace skerry::feedback
