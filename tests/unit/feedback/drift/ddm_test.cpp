#include "feedback/drift/ddm.hpp"

#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace skerry::feedback {
namespace {

using Level = Ddm::Level;

TEST(Ddm, WarnsBeforeItAlarmsWhenErrorsRise) {
    Random random(3);
    Ddm detector;
    for (int i = 0; i < 3000; ++i)
        static_cast<void>(detector.add(random.uniform() < 0.2));
    bool warned = false;
    for (int i = 0; i < 2000; ++i) {
        const Level level = detector.add(random.uniform() < 0.6);
        warned = warned || level == Level::Warning;
        if (level != Level::Drift) continue;
        EXPECT_TRUE(warned);
        return;
    }
    FAIL() << "no alarm";
}

TEST(Ddm, SaysNothingBeforeItHasSeenEnough) {
    Ddm detector;
    for (int i = 0; i < 29; ++i)
        EXPECT_EQ(detector.add(i >= 10), Level::Stable);
}

TEST(Ddm, DoesNotMindThatErrorsBecomeFewer) {
    Random random(7);
    Ddm detector;
    for (int i = 0; i < 2000; ++i)
        static_cast<void>(detector.add(random.uniform() < 0.5));
    for (int i = 0; i < 2000; ++i)
        ASSERT_EQ(detector.add(random.uniform() < 0.1), Level::Stable) << i;
}

TEST(Ddm, GoesOnAfterARestartAsIfThereHadBeenNone) {
    Random random(6);
    Ddm one, other;
    for (int i = 0; i < 3000; ++i) {
        const bool error = random.uniform() < (i < 1500 ? 0.1 : 0.3);
        ByteWriter saved;
        other.save(saved);
        ByteReader reader(saved.bytes());
        other = *Ddm::load(reader, {});
        EXPECT_EQ(one.add(error), other.add(error)) << i;
    }
}

TEST(Ddm, RefusesASavedStateThatItDidNotWrite) {
    ByteWriter wild;
    wild.put(std::uint64_t{5}).put(std::uint64_t{6}).put(std::uint8_t{1}).put(0.5).put(0.1);  // more errors than bits
    ByteReader reader(wild.bytes());
    EXPECT_EQ(Ddm::load(reader, {}).error().code, ErrorCode::InvalidInput);
    ByteReader empty({});
    EXPECT_FALSE(Ddm::load(empty, {}));
}

}  // namespace
}  // namespace skerry::feedback
