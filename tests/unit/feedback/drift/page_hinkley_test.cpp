#include "feedback/drift/page_hinkley.hpp"

#include <utility>

#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace skerry::feedback {
namespace {

TEST(PageHinkley, IsSilentWhileTheMeanStays) {
    Random random(3);
    PageHinkley detector;
    for (int i = 0; i < 100'000; ++i)
        ASSERT_FALSE(detector.add(random.uniform() < 0.1 ? 1 : 0)) << i;
}

TEST(PageHinkley, SeesARiseAndBeginsAnew) {
    Random random(4);
    PageHinkley detector;
    for (int i = 0; i < 5000; ++i)
        ASSERT_FALSE(detector.add(random.uniform() < 0.1 ? 1 : 0));
    int until = 0;
    while (!detector.add(random.uniform() < 0.4 ? 1 : 0))
        ASSERT_LT(++until, 1000);
    EXPECT_EQ(detector.sum(), 0);
    for (int i = 0; i < 5000; ++i)
        ASSERT_FALSE(detector.add(random.uniform() < 0.4 ? 1 : 0)) << i;
}

TEST(PageHinkley, DoesNotMindThatTheMeanFalls) {
    Random random(5);
    PageHinkley detector;
    for (int i = 0; i < 5000; ++i)
        ASSERT_FALSE(detector.add(random.uniform() < 0.5 ? 1 : 0));
    for (int i = 0; i < 5000; ++i)
        ASSERT_FALSE(detector.add(random.uniform() < 0.1 ? 1 : 0));
}

TEST(PageHinkley, GoesOnAfterARestartAsIfThereHadBeenNone) {
    Random random(6);
    PageHinkley one, other;
    for (int i = 0; i < 3000; ++i) {
        const double value = random.uniform() < (i < 1500 ? 0.1 : 0.3) ? 1 : 0;
        ByteWriter saved;
        other.save(saved);
        ByteReader reader(saved.bytes());
        other = *PageHinkley::load(reader, {});
        EXPECT_EQ(one.add(value), other.add(value)) << i;
    }
}

TEST(PageHinkley, RefusesASavedStateThatItDidNotWrite) {
    ByteWriter wild;
    wild.put(std::uint64_t{5}).put(0.5).put(-1.0);
    ByteReader reader(wild.bytes());
    EXPECT_EQ(PageHinkley::load(reader, {}).error().code, ErrorCode::InvalidInput);
    ByteReader empty({});
    EXPECT_FALSE(PageHinkley::load(empty, {}));
}

}  // namespace
}  // namespace skerry::feedback
