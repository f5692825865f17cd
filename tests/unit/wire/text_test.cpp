#include "common/wire/text.hpp"

#include <gtest/gtest.h>

namespace skerry::wire {
namespace {

TEST(Text, TakesEveryScriptAndItsLimits) {
    for (const std::string_view text : {"", "plain", "Schäre 岩 🪨", "\xC2\xA0", "\xDF\xBF", "\xE0\xA0\x80",
                                        "\xED\x9F\xBF", "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
        EXPECT_TRUE(is_plain_text(text)) << text;
    }
}

TEST(Text, RefusesWhatIsNotUtf8) {
    for (const std::string_view text :
         {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF",
          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "ok\xE2\x28\xA1"}) {
        EXPECT_FALSE(is_plain_text(text));
    }
}

TEST(Text, RefusesControlCharactersOldAndNew) {
    using namespace std::string_view_literals;
    for (const std::string_view text : {"\0"sv, "a\r"sv, "\x1b[0m"sv, "\x7f"sv, "\xC2\x80"sv, "\xC2\x9B"sv}) {
        EXPECT_FALSE(is_plain_text(text));
        EXPECT_FALSE(is_plain_text(text, LineBreaks::Allow));
    }
    EXPECT_FALSE(is_plain_text("two\nlines"));
    EXPECT_TRUE(is_plain_text("two\n\tlines", LineBreaks::Allow));
}

TEST(Text, CutsBetweenCodePointsNeverInside) {
    EXPECT_EQ(to_plain_text("岩岩", 6), "岩岩");
    EXPECT_EQ(to_plain_text("岩岩", 5), "岩");
    EXPECT_EQ(to_plain_text("岩", 2), "");
    EXPECT_EQ(to_plain_text("a\n\xFF", 10), "a??");
    EXPECT_TRUE(is_plain_text(to_plain_text("\xE2\x82 broken \xED\xA0\x80", 100)));
}

}  // namespace
}  // namespace skerry::wire
