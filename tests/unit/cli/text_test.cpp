#include <gtest/gtest.h>

#include "coordinator/cli/humanise.hpp"
#include "coordinator/cli/printable.hpp"

namespace skerry::cli {
namespace {

using namespace std::chrono_literals;

TEST(Humanise, BytesTakeTheUnitThatLeavesAtMostFourDigits) {
    EXPECT_EQ(human_bytes(0), "0 B");
    EXPECT_EQ(human_bytes(1023), "1023 B");
    EXPECT_EQ(human_bytes(1024), "1.0 KiB");
    EXPECT_EQ(human_bytes(246'784), "241 KiB");
    EXPECT_EQ(human_bytes(1'048'575), "1.0 MiB");
    EXPECT_EQ(human_bytes(1'572'864), "1.5 MiB");
    EXPECT_EQ(human_bytes(UINT64_MAX), "16 EiB");
}

TEST(Humanise, CountsAreGroupedByThousands) {
    EXPECT_EQ(human_count(0), "0");
    EXPECT_EQ(human_count(999), "999");
    EXPECT_EQ(human_count(1000), "1,000");
    EXPECT_EQ(human_count(123'456'789), "123,456,789");
}

TEST(Humanise, DurationsHaveAtMostTwoUnits) {
    EXPECT_EQ(human_duration(0ms), "0 s");
    EXPECT_EQ(human_duration(300ms), "0.3 s");
    EXPECT_EQ(human_duration(12'400ms), "12 s");
    EXPECT_EQ(human_duration(60s), "1 min");
    EXPECT_EQ(human_duration(185s), "3 min 5 s");
    EXPECT_EQ(human_duration(3780s), "1 h 3 min");
    EXPECT_EQ(human_duration(52h), "2 d 4 h");
    EXPECT_EQ(human_duration(-185s), "3 min 5 s");
}

TEST(Humanise, AgesLookBothWays) {
    const TimePoint now{1'000'000'000'000ms};
    EXPECT_EQ(human_age(now - 12s, now), "12 s ago");
    EXPECT_EQ(human_age(now + 34min, now), "in 34 min");
    EXPECT_EQ(human_age(now - 100ms, now), "now");
}

TEST(Humanise, ShortLatenciesStayMicroseconds) {
    EXPECT_EQ(human_microseconds(12.4), "12 µs");
    EXPECT_EQ(human_microseconds(1300), "1.3 ms");
    EXPECT_EQ(human_microseconds(2'500'000), "2.5 s");
}

TEST(Humanise, TimesOfTheApiAreReadBack) {
    const auto time = parse_time("2026-03-01T12:00:00.250Z");
    ASSERT_TRUE(time);
    EXPECT_EQ(to_text(*time), "2026-03-01T12:00:00.250Z");
    EXPECT_EQ(human_time(*time), "2026-03-01 12:00:00 UTC");
    EXPECT_EQ(parse_time("2026-03-01T12:00:00Z"), *time - 250ms);
    EXPECT_EQ(parse_time("2026-03-01T12:00:00.2Z"), *time - 50ms);
}

TEST(Humanise, WhatIsNoTimeIsNotGuessed) {
    for (const char* text : {"", "2026", "2026-03-01", "2026-03-01T12:00:00", "2026-02-30T12:00:00Z",
                             "2026-03-01 12:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T12:00:00+01:00",
                             "2026-03-01T12:00:00.Z", "2026-03-01T12:00:00.12x4Z", "-026-03-01T12:00:00Z"}) {
        EXPECT_FALSE(parse_time(text)) << text;
    }
}

TEST(Printable, EscapeSequencesDoNotSurvive) {
    EXPECT_EQ(printable("\x1b[31mred\x1b[0m", Charset::Utf8), "\uFFFD[31mred\uFFFD[0m");
    EXPECT_EQ(printable("\x1b]0;title\x07", Charset::Ascii), "?]0;title?");
    EXPECT_EQ(printable("csi \u009b31m", Charset::Utf8), "csi \uFFFD31m");  // C1 in UTF-8
    EXPECT_EQ(printable("del\x7f", Charset::Utf8), "del\uFFFD");
}

TEST(Printable, OneLineStaysOneLine) {
    EXPECT_EQ(printable("a\nb\r\tc", Charset::Utf8), "a b  c");
}

TEST(Printable, SignsThatHideOrReverseTextAreSeen) {
    EXPECT_EQ(printable("adm\u200Bin", Charset::Utf8), "adm\uFFFDin");
    EXPECT_EQ(printable("\u202Egpj.exe", Charset::Utf8), "\uFFFDgpj.exe");
}

TEST(Printable, BytesThatAreNoUtf8AreReplacedOneByOne) {
    EXPECT_EQ(printable("\xff\xfe", Charset::Ascii), "??");
    EXPECT_EQ(printable("\xc0\x9b", Charset::Ascii), "??");          // overlong escape
    EXPECT_EQ(printable("\xed\xa0\x80", Charset::Ascii), "???");     // surrogate
    EXPECT_EQ(printable("cut \xe2\x82", Charset::Ascii), "cut ??");  // ends in the middle
}

TEST(Printable, AsciiSpellsOurOwnSigns) {
    EXPECT_EQ(printable("12 µs · Küche… —", Charset::Ascii), "12 us - K?che... -");
    EXPECT_EQ(printable("12 µs · Küche… —", Charset::Utf8), "12 µs · Küche… —");
}

TEST(Printable, WidthsCountColumnsNotBytes) {
    EXPECT_EQ(display_width("Küche"), 5U);
    EXPECT_EQ(display_width("e\u0301"), 1U);
    EXPECT_EQ(display_width("節点"), 4U);
}

TEST(Printable, LongTextEndsInAnEllipsisAndNeverInHalfASign) {
    EXPECT_EQ(shortened("gateway", 7, Charset::Utf8), "gateway");
    EXPECT_EQ(shortened("gateway-3", 7, Charset::Utf8), "gatewa…");
    EXPECT_EQ(shortened("gateway-3", 7, Charset::Ascii), "gate...");
    EXPECT_EQ(shortened("節点節点", 6, Charset::Utf8), "節点…");
    EXPECT_EQ(shortened("節点節点", 2, Charset::Ascii), "..");
}

}  // namespace
}  // namespace skerry::cli
