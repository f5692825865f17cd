#include "common/datasets/strokes_source.hpp"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/hash.hpp"
#include "tests/unit/datasets/data_files.hpp"

namespace skerry::datasets {
namespace {

using ::testing::HasSubstr;
using testing::images;
using testing::samples_of;

double mean_of(const Sample& sample) {
    double sum = 0;
    for (const std::byte value : sample.input)
        sum += std::to_integer<int>(value);
    return sum / static_cast<double>(sample.input.size());
}

std::string hash_of(const std::vector<Sample>& samples) {
    crypto::Sha256 hash;
    for (const Sample& sample : samples)
        hash.update(sample.input).update(std::as_bytes(std::span(&sample.label, 1)));
    return to_hex(hash.finish()).substr(0, 16);
}

TEST(Strokes, AreTheSameBytesEverywhere) {
    EXPECT_EQ(hash_of(*samples_of("strokes:?count=50&seed=7", images(28, 28))), "f2b3abad7f1e10e8");
    EXPECT_EQ(hash_of(*samples_of("strokes:?count=50&seed=7&writer=2&drift=10", images(28, 28))), "b1674fed54181efc");
}

TEST(Strokes, DifferBySeedWriterAndSplit) {
    const parameters::ModelSpec spec = images(28, 28);
    std::set<std::string> hashes;
    for (const char* where : {"strokes:?count=20", "strokes:?count=20&seed=1", "strokes:?count=20&writer=0",
                              "strokes:?count=20&writer=1"}) {
        hashes.insert(hash_of(*samples_of(where, spec)));
        hashes.insert(hash_of(*samples_of(where, spec, SourceOptions{Split::Test})));
    }
    EXPECT_EQ(hashes.size(), 8U);
    SourceOptions seeded;
    seeded.seed = 1;
    EXPECT_EQ(hash_of(*samples_of("strokes:?count=20", spec, seeded)),
              hash_of(*samples_of("strokes:?count=20&seed=1", spec)));
}

TEST(Strokes, AreEndlessWhenTrainingAndFiniteWhenTesting) {
    const parameters::ModelSpec spec = images(28, 28);
    EXPECT_TRUE((*open_source("strokes:", spec))->endless());
    SourceOptions options;
    options.limit = 30;
    options.shuffle = true;
    EXPECT_FALSE((*open_source("strokes:", spec, options))->endless());
    EXPECT_EQ(samples_of("strokes:", spec, options)->size(), 30U);
    EXPECT_EQ(samples_of("strokes:", images(12, 12), SourceOptions{Split::Test})->size(), kStrokesTestSamples);
}

TEST(Strokes, DrawEveryDigitAboutEquallyOften) {
    std::array<int, 10> counts{};
    for (const Sample& sample : testing::values_of(samples_of("strokes:?count=2000", images(12, 12))))
        ++counts[sample.label];
    EXPECT_THAT(counts, ::testing::Each(::testing::AllOf(::testing::Gt(140), ::testing::Lt(260))));
}

TEST(Strokes, DrawOnlyTheClassesOfAWriter) {
    SourceOptions options;
    options.classes = {2, 3, 4};
    std::set<std::uint32_t> seen;
    for (const Sample& sample :
         testing::values_of(samples_of("strokes:?classes=1,2,3&count=100", images(12, 12), options))) {
        seen.insert(sample.label);
    }
    EXPECT_EQ(seen, (std::set<std::uint32_t>{2, 3}));
    options.classes = {9};
    EXPECT_FALSE(open_source("strokes:?classes=1,2,3", images(12, 12), options));
}

TEST(Strokes, InvertTheirContrastAtTheDrift) {
    const auto samples = samples_of("strokes:?count=20&drift=10", images(28, 28));
    ASSERT_TRUE(samples);
    for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_EQ(mean_of((*samples)[i]) > 128, i >= 10) << i;
    }
}

TEST(Strokes, FitInsideTheImage) {
    // Ink on the frame of many samples would mean that digits are cut off.
    std::size_t touching = 0;
    for (const Sample& sample : testing::values_of(samples_of("strokes:?count=500", images(28, 28)))) {
        bool touches = false;
        for (std::size_t i = 0; i < 28; ++i) {
            for (const std::size_t at : {i, 27 * 28 + i, 28 * i, 28 * i + 27}) {
                touches = touches || std::to_integer<int>(sample.input[at]) > 128;
            }
        }
        touching += touches;
    }
    EXPECT_LT(touching, 50U);
}

TEST(Strokes, RefuseWhatTheyDoNotKnow) {
    const parameters::ModelSpec spec = images(28, 28);
    const std::vector<std::pair<std::string, std::string>> faults = {
        {"strokes:?wrtier=2", "does not know 'wrtier'"},
        {"strokes:?writer=x", "writer must be a whole number"},
        {"strokes:?writer=", "writer must be a whole number"},
        {"strokes:?classes=10", "must be digits"},
        {"strokes:?classes=1,,2", "classes must be a whole number"},
        {"strokes:?seed=99999999999999999999", "seed must be a whole number"}};
    for (const auto& [where, expected] : faults) {
        const auto source = open_source(where, spec);
        ASSERT_FALSE(source) << where;
        EXPECT_THAT(source.error().message, HasSubstr(expected));
    }
    EXPECT_FALSE(open_source("strokes:", images(28, 20)));
    EXPECT_FALSE(open_source("strokes:", images(8, 8)));
}

}  // namespace
}  // namespace skerry::datasets
