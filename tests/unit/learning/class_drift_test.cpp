#include "edge-node/learning/class_drift.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace skerry::node {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class ClassDriftTest : public ::testing::Test {
protected:
    // Ten classes, ten rows of each, of which `class_rate` of class 3 and a tenth of the others are wrong.
    std::vector<ClassDrift::Alarm> trigger(ClassDrift& watch, double class_rate) {
        std::vector<std::uint32_t> labels;
        std::vector<bool> errors;
        for (std::uint32_t i = 0; i < 100; ++i) {
            labels.push_back(i % 10);
            errors.push_back(random_.uniform() < (i % 10 == 3 ? class_rate : 0.1));
        }
        return watch.observe(labels, errors);
    }

    Random random_{11};
};

TEST_F(ClassDriftTest, StaysSilentOnAStreamThatDoesNotChange) {
    ClassDrift watch(10);
    for (int i = 0; i < 1000; ++i)
        ASSERT_THAT(trigger(watch, 0.3), IsEmpty()) << i;
}

TEST_F(ClassDriftTest, NamesTheOneClassWhoseErrorsRiseAndByHowMuch) {
    ClassDrift watch(10);
    for (int i = 0; i < 30; ++i)
        trigger(watch, 0.1);
    std::vector<ClassDrift::Alarm> alarms;
    int triggers = 0;
    for (; alarms.empty() && triggers < 10; ++triggers)
        alarms = trigger(watch, 0.8);
    ASSERT_THAT(alarms, SizeIs(1));
    EXPECT_EQ(alarms[0].label, 3U);
    EXPECT_NEAR(alarms[0].before, 0.1, 0.06);
    EXPECT_NEAR(alarms[0].after, 0.8, 0.2);
    EXPECT_LE(triggers, 4);
}

TEST_F(ClassDriftTest, AlarmsOnceForOneChange) {
    ClassDrift watch(10);
    for (int i = 0; i < 30; ++i)
        trigger(watch, 0.1);
    std::size_t alarms = 0;
    for (int i = 0; i < 200; ++i)
        alarms += trigger(watch, 0.8).size();
    EXPECT_EQ(alarms, 1U);
}

TEST_F(ClassDriftTest, DoesNotMindThatErrorsBecomeFewer) {
    ClassDrift watch(10);
    for (int i = 0; i < 30; ++i)
        ASSERT_THAT(trigger(watch, 0.9), IsEmpty());
    for (int i = 0; i < 30; ++i)
        ASSERT_THAT(trigger(watch, 0.05), IsEmpty());
}

TEST_F(ClassDriftTest, TellsTheLargestRiseLast) {
    ClassDrift watch(2);
    std::vector<std::uint32_t> labels;
    std::vector<bool> errors;
    for (int i = 0; i < 400; ++i) {
        labels.insert(labels.end(), {1, 0});
        errors.insert(errors.end(), {i >= 300, i >= 300 && i % 2 == 0});
    }
    const auto alarms = watch.observe(labels, errors);
    ASSERT_THAT(alarms, SizeIs(2));
    EXPECT_EQ(alarms[0].label, 0U);
    EXPECT_EQ(alarms[1].label, 1U);
    EXPECT_DOUBLE_EQ(alarms[1].before, 0);
    EXPECT_DOUBLE_EQ(alarms[1].after, 1);
}

TEST_F(ClassDriftTest, WatchesNoMoreClassesThanItsBound) {
    ClassDrift watch(1024);
    const std::vector<std::uint32_t> labels(500, 1000);
    std::vector<bool> errors(500, false);
    std::fill(errors.begin() + 250, errors.end(), true);
    EXPECT_THAT(watch.observe(labels, errors), IsEmpty());
}

TEST_F(ClassDriftTest, GoesOnAfterARestartAsIfThereHadBeenNone) {
    ClassDrift watch(10);
    for (int i = 0; i < 30; ++i)
        trigger(watch, 0.1);
    trigger(watch, 0.8);
    ByteWriter to;
    watch.save(to);
    const Bytes saved = std::move(to).take();
    ClassDrift again(10);
    ByteReader from(saved);
    ASSERT_TRUE(again.load(from));
    EXPECT_TRUE(from.finished());
    for (int i = 0; i < 10; ++i) {
        const Random now = random_;
        const auto expected = trigger(watch, 0.8);
        random_ = now;
        const auto alarms = trigger(again, 0.8);
        ASSERT_EQ(alarms.size(), expected.size()) << i;
        for (std::size_t alarm = 0; alarm < alarms.size(); ++alarm)
            EXPECT_DOUBLE_EQ(alarms[alarm].after, expected[alarm].after);
    }
}

TEST_F(ClassDriftTest, RefusesASavedStateThatItDidNotWrite) {
    ClassDrift watch(10);
    trigger(watch, 0.1);
    ByteWriter to;
    watch.save(to);
    const Bytes saved = std::move(to).take();
    ClassDrift again(10);
    for (std::size_t length = 0; length < saved.size(); ++length) {
        ByteReader from(ByteView(saved).first(length));
        EXPECT_FALSE(again.load(from)) << length;
    }
    Bytes newer = saved;
    newer[0] = std::byte{9};
    ByteReader from(newer);
    EXPECT_FALSE(again.load(from));
}

}  // namespace
}  // namespace skerry::node
