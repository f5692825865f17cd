#include "common/wire/difference_codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "tests/unit/wire/golden.hpp"

namespace skerry::wire {
namespace {

using Limits = std::numeric_limits<float>;

const std::vector<float> kOddities{0.0F,
                                   -0.0F,
                                   Limits::denorm_min(),
                                   -Limits::denorm_min(),
                                   Limits::min(),
                                   Limits::max(),
                                   -Limits::max(),
                                   1.0F,
                                   -1.0F,
                                   1.0F + 0x1p-23F,
                                   65504.0F,
                                   0x1p-24F};

std::vector<float> weights_of(std::size_t size, std::uint64_t seed) {
    Random random(seed);
    std::vector<float> values(size);
    for (float& value : values)
        value = static_cast<float>((random.uniform() - 0.5) * std::pow(10.0, -6 * random.uniform()));
    return values;
}

/// A step of training: each weight moves by about `step` of its size.
std::vector<float> moved(std::vector<float> values, double step, std::uint64_t seed) {
    Random random(seed);
    for (float& value : values)
        value = static_cast<float>(static_cast<double>(value) * (1 + step * (random.uniform() - 0.5)));
    return values;
}

Bytes difference(const std::vector<float>& base, const std::vector<float>& next,
                 const std::vector<std::size_t>& segments) {
    Bytes bytes;
    std::size_t at = 0;
    for (const std::size_t count : segments) {
        put_difference(std::span(base).subspan(at, count), std::span(next).subspan(at, count), bytes);
        at += count;
    }
    return bytes;
}

std::string bits_of(const std::vector<float>& values) {
    return to_hex(std::as_bytes(std::span(values)));
}

void expect_exact(const std::vector<float>& base, const std::vector<float>& next) {
    const std::vector<std::size_t> segments{base.size()};
    std::vector<float> values = base;
    const auto applied = apply_difference(difference(base, next, segments), segments, values);
    ASSERT_TRUE(applied) << applied.error().message;
    EXPECT_EQ(bits_of(values), bits_of(next));
}

TEST(DifferenceCodec, GivesTheOtherVersionToTheLastBit) {
    std::vector<float> from, to;
    for (const float base : kOddities) {
        for (const float next : kOddities) {
            expect_exact({base}, {next});
            from.push_back(base);
            to.push_back(next);
        }
    }
    expect_exact(from, to);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto base = weights_of(1000 + 77 * seed, seed);
        expect_exact(base, moved(base, 0.01, seed));
        expect_exact(base, weights_of(base.size(), seed + 100));
        expect_exact(base, base);
    }
}

TEST(DifferenceCodec, IsTheGoldenBytes) {
    // 1 → 1 + 2^-23 and 2 → 1: differences 1 and -2^23, folded 2 and 2^24 - 1; four planes, as they are.
    EXPECT_EQ(to_hex(difference({1.0F, 2.0F}, {1.0F + 0x1p-23F, 1.0F}, {2})),
              "00"
              "02000000"
              "02ff"
              "02000000"
              "00ff"
              "02000000"
              "00ff"
              "00000000");
    // 23 bits that none has set: 9 are left, and two planes of them. 1 → 2, and -1 → 1 across both zeroes.
    EXPECT_EQ(to_hex(difference({1.0F, -1.0F}, {2.0F, 1.0F}, {2})),
              "17"
              "02000000"
              "02fe"
              "02000000"
              "0001");
    EXPECT_EQ(to_hex(difference({0.0F, 0.5F}, {0.0F, 0.5F}, {2})),
              "18"
              "00000000");
}

TEST(DifferenceCodec, IsTheGoldenBytesWhereFewValuesChange) {
    std::vector<float> next(12, 1.0F);
    next[0] = next[10] = 1.0F + 0x1p-23F;
    EXPECT_EQ(to_hex(difference(std::vector<float>(12, 1.0F), next, {12})),
              "80"
              "020000000104"
              "020000000202"
              "00000000"
              "00000000"
              "00000000");
}

// What a libzstd of November 2026 has packed: two planes of 2 and of 0, which every other must read.
TEST(DifferenceCodec, ReadsTheGoldenBytesOfAPackedPlane) {
    const auto packed = from_hex(
        "17"
        "13000000"
        "28b52ffd60e8024d00001002020100e32b8005"
        "00000000");
    ASSERT_TRUE(packed);
    std::vector<float> values(1000, 1.0F);
    ASSERT_TRUE(apply_difference(*packed, std::vector<std::size_t>{1000}, values));
    EXPECT_EQ(values, std::vector<float>(1000, 2.0F));
}

TEST(DifferenceCodec, ALighterTiersBytesAreAPrefix) {
    const auto base = weights_of(3000, 1);
    const auto next = moved(base, 0.001, 2);
    const std::vector<std::size_t> heavy{10, 990, 2000};
    const std::vector<std::size_t> light{10, 990};
    const Bytes all = difference(base, next, heavy);
    const std::vector<float> lighter(base.begin(), base.begin() + 1000);
    const Bytes part = difference(lighter, {next.begin(), next.begin() + 1000}, light);
    ASSERT_LT(part.size(), all.size());
    EXPECT_EQ(to_hex(part), to_hex(ByteView(all).first(part.size())));
}

TEST(DifferenceCodec, CostsTheBitsThatChangeAndNoneOfThoseThatRoundingHasCleared) {
    const auto base = weights_of(100'000, 1);
    const auto next = moved(base, 0.001, 2);
    const std::vector<std::size_t> segments{base.size()};
    EXPECT_LT(difference(base, next, segments).size(), base.size() * 2);
    EXPECT_LT(difference(base, base, segments).size(), 64U);
    const auto cleared = [](std::vector<float> values) {
        for (float& value : values)
            value = std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & ~0U << 13U);
        return values;
    };
    expect_exact(cleared(base), cleared(next));
    EXPECT_LT(difference(cleared(base), cleared(next), segments).size(), base.size() / 2);
}

/// A share of the values moves.
std::vector<float> some_moved(std::vector<float> values, double share, std::uint64_t seed) {
    Random random(seed);
    for (float& value : values)
        if (random.uniform() < share) value *= 1.01F;
    return values;
}

TEST(DifferenceCodec, ComesBackHoweverFewValuesChange) {
    for (const std::size_t size : {1UL, 4UL, 7UL, 8UL, 9UL, 64UL, 65UL, 2047UL, 20'000UL}) {
        const auto base = weights_of(size, size);
        for (const double share : {0.0, 0.0005, 0.01, 0.1, 0.24, 0.26, 0.9})
            expect_exact(base, some_moved(base, share, size));
        std::vector<float> last = base;
        last.back() = -last.back();
        expect_exact(base, last);
    }
}

TEST(DifferenceCodec, CostsLittleMoreThanTheValuesThatChange) {
    const auto base = weights_of(100'000, 1);
    const std::size_t ten = difference(base, some_moved(base, 0.1, 2), {base.size()}).size();
    const std::size_t one = difference(base, some_moved(base, 0.01, 2), {base.size()}).size();
    EXPECT_LT(ten, 10'000U * 4);
    EXPECT_LT(one, 1'000U * 5);
}

TEST(DifferenceCodec, RefusesPlacesBehindTheLastValueOrNone) {
    const auto with = [](const std::string& places) {
        std::vector<float> values(12, 1.0F);
        return apply_difference(*from_hex("80" + places + "00000000000000000000000000000000"),
                                std::vector<std::size_t>{12}, values)
            .has_value();
    };
    EXPECT_TRUE(with("020000000108"));
    EXPECT_FALSE(with("020000000110")) << "there is no thirteenth value";
    EXPECT_FALSE(with("00000000")) << "nothing changes, and that is written otherwise";
    EXPECT_FALSE(with("020000000000")) << "nor so";
    EXPECT_FALSE(with("0100000001"));
    EXPECT_FALSE(with("03000000010800"));
}

TEST(DifferenceCodec, RefusesAValueThatIsNotFinite) {
    for (const float wrong : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()}) {
        const std::vector<float> base{1.0F, 2.0F};
        std::vector<float> values = base;
        const auto applied =
            apply_difference(difference(base, {1.0F, wrong}, {2}), std::vector<std::size_t>{2}, values);
        ASSERT_FALSE(applied);
        EXPECT_EQ(applied.error().code, ErrorCode::InvalidInput);
        const std::vector<float> many(100, 1.0F);
        std::vector<float> one = many;
        one[77] = wrong;
        values = many;
        EXPECT_FALSE(apply_difference(difference(many, one, {100}), std::vector<std::size_t>{100}, values));
    }
}

// Whatever is altered, cut or added: refused, or other finite values of the same number.
TEST(DifferenceCodec, BearsWhateverAnybodySends) {
    const auto base = weights_of(1200, 1);
    auto next = moved({base.begin(), base.begin() + 600}, 0.001, 2);
    const auto sparse = some_moved({base.begin() + 600, base.end()}, 0.1, 3);
    next.insert(next.end(), sparse.begin(), sparse.end());
    const std::vector<std::size_t> segments{100, 500, 600};
    const Bytes good = difference(base, next, segments);
    const auto bears = [&](const Bytes& bytes) {
        std::vector<float> values = base;
        const auto applied = apply_difference(bytes, segments, values);
        const bool finite = std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
        EXPECT_TRUE(applied ? finite : applied.error().code == ErrorCode::InvalidInput);
    };
    for (std::size_t size = 0; size < good.size(); ++size) {
        std::vector<float> values = base;
        EXPECT_FALSE(apply_difference(ByteView(good).first(size), segments, values)) << size;
    }
    Bytes longer = good;
    longer.push_back(std::byte{0});
    std::vector<float> values = base;
    EXPECT_FALSE(apply_difference(longer, segments, values));
    Random random(3);
    for (int round = 0; round < 2000; ++round) {
        Bytes altered = good;
        for (std::uint64_t left = 1 + random.below(3); left > 0; --left)
            altered[random.below(altered.size())] = static_cast<std::byte>(random.below(256));
        bears(altered);
    }
}

TEST(DifferenceCodec, RefusesAPlaneThatUnpacksToMoreThanItsSegment) {
    const std::vector<float> many(100'000, 1.0F);
    const std::vector<float> others(100'000, 2.0F);
    const Bytes bomb = difference(many, others, {many.size()});
    ASSERT_LT(bomb.size(), 200U) << "it would be a hundred thousand values";
    std::vector<float> values(300, 1.0F);
    EXPECT_FALSE(apply_difference(bomb, std::vector<std::size_t>{300}, values));
}

TEST(DifferenceCodec, RefusesABaseThatItDoesNotStandOn) {
    const Bytes bytes = difference({1.0F, 2.0F}, {4.0F, 2.0F}, {2});
    std::vector<float> values{1.0F, 2.0F + 0x1p-22F};
    EXPECT_FALSE(apply_difference(bytes, std::vector<std::size_t>{2}, values)) << "it has bits that are not counted";
}

TEST(DifferenceCodec, LongSegmentsComeBackAndNoInfiniteValueOfThemPasses) {
    const std::vector<std::size_t> segments{2047, 2048, 2049, 4097};
    const std::size_t size = 2047 + 2048 + 2049 + 4097;
    const std::vector<float> base = weights_of(size, 1), next = moved(base, 0.01, 2);
    std::vector<float> values = base;
    ASSERT_TRUE(apply_difference(difference(base, next, segments), segments, values));
    EXPECT_EQ(bits_of(values), bits_of(next));
    for (const std::size_t at : {0UL, 2046UL, 2047UL, 2047UL + 2048, size - 2049, size - 1}) {
        std::vector<float> broken = next;
        broken[at] = Limits::infinity();
        values = base;
        EXPECT_FALSE(apply_difference(difference(base, broken, segments), segments, values)) << at;
    }
}

}  // namespace
}  // namespace skerry::wire
