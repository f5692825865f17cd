#include "aggregation/rules/passes.hpp"

#include <gmock/gmock.h>

#include "tests/unit/aggregation/vectors.hpp"

namespace skerry::aggregation {
namespace {

using ::testing::ElementsAre;

TEST(Sections, AreTheMomentsAndWhatEachTierAdds) {
    EXPECT_THAT(sections_of({10, 20, 30}, 4),
                ElementsAre(Section{0, 4, Tier::Light, true}, Section{4, 10, Tier::Light, false},
                            Section{10, 20, Tier::Medium, false}, Section{20, 30, Tier::Heavy, false}));
    EXPECT_THAT(sections_of({10, 10, 30}, 0),
                ElementsAre(Section{0, 10, Tier::Light, false}, Section{10, 30, Tier::Heavy, false}));
}

TEST(Windows, HoldEveryValueOnceAndCutOnlyAtStepsOfASection) {
    Random random(3);
    for (int round = 0; round < 500; ++round) {
        TierSizes sizes{};
        std::size_t length = 0;
        for (std::size_t& size : sizes)
            size = length += 1 + random.below(40);
        const auto sections = sections_of(sizes, random.below(sizes[0] + 1));
        std::vector<bool> wanted;
        for (std::size_t s = 0; s < sections.size(); ++s)
            wanted.push_back(random.below(4) != 0);
        const std::size_t step = 1 + random.below(8);
        const std::size_t values_max = step + random.below(40);
        std::vector<std::size_t> reached;
        for (const Section& section : sections)
            reached.push_back(section.first);
        for (const auto& window : windows_of(sections, wanted, values_max, step)) {
            std::size_t values = 0;
            for (const Piece& piece : window) {
                EXPECT_EQ(piece.first, reached[piece.section]);
                EXPECT_LT(piece.first, piece.last);
                EXPECT_EQ((piece.first - sections[piece.section].first) % step, 0U);
                reached[piece.section] = piece.last;
                values += piece.last - piece.first;
            }
            EXPECT_LE(values, values_max);
        }
        for (std::size_t s = 0; s < sections.size(); ++s)
            EXPECT_EQ(reached[s], wanted[s] ? sections[s].last : sections[s].first);
    }
}

TEST(Passes, MeasureTheSameProductsToTheBitWhateverTheWindow) {
    Random random(4);
    const TierSizes sizes = {1000, 1000, 3001};
    const Vectors vectors = cloud(random, 5, std::vector<float>(sizes.back(), 1.0F), 3.0);
    LiteralSet set(vectors, sizes);
    const auto measure = [&](std::size_t bytes) {
        std::vector<SectionWork> works;
        for (const Section& section : sections_of(sizes, 0)) {
            SectionWork work;
            work.where = section;
            work.covering = {0, 1, 2, 3, 4};
            works.push_back(std::move(work));
        }
        HeldSet held(set, sizes, 0);
        EXPECT_TRUE((Passes{held, works, {}, bytes}.products()));
        std::vector<double> products;
        for (const SectionWork& work : works) {
            for (std::size_t i = 0; i < 25; ++i)
                products.push_back(work.input.products(i / 5, i % 5));
        }
        return products;
    };
    const auto whole = measure(1 << 20);
    for (const std::size_t bytes : {0UL, 5'340UL, 11'000UL, 40'020UL})
        EXPECT_EQ(measure(bytes), whole) << bytes;
}

}  // namespace
}  // namespace skerry::aggregation
