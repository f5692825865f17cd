#include "common/parameters/model_spec.hpp"

#include <cmath>
#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/parameters/specs.hpp"

namespace skerry::parameters {
namespace {

using ::testing::HasSubstr;

const std::string kDigits = R"(
name = "digits"
modality = "image"
[input]
shape = [1, 28, 28]
dtype = "uint8"
scale = 0.003921569
[classes]
names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]
[[stages]]
tier = "light"
layers = [{conv = 16, kernel = 3, stride = 2}, {conv = 32, stride = 2}]
head = "linear"
[[stages]]
tier = "medium"
layers = [{conv = 48}]
[[stages]]
tier = "heavy"
layers = [{conv = 64}, {conv = 64}]
)";

std::string with(std::string text, const std::string& old_part, const std::string& new_part) {
    const std::size_t at = text.find(old_part);
    EXPECT_NE(at, std::string::npos) << old_part;
    return text.replace(at, old_part.size(), new_part);
}

TEST(ModelSpec, ReadsTheImageTemplate) {
    const auto spec = parse_model(kDigits);
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(*spec, testing::digits());
}

TEST(ModelSpec, HasOneSpelling) {
    EXPECT_EQ(canonical_text(testing::table()), R"(name = "prices"
modality = "tabular"

[input]
shape = [6]
dtype = "fp32"
scale = [1.0]
offset = [0.0]

[classes]
names = ["down", "up"]

[[stages]]
tier = "light"
layers = [{ dense = 16 }]

[[stages]]
tier = "medium"
layers = [{ dense = 32 }]

[[stages]]
tier = "heavy"
layers = [{ dense = 64 }, { dense = 64 }]
)");
}

TEST(ModelSpec, ReadsItsCanonicalTextBackToAnEqualSpec) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        const ModelSpec spec = testing::random_spec(random);
        ASSERT_THAT(spec.problems(), ::testing::IsEmpty());
        const auto again = parse_model(canonical_text(spec));
        ASSERT_TRUE(again) << again.error().message;
        ASSERT_EQ(*again, spec);
        ASSERT_EQ(canonical_text(*again), canonical_text(spec));
    }
}

TEST(ModelSpec, SpellsEveryFloatSoThatItReadsBackExactly) {
    Random random(11);
    ModelSpec spec = testing::table(512);
    for (int round = 0; round < 20; ++round) {
        spec.input.scale.clear();
        while (spec.input.scale.size() < 512) {
            const auto bits = static_cast<std::uint32_t>(random.next());
            float value = 0;
            std::memcpy(&value, &bits, sizeof value);
            if (std::isfinite(value) && value != 0) spec.input.scale.push_back(value);
        }
        const auto again = parse_model(canonical_text(spec));
        ASSERT_TRUE(again) << again.error().message;
        ASSERT_EQ(again->input.scale, spec.input.scale);
    }
}

TEST(ModelSpec, IdentityChangesWithTheDeclarationOnly) {
    EXPECT_EQ(identity_of(testing::digits()), identity_of(*parse_model("# a comment\n" + kDigits)));
    EXPECT_NE(identity_of(testing::digits()), identity_of(*parse_model(with(kDigits, "\"0\", \"1\"", "\"1\", \"0\""))));
}

struct Fault {
    std::string old_part, new_part, complaint;
};

TEST(ModelSpec, RefusesEachFaultWithASentenceThatNamesIt) {
    const std::vector<Fault> faults = {
        {"name = \"digits\"", "name = \"Digits!\"", "a-z, 0-9 and '-'"},
        {"\"image\"", "\"video\"", "modality"},
        {"[1, 28, 28]", "[28, 28]", "[channels, height, width]"},
        {"[1, 28, 28]", "[1, 0, 28]", "shape"},
        {"[1, 28, 28]", "[1048576, 1048576, 1048576]", "1 to 524288"},
        {"scale = 0.003921569", "scale = 0", "would erase the input"},
        {"scale = 0.003921569", "scale = nan", "scale"},
        {"scale = 0.003921569", "scale = 1e39", "scale"},
        {"scale = 0.003921569", "scale = [1, 2]", "one number or 1"},
        {"scale = 0.003921569", "scael = 0.1", "scael"},
        {"\"0\", \"1\"", "\"1\", \"1\"", "listed twice"},
        {"\"0\", \"1\"", "\"\", \"1\"", "name 0 must be"},
        {"\"0\", \"1\"", "\"a\\nb\", \"1\"", "control characters"},
        {"{conv = 48}", "{}", "dense"},
        {"layers = [{conv = 48}]", "layers = []", "the medium stage must have 1 to 16 layers"},
        {"{conv = 48}", "{conv = 48, kernel = 4}", "kernel must be odd"},
        {"{conv = 48}", "{conv = 48, stride = 3}", "stride"},
        {"{conv = 48}", "{conv = 5000}", "conv"},
        {"{conv = 48}", "{dense = 48}", "conv needs an image"},
        {"{conv = 48}", "{conv = 48, dense = 3}", "dense"},
        {"tier = \"light\"", "tier = \"heavy\"", "order light, medium, heavy"},
        {"head = \"linear\"", "head = \"quadratic\"", "head"},
        {"[classes]", "[klasses]", "klasses"},
        {"name = \"digits\"", "name = ", "model.toml"},
    };
    for (const Fault& fault : faults) {
        SCOPED_TRACE(fault.new_part);
        const auto spec = parse_model(with(kDigits, fault.old_part, fault.new_part));
        ASSERT_FALSE(spec);
        EXPECT_EQ(spec.error().code, ErrorCode::InvalidInput);
        EXPECT_THAT(spec.error().message, HasSubstr(fault.complaint));
    }
}

TEST(ModelSpec, ListsAllFaultsInOneMessage) {
    const auto spec = parse_model(with(with(kDigits, "digits", "?"), "\"0\", \"1\"", "\"1\", \"1\""));
    ASSERT_FALSE(spec);
    EXPECT_THAT(spec.error().message, HasSubstr("name must be"));
    EXPECT_THAT(spec.error().message, HasSubstr("listed twice"));
}

TEST(ModelSpec, RefusesGarbageAndTextsThatAreTooLong) {
    for (const std::string& text :
         {std::string("\0\xFF[[[[", 6), std::string(100'000, '#'), std::string("x"), std::string()}) {
        EXPECT_FALSE(parse_model(text));
    }
}

TEST(ModelSpec, RefusesClassNamesThatAreNoText) {
    for (const char* name : {"\xC0\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\x80", "a\x7F"}) {
        ModelSpec spec = testing::table();
        spec.classes[0] = name;
        EXPECT_FALSE(spec.problems().empty()) << name;
    }
    ModelSpec spec = testing::table();
    spec.classes = {"größer", "小さい", "😀"};
    EXPECT_TRUE(spec.problems().empty());
}

TEST(ModelSpec, RefusesAMapThatWouldNotFitInMemory) {
    ModelSpec spec = testing::digits();
    spec.input.shape = {1, 512, 512};
    spec.stages[0] = {Layer{Layer::Kind::Conv, 4096, 3, 1}};
    EXPECT_THAT(spec.problems(), ::testing::Contains(HasSubstr("its map has")));
}

}  // namespace
}  // namespace skerry::parameters
