#include "common/parameters/front_ends/hashed_text.hpp"

#include <cmath>
#include <numeric>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "common/base/utf8.hpp"
#include "tests/unit/parameters/specs.hpp"

namespace skerry::parameters {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

std::vector<float> features(std::string_view text) {
    return hashed_features({.bytes = 1024, .features = 4096}, text);
}

double likeness(std::string_view a, std::string_view b) {
    const auto first = features(a), second = features(b);
    return std::inner_product(first.begin(), first.end(), second.begin(), 0.0);
}

std::string complaint(std::string_view text) {
    const auto stored = stored_text({.bytes = 32}, text);
    return stored ? "" : stored.error().message;
}

TEST(HashedText, HasLengthOneUnlessThereIsNoWord) {
    EXPECT_NEAR(likeness("one two", "one two"), 1, 1e-5);
    EXPECT_NEAR(likeness("x", "x"), 1, 1e-5);
    EXPECT_THAT(features(" \t\n"), Each(0.0F));
}

TEST(HashedText, FindsTextsMoreAlikeTheMoreTheyShare) {
    const double inflected = likeness("where is my card", "where are my cards");
    EXPECT_GT(inflected, 0.4);
    EXPECT_LT(inflected, 0.99);
    EXPECT_LT(std::abs(likeness("where is my card", "exchange rates abroad")), 0.2);
    EXPECT_LT(likeness("dog bites man", "man bites dog"), 0.99);  // pairs know the order
}

TEST(HashedText, DropsTheCaseOfTheLatinGreekAndCyrillicAlphabets) {
    EXPECT_EQ(features("ÀÞ STRAßE ΑΩ ЖЁЛТЫЙ"), features("àþ straße αω жёлтый"));
    EXPECT_EQ(features("CALL now!"), features("call NOW!"));
    EXPECT_NE(features("call now!"), features("call now"));
}

TEST(HashedText, FindsNumbersOfOneFormAlikeAndNotTheSame) {
    const double numbers = likeness("call 08712460324", "call 09061743810");
    EXPECT_GT(numbers, 0.6);
    EXPECT_LT(numbers, 0.99);
}

TEST(HashedText, IsTheSameOnEveryMachine) {
    // The places and signs of a word's features, as every node has them: weights depend on them.
    const auto made = hashed_features({.bytes = 16, .features = 64}, "a");
    std::vector<std::pair<std::size_t, bool>> places;
    for (std::size_t i = 0; i < made.size(); ++i) {
        if (made[i] != 0) places.emplace_back(i, made[i] > 0);
    }
    EXPECT_THAT(places, ::testing::ElementsAre(std::pair(std::size_t{44}, false), std::pair(std::size_t{47}, true)));
}

TEST(HashedText, StoresATextInAFixedNumberOfBytesAndFindsItThere) {
    const auto stored = stored_text({.bytes = 32}, "héllo");
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->size(), 32U);
    EXPECT_EQ(text_in(*stored), "héllo");
}

TEST(HashedText, CutsALongTextBetweenCharacters) {
    const auto stored = stored_text({.bytes = 16}, "123456789012345é!");
    ASSERT_TRUE(stored);
    EXPECT_EQ(text_in(*stored), "123456789012345");
    EXPECT_EQ(text_in(*stored_text({.bytes = 16}, "12345678901234é!")), "12345678901234é");
}

TEST(HashedText, RefusesWhatIsNoText) {
    using namespace std::string_view_literals;
    EXPECT_THAT(complaint(""), HasSubstr("empty"));
    EXPECT_THAT(complaint("a\xFFz"), HasSubstr("not UTF-8 at byte 1"));
    EXPECT_THAT(complaint("a\0z"sv), HasSubstr("NUL"));
    EXPECT_THAT(complaint(std::string(kTextBytesMax + 1, 'a')), HasSubstr("65537 bytes"));
    EXPECT_EQ(complaint(std::string(kTextBytesMax, 'a')), "");
}

TEST(HashedText, TakesAnyBytesWithoutHarm) {
    Random random(3);
    for (int round = 0; round < 200; ++round) {
        std::string text(random.below(300), ' ');
        for (char& c : text)
            c = static_cast<char>(random.next());
        const auto made = features(text);
        ASSERT_TRUE(std::all_of(made.begin(), made.end(), [](float x) { return std::abs(x) <= 1.0F; }));
        const std::size_t end = first_not_utf8(text);
        ASSERT_EQ(made, features(text.substr(0, end)));
    }
}

TEST(Utf8, TellsCharactersFromWhatIsNone) {
    for (const char* good : {"a", "é", "€", "😀", "\xF4\x8F\xBF\xBF"})
        EXPECT_EQ(first_not_utf8(good), std::string_view(good).size()) << good;
    for (const char* bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                            "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xC3"})
        EXPECT_EQ(first_not_utf8(bad), 0U);
}

const std::string kMessages = R"(name = "messages"
modality = "text"

[input]
front_end = "hashed-text-1"
bytes = 512
features = 2048

[classes]
names = ["ham", "spam"]

[[stages]]
tier = "light"
layers = [{ dense = 32 }]

[[stages]]
tier = "medium"
layers = [{ dense = 32 }]

[[stages]]
tier = "heavy"
layers = [{ dense = 64 }]
)";

TEST(TextModel, IsDeclaredByTheNumbersOfItsFrontEnd) {
    const auto spec = parse_model(kMessages);
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(canonical_text(*spec), kMessages);
    EXPECT_EQ(spec->input.sample_bytes(), 512U);
    EXPECT_EQ(spec->input.values(), 2048U);
    EXPECT_EQ(spec->input.channels(), 1U);
    const auto layout = ParameterLayout::of(*spec);
    ASSERT_TRUE(layout);
    EXPECT_EQ(layout->block("light.0.weight").count, 32U * 2048U);
}

TEST(TextModel, KeepsTheSpellingAndIdentityOfADeclarationWithoutTheNameOfItsRules) {
    std::string text = kMessages;
    const std::string line = "front_end = \"hashed-text-1\"\n";
    const auto spec = parse_model(text.erase(text.find(line), line.size()));
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(canonical_text(*spec), text);
    EXPECT_NE(identity_of(*spec), identity_of(*parse_model(kMessages)));
}

TEST(TextModel, RefusesRulesThatThisProgramDoesNotKnow) {
    std::string text = kMessages;
    const std::string name = "hashed-text-1";
    const auto spec = parse_model(text.replace(text.find(name), name.size(), "hashed-text-2"));
    ASSERT_FALSE(spec);
    EXPECT_THAT(spec.error().message, HasSubstr("'input.front_end' must be \"hashed-text-1\""));
    EXPECT_THAT(spec.error().message, HasSubstr("update it"));
}

TEST(TextModel, RefusesWhatDoesNotGoWithText) {
    const auto refusal = [](const std::string& from, const std::string& to) {
        std::string text = kMessages;
        const auto spec = parse_model(text.replace(text.find(from), from.size(), to));
        return spec ? "" : spec.error().message;
    };
    EXPECT_THAT(refusal("bytes = 512", "bytes = 8"), HasSubstr("input.bytes of a text must be 16 to 65536"));
    EXPECT_THAT(refusal("features = 2048", "features = 65537"), HasSubstr("features"));
    EXPECT_THAT(refusal("features = 2048", "shape = [2048]"), HasSubstr("shape"));
    EXPECT_THAT(refusal("{ dense = 32 }", "{ conv = 32 }"), HasSubstr("conv needs an image or audio"));
    ModelSpec spec = testing::table(6);
    spec.input = InputSpec::of(HashedText());
    EXPECT_THAT(spec.problems(), ::testing::Contains(HasSubstr("modality tabular")));
}

}  // namespace
}  // namespace skerry::parameters
