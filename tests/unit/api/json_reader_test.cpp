#include "edge-node/api/json_reader.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/base/limits.hpp"
#include "common/base/random.hpp"

namespace skerry::node {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

/// What the reader makes of a value, as the reference library's tree.
json tree_of(JsonReader& reader) {
    using Kind = JsonReader::Kind;
    switch (reader.next_kind()) {
        case Kind::Object: {
            json object = json::object();
            reader.enter_object();
            while (const auto key = reader.next_key()) {
                const std::string name(*key);
                object[name] = tree_of(reader);
            }
            return object;
        }
        case Kind::Array: {
            json array = json::array();
            reader.enter_array();
            while (reader.next_element())
                array.push_back(tree_of(reader));
            return array;
        }
        case Kind::String:
            return std::string(reader.string());
        case Kind::Number:
            return reader.number().value;
        case Kind::Boolean:
            return reader.boolean();
        default:
            reader.skip();
            return nullptr;
    }
}

/// The tree, or nothing where the text is refused.
std::optional<json> read(const std::string& text) {
    JsonReader reader(text);
    json tree = tree_of(reader);
    reader.finish();
    if (reader.ok()) return tree;
    return std::nullopt;
}

bool skips(const std::string& text) {
    JsonReader reader(text);
    reader.skip();
    reader.finish();
    return reader.ok();
}

void expect_as_the_reference(const std::string& text) {
    SCOPED_TRACE(text);
    const json expected = json::parse(text, nullptr, false);
    const std::optional<json> tree = read(text);
    EXPECT_EQ(skips(text), tree.has_value());
    ASSERT_EQ(tree.has_value(), !expected.is_discarded());
    if (tree) {
        EXPECT_EQ(*tree, expected);
    }
}

const std::vector<std::string> kTexts = {
    R"({"a":[1,-2.5,1e3,0,-0,123456789012345678,1234567890123456789,0.1E-2],"b":{"":{}},"c":null,"d":[true,false,[]]})",
    R"([" \" \\ \/ \b \f \n \r \t \u0041 \u00e9 \u20ac \ud83d\ude00 é € 😀 "])",
    " \t\r\n[ 1 , 2 ] \n",
    R"("plain")",
    "-12",
    "null",
};

TEST(JsonReader, ReadsWhatTheReferenceReads) {
    for (const std::string& text : kTexts)
        expect_as_the_reference(text);
}

TEST(JsonReader, RefusesWhatIsNoJson) {
    for (const std::string text : {"",
                                   " ",
                                   "{",
                                   "[1,]",
                                   "[,1]",
                                   "[1 2]",
                                   R"({"a":1,})",
                                   R"({"a" 1})",
                                   R"({a:1})",
                                   R"({1:1})",
                                   "01",
                                   "-",
                                   "+1",
                                   ".5",
                                   "5.",
                                   "1e",
                                   "1e+",
                                   "0x1",
                                   "tru",
                                   "nul",
                                   "TRUE",
                                   "\"",
                                   "\"\n\"",
                                   "\"\\x\"",
                                   "\"\\u12\"",
                                   "\"\\u12g4\"",
                                   "\"\\ud800\"",
                                   "\"\\ud800\\u0041\"",
                                   "\"\\udc00\"",
                                   "\"\x80\"",
                                   "\"\xC0\xAF\"",
                                   "\"\xE0\x80\x80\"",
                                   "\"\xED\xA0\x80\"",
                                   "\"\xF4\x90\x80\x80\"",
                                   "\"\xF0\x9F\x98\"",
                                   "[1]]",
                                   "1 1",
                                   "NaN",
                                   "Infinity",
                                   "[\"a\":1]",
                                   "{\"a\",1}",
                                   "[}",
                                   "{]",
                                   "\xEF\xBB\xBF[]x"})
        expect_as_the_reference(text);
}

TEST(JsonReader, AgreesWithTheReferenceOnDamagedTexts) {
    Random random(17);
    const std::string alphabet = "[]{}\",:\\/-+.0123456789eEtruefalsnud \x01\x80\xC3\xA9";
    for (int round = 0; round < 30'000; ++round) {
        std::string text = kTexts[random.below(kTexts.size())];
        for (std::uint64_t edits = 1 + random.below(3); edits > 0; --edits) {
            const std::size_t at = random.below(text.size());
            const char c = alphabet[random.below(alphabet.size())];
            switch (random.below(3)) {
                case 0:
                    text[at] = c;
                    break;
                case 1:
                    text.insert(at, 1, c);
                    break;
                default:
                    if (text.size() > 1) text.erase(at, 1);
            }
        }
        // A key that comes twice is the caller's matter here, and the last one wins there.
        expect_as_the_reference(text);
        if (HasFatalFailure()) return;
    }
}

TEST(JsonReader, SaysWhatWasWrittenAsAnInteger) {
    const auto number = [](const std::string& text) {
        JsonReader reader(text);
        EXPECT_EQ(reader.next_kind(), JsonReader::Kind::Number);
        return reader.number();
    };
    EXPECT_TRUE(number("17").integer);
    EXPECT_TRUE(number("-123456789012345678901").integer);
    EXPECT_FALSE(number("1.0").integer);
    EXPECT_FALSE(number("1e2").integer);
    EXPECT_EQ(number("9007199254740993").value, 9007199254740992.0);
    EXPECT_EQ(number("18446744073709551616").value, 18446744073709551616.0);
    EXPECT_TRUE(std::signbit(number("-0").value));
    EXPECT_EQ(number("4.9e-324").value, 4.9e-324);
}

TEST(JsonReader, KeepsTheFirstProblemAndThenComesToAnEnd) {
    JsonReader reader(R"({"a":[1,2)");
    reader.enter_object();
    EXPECT_EQ(reader.next_key(), "a");
    reader.enter_array();
    EXPECT_TRUE(reader.next_element());
    reader.refuse("1 is not wanted");
    EXPECT_FALSE(reader.next_element());
    EXPECT_FALSE(reader.next_key());
    reader.finish();
    EXPECT_EQ(reader.problem(), "1 is not wanted");
}

TEST(JsonReader, GoesAsDeepAsTheLimitAndNoDeeper) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(skips(nested(limits::kJsonDepthMax)));
    EXPECT_FALSE(skips(nested(limits::kJsonDepthMax + 1)));
    JsonReader reader("[1e999]");
    reader.skip();
    EXPECT_THAT(reader.problem(), HasSubstr("no float64 holds"));
}

}  // namespace
}  // namespace skerry::node
