#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/config/document.hpp"
#include "common/config/text_writer.hpp"
#include "common/config/units.hpp"
#include "tests/support/temporary_folder.hpp"

namespace skerry::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

enum class Optimiser { None, Adam };

struct Example {
    std::string name = "default";
    std::filesystem::path folder;
    bool open = false;
    double share = 0.5;
    float rate = 0.1F;
    std::size_t quorum = 2;
    int offset = 0;
    std::chrono::seconds deadline{300};
    std::chrono::milliseconds beat{15'000};
    std::uint64_t memory = 1;
    Optimiser optimiser = Optimiser::None;
    std::vector<std::string> classes;
    std::vector<double> scales;
    std::vector<std::int64_t> shape;
};

Example read(Document& document) {
    Example example;
    TableReader root = document.root();
    root.text("name", example.name, 20);
    root.path("folder", example.folder);
    root.boolean("open", example.open);
    root.texts("classes", example.classes);
    root.numbers("scales", example.scales, -1, 1);
    root.integers("shape", example.shape, 1, 4096, 3);
    TableReader rounds = root.table("rounds");
    rounds.number("share", example.share, 0, 1);
    rounds.number("rate", example.rate, 0, 1);
    rounds.integer("quorum", example.quorum, 1, 65'536);
    rounds.integer("offset", example.offset, -5, 5);
    rounds.duration("deadline", example.deadline, 1s, std::chrono::seconds::max());
    rounds.duration("beat", example.beat, 100ms, 1h);
    rounds.bytes("memory", example.memory, 1, std::uint64_t{1} << 40U);
    rounds.choice("optimiser", example.optimiser, {{"none", Optimiser::None}, {"adam", Optimiser::Adam}});
    return example;
}

TEST(ConfigDocument, FillsAStructAndKeepsDefaultsForAbsentKeys) {
    Document document = Document::from_text(R"(
        name = "north"
        folder = "/var/lib/skerry"
        open = true
        classes = ["up", "down"]
        scales = [0.5, 1]
        shape = [28, 28, 1]
        [rounds]
        share = 1
        quorum = 3
        offset = -5
        deadline = "2m"
        beat = "250ms"
        memory = "64MiB"
        optimiser = "adam"
    )",
                                            "a.toml");
    const Example example = read(document);
    EXPECT_THAT(document.problems(), IsEmpty());
    EXPECT_EQ(example.name, "north");
    EXPECT_EQ(example.folder, "/var/lib/skerry");
    EXPECT_TRUE(example.open);
    EXPECT_THAT(example.classes, ElementsAre("up", "down"));
    EXPECT_THAT(example.scales, ElementsAre(0.5, 1.0));
    EXPECT_THAT(example.shape, ElementsAre(28, 28, 1));
    EXPECT_EQ(example.share, 1.0);
    EXPECT_EQ(example.rate, 0.1F);
    EXPECT_EQ(example.quorum, 3U);
    EXPECT_EQ(example.offset, -5);
    EXPECT_EQ(example.deadline, 120s);
    EXPECT_EQ(example.beat, 250ms);
    EXPECT_EQ(example.memory, 64U << 20U);
    EXPECT_EQ(example.optimiser, Optimiser::Adam);
}

TEST(ConfigDocument, ListsEveryFaultAtOnceInTheOrderOfLines) {
    Document document = Document::from_text(R"(name = 5
open = "yes"
classes = ["up", 3]
shape = [28, 0]
colour = "red"
[rounds]
share = 1.5
quorrum = 3
offset = 6
deadline = "1500ms"
beat = "15"
memory = "64 MB"
optimiser = "sgd"
[rounds.inner]
x = 1
[archive]
y = 1
)",
                                            "c.toml");
    const Example example = read(document);
    EXPECT_THAT(
        document.problems(),
        ElementsAre(
            "c.toml:1: 'name' must be text of at most 20 bytes, is 5",
            "c.toml:2: 'open' must be true or false, is 'yes'", "c.toml:3: 'classes' must be an array of texts, is 3",
            "c.toml:4: 'shape' must be an array of whole numbers from 1 to 4096, is 0",
            HasSubstr("c.toml:5: unknown key 'colour': known here are classes, folder,"),
            "c.toml:7: 'rounds.share' must be a number from 0.0 to 1.0, is 1.5",
            "c.toml:8: unknown key 'rounds.quorrum': did you mean 'quorum'?",
            "c.toml:9: 'rounds.offset' must be a whole number from -5 to 5, is 6",
            "c.toml:10: 'rounds.deadline' must be a multiple of 1s, is '1500ms'",
            HasSubstr("c.toml:11: 'rounds.beat' must be a duration such as \"5s\" or \"250ms\" from 100ms to 1h"),
            HasSubstr("c.toml:12: 'rounds.memory' must be a size such as \"64MiB\" from 1B to 1024GiB"),
            "c.toml:13: 'rounds.optimiser' must be one of 'none', 'adam', is 'sgd'",
            HasSubstr("c.toml:14: unknown key 'rounds.inner'"), HasSubstr("c.toml:16: unknown key 'archive'")));
    EXPECT_EQ(example.name, "default");
    EXPECT_EQ(example.quorum, 2U);
    EXPECT_EQ(example.deadline, 300s);
    EXPECT_THAT(example.classes, IsEmpty());
}

TEST(ConfigDocument, ReadsArraysOfTablesAndFindsFaultsInThem) {
    Document document = Document::from_text("[[stage]]\nwidth = 3\n[[stage]]\nwidth = 4\nwidht = 5\n", "m.toml");
    std::vector<int> widths;
    for (TableReader& stage : document.root().tables("stage", 3)) {
        int width = 0;
        stage.integer("width", width, 1, 9);
        widths.push_back(width);
    }
    EXPECT_THAT(widths, ElementsAre(3, 4));
    EXPECT_THAT(document.problems(), ElementsAre("m.toml:5: unknown key 'stage.widht': did you mean 'width'?"));
}

TEST(ConfigDocument, TellsWhatIsMissingAndWhatItsOwnerFinds) {
    Document document = Document::from_text("\n[model]\nname = \"x\"\n", "m.toml");
    TableReader model = document.root().table("model");
    std::string name;
    model.text("name", name);
    model.require("name", "not shown");
    model.require("shape", "say the input's dimensions");
    model.problem("name", "is taken");
    EXPECT_TRUE(model.present());
    EXPECT_FALSE(document.root().table("rounds").present());
    EXPECT_THAT(document.problems(), ElementsAre("m.toml:2: missing key 'model.shape': say the input's dimensions",
                                                 "m.toml:3: 'model.name' is taken"));
}

TEST(ConfigDocument, AProblemWithAnAbsentTableNamesTheFileAlone) {
    Document document = Document::from_text("", "m.toml");
    document.root().table("rounds").problem("quorum", "is needed");
    EXPECT_THAT(document.problems(), ElementsAre("m.toml: 'rounds.quorum' is needed"));
}

TEST(ConfigDocument, SaysWhereATextIsNoToml) {
    Document document = Document::from_text("a = 1\nb = = 2\n", "m.toml");
    static_cast<void>(document.root());
    EXPECT_THAT(document.problems(), ElementsAre(HasSubstr("m.toml:2: is no TOML: ")));
}

TEST(ConfigDocument, RefusesWhatCannotBeReadOrIsTooLong) {
    TemporaryFolder folder;
    EXPECT_THAT(Document::from_file(folder / "none.toml").problems(), ElementsAre(HasSubstr("cannot be read")));
    EXPECT_THAT(Document::from_file(folder.path()).problems(), ElementsAre(HasSubstr("cannot be read")));
    std::ofstream(folder / "long.toml") << std::string(100, '#');
    EXPECT_THAT(Document::from_file(folder / "long.toml", 99).problems(), ElementsAre(HasSubstr("longer than 99")));
    EXPECT_THAT(Document::from_file(folder / "long.toml", 100).problems(), IsEmpty());
    std::ofstream(folder / "empty.toml");
    EXPECT_THAT(Document::from_file(folder / "empty.toml").problems(), IsEmpty());
    EXPECT_THAT(Document::from_text("a = \"\xff\"", "x").problems(), ElementsAre(HasSubstr("is no TOML")));
}

TEST(ConfigTextWriter, WritesWhatADocumentReadsBackTheSame) {
    TextWriter out;
    const std::vector<std::string> classes = {"a \"b\"", "c\\\n\x01"};
    out.value("name", "n\"o\trth").value("folder", "/ä").value("open", true);
    out.value("classes", std::span<const std::string>(classes)).comment("two\nlines");
    out.value("scales", std::span<const double>(std::array{0.1, 1.0}));
    out.value("shape", std::span<const std::int64_t>(std::array{std::int64_t{28}}));
    out.section("rounds").value("share", 0.3).value("quorum", std::size_t{7}).value("offset", -1);
    out.value("deadline", 90s).value("beat", 1500ms).bytes("memory", 3U << 20U).value("optimiser", "adam");
    Document document = Document::from_text(out.text(), "out.toml");
    const Example example = read(document);
    EXPECT_THAT(document.problems(), IsEmpty()) << out.text();
    EXPECT_EQ(example.name, "n\"o\trth");
    EXPECT_EQ(example.classes, classes);
    EXPECT_THAT(example.scales, ElementsAre(0.1, 1.0));
    EXPECT_EQ(example.share, 0.3);
    EXPECT_EQ(example.quorum, 7U);
    EXPECT_EQ(example.deadline, 90s);
    EXPECT_EQ(example.beat, 1500ms);
    EXPECT_EQ(example.memory, 3U << 20U);
    EXPECT_THAT(out.text(), HasSubstr("# two\n# lines\n"));
    EXPECT_THAT(out.text(), HasSubstr("memory = \"3MiB\""));
}

TEST(ConfigUnits, RefusesWhatIsNoDurationOrSize) {
    for (const char* text : {"", "5", "s", "-5s", "5 s", "5S", "1.5s", "200000000d", "99999999999999999999s"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
    for (const char* text : {"", "MiB", "-1", "1.5MiB", "1TB", "18446744073709551616", "99999999999GiB"}) {
        EXPECT_FALSE(parse_byte_size(text)) << text;
    }
    EXPECT_EQ(*parse_byte_size("17"), 17U);
    EXPECT_EQ(*parse_byte_size("18446744073709551615"), ~std::uint64_t{0});
    EXPECT_EQ(*parse_duration("292d"), 292 * 24h);
    EXPECT_EQ(to_text(0ns), "0s");
    EXPECT_EQ(to_text(3600s), "1h");
    EXPECT_EQ(byte_size_text(0), "0B");
}

}  // namespace
}  // namespace skerry::config
