#include "common/parameters/multiply_adds.hpp"

#include <gtest/gtest.h>

namespace skerry::parameters {
namespace {

TEST(MultiplyAdds, AreCountedForEachStageAndHead) {
    ModelSpec spec;
    spec.modality = Modality::Image;
    spec.input.shape = {1, 28, 28};
    spec.classes = {"a", "b"};
    spec.stages[0] = {{Layer::Kind::Conv, 4, 3, 2}};
    spec.stages[1] = {{Layer::Kind::Conv, 8, 5, 1}};
    spec.stages[2] = {{Layer::Kind::Dense, 16, 0, 1}};
    const MultiplyAdds count = multiply_adds(spec);
    EXPECT_EQ(count.stage[0], 4U * 1 * 3 * 3 * 14 * 14);
    EXPECT_EQ(count.head[0], 4U * 14 * 14 * 2);
    EXPECT_EQ(count.stage[1], 8U * 4 * 5 * 5 * 14 * 14);
    EXPECT_EQ(count.stage[2], 8U * 14 * 14 * 16);
    EXPECT_EQ(count.head[2], 16U * 2);
    EXPECT_EQ(count.up_to(Tier::Light), count.stage[0] + count.head[0]);
    EXPECT_EQ(count.up_to(Tier::Heavy), count.up_to(Tier::Medium) + count.stage[2] + count.head[2]);
}

}  // namespace
}  // namespace skerry::parameters
