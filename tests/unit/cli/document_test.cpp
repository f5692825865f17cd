#include "coordinator/cli/document.hpp"

#include <gtest/gtest.h>

#include "coordinator/cli/present.hpp"

namespace skerry::cli {
namespace {

TEST(Document, WhatIsAbsentNullOrOfAnotherKindIsADash) {
    const auto document = Document::parse(R"({"null":null,"text":"t","number":1.5,"minus":-1,"list":[1]})");
    ASSERT_TRUE(document);
    const Value root = document->root();
    EXPECT_FALSE(root["null"].present());
    EXPECT_EQ(text_in(root["missing"]), "—");
    EXPECT_EQ(text_in(root["number"]), "—");
    EXPECT_EQ(count_in(root["minus"]), "—");
    EXPECT_EQ(count_in(root["text"]["deeper"]["still"]), "—");
    EXPECT_EQ(age_in(root["text"], TimePoint{}), "—");
    EXPECT_EQ(root["list"].items().size(), 1U);
    EXPECT_TRUE(root["text"].items().empty());
}

TEST(Document, KeepsOrderAndNumbersAndEscapesEverythingBeyondAscii) {
    const auto document =
        Document::parse("{\"z\":18446744073709551615,\"a\":\"K\u00fcche \u009b31m\\u001b[0m\",\"f\":0.1}");
    ASSERT_TRUE(document);
    EXPECT_EQ(document->to_json(), R"({"z":18446744073709551615,"a":"K\u00fcche \u009b31m\u001b[0m","f":0.1})");
}

TEST(Document, RefusesWhatIsNoJsonOrTooDeep) {
    EXPECT_FALSE(Document::parse("{\"a\":1} {\"b\":2}"));
    EXPECT_FALSE(Document::parse("\"\xff\""));
    EXPECT_FALSE(Document::parse(std::string(100'000, '[')));
    EXPECT_FALSE(Document::parse(std::string(40, '[') + std::string(40, ']')));
}

TEST(Document, TheErrorEnvelopeTakesBytesOfAnyKind) {
    const Failure failure{ExitCode::NotFound, "not_found", "no node '\xff\x1b'", "look"};
    EXPECT_EQ(
        error_envelope(failure).to_json(),
        R"({"schema_version":1,"status":"error","error_code":"not_found","message":"no node '\ufffd\u001b'","hint":"look"})");
}

}  // namespace
}  // namespace skerry::cli
