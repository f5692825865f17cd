#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/canned_coordinator.hpp"

namespace skerry::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

TEST(CommandLine, HelpIsOnStdoutAndNamesTheVerbsPath) {
    const Ran help = run({"--help"});
    EXPECT_EQ(help.code, 0);
    EXPECT_THAT(help.out, HasSubstr("69 dependency down"));
    EXPECT_EQ(help.err, "");
    EXPECT_THAT(run({"node", "show", "--help"}).out, HasSubstr("skerry node show"));
    EXPECT_THAT(run({"model", "export", "--help"}).out, HasSubstr("--output is the answer's format"));
}

TEST(CommandLine, EveryMistakeIsAUsageErrorThatSaysWhereToLook) {
    const std::vector<std::vector<std::string>> mistakes{
        {},
        {"nonsense"},
        {"node"},
        {"node", "paint"},
        {"node", "show"},
        {"node", "show", ""},
        {"node", "show", "a", "b"},
        {"round", "show", "-1"},
        {"round", "show", "0x10"},
        {"round", "show", "0"},
        {"round", "show", "99999999999999999999"},
        {"round", "list", "status"},
        {"round", "list", "--limit", "0"},
        {"token", "create", "--ttl", "5"},
        {"token", "create", "--ttl", "5ms"},
        {"token", "create", "--tier", "huge"},
        {"model", "export", "newest"},
        {"status", "--output", "yaml"},
        {"status", "--timeout", "0s"},
        {"status", "--no-such-flag"},
    };
    for (const auto& words : mistakes) {
        const Ran ran = run(words);
        const std::string typed = testing::PrintToString(words);
        EXPECT_EQ(ran.code, 2) << typed;
        EXPECT_EQ(ran.out, "") << typed;
        EXPECT_THAT(ran.err, StartsWith("error: ")) << typed;
        EXPECT_THAT(ran.err, HasSubstr("\nnext:  'skerry")) << typed;
    }
}

TEST(CommandLine, AnUnknownVerbIsToldWhichThereAre) {
    EXPECT_THAT(run({"nonsense"}).err, HasSubstr("'nonsense' is none of: status, token, node"));
    EXPECT_THAT(run({"token"}).err, HasSubstr("'skerry token' needs one of: create, list"));
}

TEST(CommandLine, AUsageErrorIsOneDocumentForPrograms) {
    for (const auto& words : std::vector<std::vector<std::string>>{{"--output", "json", "round", "show", "x"},
                                                                   {"round", "show", "x", "--output=json"},
                                                                   {"--output", "json"}}) {
        const Ran ran = run(words);
        EXPECT_EQ(ran.code, 2);
        EXPECT_TRUE(is_one_document(ran.out)) << ran.out;
        EXPECT_THAT(ran.out, StartsWith(R"({"schema_version":1,"status":"error","error_code":"usage",)"));
    }
}

TEST(CommandLine, TheFileOfAnExportIsNotTheOutputFormat) {
    EXPECT_THAT(run({"model", "export", "1", "--output", "m.skm"}).err, HasSubstr("named with --file"));
}

TEST(CommandLine, VersionAsksNobody) {
    EXPECT_THAT(run({"version"}).out, StartsWith("skerry "));
    const Ran json = run({"version", "--output", "json"});
    EXPECT_EQ(json.code, 0);
    EXPECT_TRUE(is_one_document(json.out));
    EXPECT_THAT(json.out, HasSubstr(R"("protocol":1)"));
}

TEST(CommandLine, EscapeSequencesInAnArgumentAreNotEchoed) {
    EXPECT_EQ(run({"round", "show", "\x1b[2J"}).err.find('\x1b'), std::string::npos);
    EXPECT_EQ(run({"\x1b[2J"}).err.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace skerry::cli
