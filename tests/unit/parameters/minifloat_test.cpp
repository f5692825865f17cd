#include "common/parameters/precision/minifloat.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/random.hpp"

namespace skerry::parameters {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// What a format must do, by search among all its values and knowing nothing of bits of float32.
template <class Format>
class Oracle {
public:
    Oracle() {
        for (std::uint32_t code = 0; code <= Format::kMaxCode; ++code)
            values_.push_back(Format::decode(static_cast<typename Format::Code>(code)));
    }

    /// Not negative, ascending, by code.
    [[nodiscard]] const std::vector<float>& values() const { return values_; }

    /// The code of the value that is nearest to `wanted`, not negative; of two that are equally near, the even code.
    [[nodiscard]] std::uint32_t nearest(float wanted) const {
        const auto above = std::upper_bound(values_.begin(), values_.end(), wanted);
        if (above == values_.end()) return Format::kMaxCode;
        const auto code = static_cast<std::uint32_t>(above - values_.begin());
        // Neighbours of a float32 in these formats: the differences are exact in a double wherever they are close.
        const double down = static_cast<double>(wanted) - static_cast<double>(values_[code - 1]);
        const double up = static_cast<double>(*above) - static_cast<double>(wanted);
        if (down != up) return down < up ? code - 1 : code;
        return code % 2 == 0 ? code : code - 1;
    }

    void expect(float wanted) const {
        const std::uint32_t sign = 1U << (Format::kBits - 1);
        ASSERT_EQ(Format::encode(wanted), nearest(wanted)) << wanted;
        ASSERT_EQ(Format::encode(-wanted), nearest(wanted) | sign) << -wanted;
    }

private:
    std::vector<float> values_;
};

template <class Format>
class MiniFloatTest : public ::testing::Test {
protected:
    static constexpr std::uint32_t kCodes = 1U << Format::kBits;
    static auto code(std::uint32_t number) { return static_cast<typename Format::Code>(number); }
    Oracle<Format> oracle_;
};

using Formats = ::testing::Types<Float16, Float8, Float8Wide>;
TYPED_TEST_SUITE(MiniFloatTest, Formats);

TYPED_TEST(MiniFloatTest, EveryCodeComesBackFromItsValue) {
    for (std::uint32_t number = 0; number < TestFixture::kCodes; ++number) {
        const auto code = TestFixture::code(number);
        const float value = TypeParam::decode(code);
        ASSERT_EQ(std::signbit(value), number >= TestFixture::kCodes / 2) << number;
        if (std::isnan(value)) {
            // A signalling NaN may come back as a quiet one.
            ASSERT_TRUE(std::isnan(TypeParam::decode(TypeParam::encode(value)))) << number;
            ASSERT_EQ(std::signbit(TypeParam::decode(TypeParam::encode(value))), std::signbit(value)) << number;
        } else {
            ASSERT_EQ(TypeParam::encode(value), code) << number;
        }
    }
}

TYPED_TEST(MiniFloatTest, ValuesAscendWithTheirCodes) {
    const auto& values = this->oracle_.values();
    EXPECT_EQ(values.front(), 0.0F);
    EXPECT_TRUE(std::is_sorted(values.begin(), values.end(), std::less_equal<>()));
}

TYPED_TEST(MiniFloatTest, RoundsAtEachMidpointAndJustBesideIt) {
    const auto& values = this->oracle_.values();
    for (std::size_t i = 0; i + 1 < values.size(); ++i) {
        const float middle = values[i] + (values[i + 1] - values[i]) / 2;
        for (const float wanted : {values[i], std::nextafter(values[i], kInfinity), std::nextafter(middle, 0.0F),
                                   middle, std::nextafter(middle, kInfinity), std::nextafter(values[i + 1], 0.0F)}) {
            this->oracle_.expect(wanted);
        }
    }
}

TYPED_TEST(MiniFloatTest, AgreesWithTheSearchOnMillionsOfFloats) {
    Random random(7);
    for (int i = 0; i < 2'000'000; ++i) {
        const auto any = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()) & 0x7FFFFFFFU);
        if (std::isfinite(any)) this->oracle_.expect(any);
        // Within the format, where most patterns of 32 bits are not.
        const auto power =
            static_cast<int>(random.below(2 * TypeParam::kBias + 16)) - static_cast<int>(TypeParam::kBias) - 14;
        this->oracle_.expect(std::ldexp(static_cast<float>(1.0 + random.uniform()), power));
    }
}

TYPED_TEST(MiniFloatTest, WhatIsTooLargeBecomesTheLargest) {
    const float most = this->oracle_.values().back();
    for (const float wanted : {std::nextafter(most, kInfinity), 2 * most, std::numeric_limits<float>::max()})
        this->oracle_.expect(wanted);
}

TYPED_TEST(MiniFloatTest, WhatIsTooSmallBecomesAZeroOfItsSign) {
    const float least = this->oracle_.values()[1];
    for (const float wanted :
         {least / 2, least / 4, std::numeric_limits<float>::min(), std::numeric_limits<float>::denorm_min()}) {
        EXPECT_EQ(TypeParam::encode(wanted), 0);
        EXPECT_EQ(TypeParam::encode(-wanted), TestFixture::kCodes / 2);
    }
    EXPECT_EQ(TypeParam::encode(-0.0F), TestFixture::kCodes / 2);
    EXPECT_EQ(TypeParam::encode(std::nextafter(least / 2, kInfinity)), 1);
}

TYPED_TEST(MiniFloatTest, EveryNanStaysOne) {
    for (const std::uint32_t bits : {0x7F800001U, 0x7FC00000U, 0x7FFFFFFFU, 0xFF800001U, 0xFFFFFFFFU}) {
        const float back = TypeParam::decode(TypeParam::encode(std::bit_cast<float>(bits)));
        EXPECT_TRUE(std::isnan(back)) << bits;
        EXPECT_EQ(std::signbit(back), bits >= 0x80000000U) << bits;
    }
}

TEST(MiniFloat, KnowsTheLandmarksOfItsFormats) {
    EXPECT_EQ(Float16::decode(0x7BFF), 65504.0F);
    EXPECT_EQ(Float16::decode(0x0001), 0x1p-24F);
    EXPECT_EQ(Float16::encode(1.0F / 3.0F), 0x3555);
    EXPECT_EQ(Float16::encode(kInfinity), 0x7C00);
    EXPECT_EQ(Float8::decode(0x7E), 448.0F);
    EXPECT_EQ(Float8::decode(0x01), 0x1p-9F);
    EXPECT_TRUE(std::isnan(Float8::decode(0x7F)));
    EXPECT_TRUE(std::isnan(Float8::decode(0xFF)));
    EXPECT_EQ(Float8::encode(kInfinity), 0x7E);
    EXPECT_EQ(Float8::encode(-kInfinity), 0xFE);
    EXPECT_EQ(Float8Wide::decode(0x7B), 57344.0F);
    EXPECT_EQ(Float8Wide::decode(0x01), 0x1p-16F);
    EXPECT_EQ(Float8Wide::encode(-kInfinity), 0xFC);
    EXPECT_TRUE(std::isnan(Float8Wide::decode(0x7D)));
}

TEST(MiniFloat, RoundsOnceAndNotByWayOfFloat16) {
    // A hair above the midpoint of 1 and 1.125: binary16 would drop the hair, and then the tie would go down to 1.
    const float wanted = std::nextafter(1.0625F, 2.0F);
    EXPECT_EQ(Float8::decode(Float8::encode(wanted)), 1.125F);
    EXPECT_EQ(Float8::decode(Float8::encode(Float16::decode(Float16::encode(wanted)))), 1.0F);
}

TEST(MiniFloat, DecodesByTableWhatItDecodesByArithmetic) {
    for (std::size_t code = 0; code < 256; ++code) {
        const auto bits = [](float value) { return std::bit_cast<std::uint32_t>(value); };
        EXPECT_EQ(bits(kDecoded<Float8>[code]), bits(Float8::decode(static_cast<std::uint8_t>(code))));
        EXPECT_EQ(bits(kDecoded<Float8Wide>[code]), bits(Float8Wide::decode(static_cast<std::uint8_t>(code))));
    }
}

}  // namespace
}  // namespace skerry::parameters
