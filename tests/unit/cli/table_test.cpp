#include "coordinator/cli/table.hpp"

#include <gtest/gtest.h>

namespace skerry::cli {
namespace {

Table two_nodes() {
    Table table({{"NODE", Column::Flexible}, {"WEIGHT", Column::Right}, {"STATE", Column::Left}});
    table.row({"gateway-in-hall-3", "32,000", Cell("active", Tone::Good)});
    table.row({"n1", "64", Cell("revoked", Tone::Bad)});
    return table;
}

TEST(Table, NumbersAreAlignedRightAndTextLeft) {
    EXPECT_EQ(two_nodes().render({}),
              "NODE               WEIGHT  STATE\n"
              "gateway-in-hall-3  32,000  active\n"
              "n1                     64  revoked\n");
}

TEST(Table, NoLineEndsInSpaces) {
    Table table({{"NODE", Column::Left}, {"N", Column::Right}, {"NOTE", Column::Left}});
    table.row({"a", "", ""}).row({"long-name", "1", "here"});
    EXPECT_EQ(table.render({}),
              "NODE       N  NOTE\n"
              "a\n"
              "long-name  1  here\n");
}

TEST(Table, ANarrowTerminalShortensOnlyFlexibleColumns) {
    Style narrow;
    narrow.width = 26;
    EXPECT_EQ(two_nodes().render(narrow),
              "NODE       WEIGHT  STATE\n"
              "gateway-…  32,000  active\n"
              "n1             64  revoked\n");
}

TEST(Table, ATerminalThatIsTooNarrowStillShowsEightColumnsOfAName) {
    Style hopeless;
    hopeless.width = 5;
    EXPECT_NE(two_nodes().render(hopeless).find("gateway…"), std::string::npos);
}

TEST(Table, ColourChangesNoColumn) {
    Style coloured;
    coloured.colour = true;
    const std::string text = two_nodes().render(coloured);
    EXPECT_NE(text.find("  \x1b[32mactive\x1b[0m\n"), std::string::npos);
    EXPECT_NE(text.find("\x1b[31mrevoked\x1b[0m\n"), std::string::npos);
    EXPECT_EQ(two_nodes().render({}).find('\x1b'), std::string::npos);
}

TEST(Table, HostileCellsCannotBreakItsRowsOrTheTerminal) {
    Table table({{"NODE", Column::Left}, {"N", Column::Right}});
    table.row({"a\nb\x1b[2J", "1"});
    const std::string text = table.render({});
    EXPECT_EQ(text, "NODE     N\na b\uFFFD[2J  1\n");
}

TEST(Facts, ValuesStandBelowEachOther) {
    EXPECT_EQ(Facts{}.fact("Node", "gateway").fact("State", Cell("active\x07", Tone::Good)).render({}),
              "Node   gateway\n"
              "State  active\uFFFD\n");
}

}  // namespace
}  // namespace skerry::cli
