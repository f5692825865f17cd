#include "common/datasets/selection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/datasets/data_files.hpp"

namespace skerry::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAreArray;

/// Labels 0 … 9, again and again, `count` in all.
class Counting final : public SampleSource {
public:
    explicit Counting(std::uint32_t count) : count_(count) {}
    Result<std::optional<Sample>> next() override {
        if (given_ == count_) return std::optional<Sample>();
        return Sample{{}, given_++ % 10};
    }

private:
    std::uint32_t count_;
    std::uint32_t given_ = 0;
};

std::vector<std::uint32_t> labels_of(const SourceOptions& options, std::uint32_t count = 20) {
    std::vector<std::uint32_t> labels;
    const auto source = selected(std::make_unique<Counting>(count), options, 10);
    for (const Sample& sample : testing::values_of(testing::rest_of(*source)))
        labels.push_back(sample.label);
    return labels;
}

TEST(Selection, FiltersThenSkipsThenLimits) {
    SourceOptions options;
    options.classes = {1, 4, 7};
    options.skip = 2;
    options.limit = 3;
    EXPECT_THAT(labels_of(options), ElementsAre(7, 1, 4));
    options.skip = 100;
    EXPECT_THAT(labels_of(options), ElementsAre());
}

TEST(Selection, TurnsEachClassIntoTheNextFromTheDriftOn) {
    SourceOptions options;
    options.skip = 6;
    options.limit = 6;
    options.drift_at = 2;
    EXPECT_THAT(labels_of(options), ElementsAre(6, 7, 9, 0, 1, 2));
    options.drift_at = 0;
    EXPECT_THAT(labels_of(options), ElementsAre(7, 8, 9, 0, 1, 2));
}

TEST(Selection, ShufflesBySeedAndLosesNothing) {
    SourceOptions options;
    const std::vector<std::uint32_t> in_order = labels_of(options, 100);
    options.shuffle = true;
    options.seed = 1;
    const std::vector<std::uint32_t> once = labels_of(options, 100);
    EXPECT_THAT(once, UnorderedElementsAreArray(in_order));
    EXPECT_NE(once, in_order);
    EXPECT_EQ(labels_of(options, 100), once);
    options.seed = 2;
    EXPECT_NE(labels_of(options, 100), once);

    SourceOptions parts = options;
    parts.limit = 40;
    std::vector<std::uint32_t> joined = labels_of(parts, 100);
    parts.skip = 40;
    parts.limit = 60;
    for (const std::uint32_t label : labels_of(parts, 100))
        joined.push_back(label);
    EXPECT_EQ(joined, labels_of(options, 100)) << "skip and limit part the shuffled stream without overlap";
}

TEST(Selection, RefusesClassesThatTheModelDoesNotHave) {
    SourceOptions options;
    options.classes = {10};
    EXPECT_FALSE(open_source("strokes:", testing::images(28, 28), options));
}

}  // namespace
}  // namespace skerry::datasets
