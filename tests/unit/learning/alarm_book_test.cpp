#include "edge-node/learning/alarm_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skerry::node {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::uint64_t> numbers(const std::vector<DriftAlarm>& alarms) {
    std::vector<std::uint64_t> numbers;
    for (const DriftAlarm& alarm : alarms)
        numbers.push_back(alarm.number);
    return numbers;
}

void raise(AlarmBook& book, std::size_t count) {
    std::vector<DriftAlarm> alarms(count);
    book.number(alarms);
    book.add(alarms);
}

TEST(AlarmBook, ReportsEachAlarmUntilTheCoordinatorKnowsIt) {
    AlarmBook book;
    raise(book, 2);
    EXPECT_THAT(numbers(book.unknown()), ElementsAre(1, 2));
    book.known(1);
    EXPECT_THAT(numbers(book.unknown()), ElementsAre(2));
    book.known(2);
    book.known(1);
    EXPECT_THAT(book.unknown(), IsEmpty()) << "an announcement that was late says less";
}

TEST(AlarmBook, ReportsTheNewestWhereThereAreManyAndKeepsCounting) {
    AlarmBook book;
    raise(book, 20);
    raise(book, 1);
    EXPECT_THAT(numbers(book.unknown()), ElementsAre(14, 15, 16, 17, 18, 19, 20, 21));
}

TEST(AlarmBook, GoesOnBehindWhatIsOnRecord) {
    AlarmBook book;
    std::vector<DriftAlarm> kept(3);
    for (std::size_t i = 0; i < kept.size(); ++i)
        kept[i].number = 9 - i;
    book.restore(kept);
    raise(book, 1);
    EXPECT_THAT(numbers(book.unknown()), ElementsAre(7, 8, 9, 10));
}

TEST(AlarmBook, OfAnOlderCopyOfTheFolderNumbersNothingTwice) {
    AlarmBook book;
    raise(book, 1);
    book.known(40);
    raise(book, 1);
    EXPECT_THAT(numbers(book.unknown()), ElementsAre(41));
}

}  // namespace
}  // namespace skerry::node
