#include "common/parameters/precision/encoding.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/hash.hpp"
#include "common/parameters/precision/tensor_codec.hpp"
#include "tests/unit/parameters/specs.hpp"

namespace skerry::parameters {
namespace {

using ::testing::HasSubstr;

constexpr std::array kAll = {Precision::Float32, Precision::Float16, Precision::Float8, Precision::Float8Wide,
                             Precision::Int8};

Block tensor(std::vector<std::size_t> shape) {
    std::size_t count = 1;
    for (const std::size_t side : shape)
        count *= side;
    return {"light.0.weight", std::move(shape), 0, count, Tier::Light};
}

struct Trip {
    Bytes bytes;
    std::vector<float> values;
};

Trip through(const Block& block, Precision precision, const std::vector<float>& values) {
    Trip trip{Bytes(encoded_bytes(block, precision)), std::vector<float>(values.size())};
    encode_tensor(block, precision, values, trip.bytes);
    EXPECT_TRUE(decode_tensor(block, precision, trip.bytes, trip.values));
    return trip;
}

/// Weights whose channels lie many powers of two apart.
std::vector<float> uneven(std::size_t channels, std::size_t row, std::uint64_t seed) {
    Random random(seed);
    std::vector<float> values;
    for (std::size_t channel = 0; channel < channels; ++channel) {
        const auto size = std::ldexp(1.0F, static_cast<int>(random.below(40)) - 30);
        for (std::size_t i = 0; i < row; ++i)
            values.push_back(static_cast<float>(random.bell()) * size);
    }
    return values;
}

class EncodingTest : public ::testing::Test {
protected:
    ModelSpec spec_ = testing::digits();
    ParameterLayout layout_ = *ParameterLayout::of(spec_);
    std::span<const Block> blocks_ = layout_.blocks();
    Random random_{11};
    std::vector<float> weights_ = testing::random_parameters(spec_, layout_, random_);

    PrecisionPlan plan(std::string_view text) const { return *plan_named(text, blocks_); }
};

TEST_F(EncodingTest, EachWeightIsWithinHalfAStepOfItsFormat) {
    const Block block = tensor({7, 3, 3, 3});
    const std::vector<float> values = uneven(7, 27, 5);
    const std::vector<float> half = through(block, Precision::Float16, values).values;
    const std::vector<float> eight = through(block, Precision::Float8, values).values;
    const std::vector<float> wide = through(block, Precision::Float8Wide, values).values;
    const std::vector<float> whole = through(block, Precision::Int8, values).values;
    for (std::size_t i = 0; i < values.size(); ++i) {
        float most = 0;
        for (std::size_t j = i / 27 * 27; j < i / 27 * 27 + 27; ++j)
            most = std::max(most, std::abs(values[j]));
        const float size = std::abs(values[i]);
        EXPECT_LE(std::abs(half[i] - values[i]), std::max(size * 0x1p-11F, 0x1p-25F));
        // Relative to the weight, or where it is subnormal in the format, to its channel's largest.
        EXPECT_LE(std::abs(eight[i] - values[i]), std::max(size * 0x1p-4F, most * 0x1p-17F));
        EXPECT_LE(std::abs(wide[i] - values[i]), std::max(size * 0x1p-3F, most * 0x1p-31F));
        EXPECT_LE(std::abs(whole[i] - values[i]), most / 127.0F * 0.5001F);
    }
}

TEST_F(EncodingTest, EncodingWhatWasDecodedChangesNoValue) {
    const Block block = tensor({16, 9});
    for (const Precision precision :
         {Precision::Float32, Precision::Float16, Precision::Float8, Precision::Float8Wide}) {
        const std::vector<float> once = through(block, precision, uneven(16, 9, 3)).values;
        EXPECT_EQ(through(block, precision, once).values, once) << name_of(precision);
    }
}

TEST_F(EncodingTest, NeitherTheLargestNorTheSmallestFloatsComeBackBroken) {
    const Block block = tensor({4, 2});
    const float most = std::numeric_limits<float>::max();
    const float least = std::numeric_limits<float>::denorm_min();
    const std::vector<float> values = {most, -most, least, -least, 0.0F, -0.0F, most, least};
    for (const Precision precision : kAll) {
        const std::vector<float> back = through(block, precision, values).values;
        for (std::size_t i = 0; i < values.size(); ++i) {
            EXPECT_TRUE(std::isfinite(back[i])) << name_of(precision) << " " << values[i];
            EXPECT_LE(std::abs(back[i]), std::abs(values[i])) << name_of(precision) << " " << values[i];
        }
    }
}

TEST_F(EncodingTest, AChannelOfZeroesStaysOne) {
    for (const Precision precision : kAll)
        EXPECT_EQ(through(tensor({3, 5}), precision, std::vector<float>(15)).values, std::vector<float>(15));
}

TEST_F(EncodingTest, RefusesEveryCodeThatIsNoNumber) {
    const Block block = tensor({1, 2});
    std::vector<float> to(2);
    const auto refuses = [&](Precision precision, const Bytes& bytes) {
        const auto decoded = decode_tensor(block, precision, bytes, to);
        ASSERT_FALSE(decoded) << name_of(precision);
        EXPECT_EQ(decoded.error().code, ErrorCode::InvalidInput);
        EXPECT_THAT(decoded.error().message, HasSubstr("light.0.weight"));
    };
    const auto bytes = [](std::initializer_list<int> list) {
        Bytes all;
        for (const int value : list)
            all.push_back(static_cast<std::byte>(value));
        return all;
    };
    refuses(Precision::Float32, bytes({0, 0, 0, 0, 0, 0, 0x80, 0x7F}));
    refuses(Precision::Float16, bytes({0, 0, 0, 0x7C}));
    refuses(Precision::Float16, bytes({0x01, 0xFE, 0, 0}));
    refuses(Precision::Float8, bytes({0, 0, 0x7F}));
    refuses(Precision::Float8, bytes({120, 0, 1}));  // 448 · 2^120 is no float32
    refuses(Precision::Float8, bytes({-127, 0, 1}));
    refuses(Precision::Float8Wide, bytes({0, 0x7C, 0}));
    refuses(Precision::Float8Wide, bytes({113, 0, 0}));
    refuses(Precision::Int8, bytes({0, 0, 0x80, 0x3F, -128, 0}));
    refuses(Precision::Int8, bytes({0, 0, 0x80, 0xBF, 1, 0}));
    refuses(Precision::Int8, bytes({0, 0, 0xC0, 0x7F, 0, 0}));
    refuses(Precision::Int8, bytes({0, 0, 0x80, 0x7F, 1, 0}));
    refuses(Precision::Int8, bytes({0, 0, 0x00, 0x7F, 127, 0}));
}

TEST_F(EncodingTest, TheBytesAreTheSameOnEveryMachine) {
    const auto hash = [&](std::string_view text) {
        return to_hex(crypto::sha256(encode(blocks_, plan(text), weights_).bytes)).substr(0, 16);
    };
    EXPECT_EQ(hash("fp16"), "e9449002414ab54a");
    EXPECT_EQ(hash("fp8"), "b905635687933c4a");
    EXPECT_EQ(hash("fp8-e5m2"), "45de9ef3bb5b7560");
    EXPECT_EQ(hash("int8"), "926f5d8b5e5e7b17");
}

TEST_F(EncodingTest, Float16IsHalfAndFloat8AQuarterOfTheBytes) {
    const double whole = static_cast<double>(weights_.size() * sizeof(float));
    EXPECT_EQ(static_cast<double>(encode(blocks_, plan("fp32"), weights_).bytes.size()), whole);
    EXPECT_NEAR(static_cast<double>(encode(blocks_, plan("fp16"), weights_).bytes.size()) / whole, 0.5, 0.002);
    EXPECT_NEAR(static_cast<double>(encode(blocks_, plan("fp8"), weights_).bytes.size()) / whole, 0.25, 0.002);
}

TEST_F(EncodingTest, BytesOfALighterTierAreAPrefixOfAHeavierOnes) {
    for (const char* text : {"fp16", "fp8", "int8", "mixed"}) {
        const Encoded whole = encode(blocks_, plan(text), weights_);
        for (const Tier tier : {Tier::Light, Tier::Medium, Tier::Heavy}) {
            const auto held = held_blocks(blocks_, tier);
            const Encoded part = encode(held, plan(text), std::span(weights_).first(layout_.prefix(tier)));
            const auto bytes = whole.prefix_bytes[static_cast<std::size_t>(tier)];
            ASSERT_EQ(part.bytes.size(), bytes) << text;
            EXPECT_TRUE(std::equal(part.bytes.begin(), part.bytes.end(), whole.bytes.begin()));
            EXPECT_EQ(part.errors.back(), whole.errors[static_cast<std::size_t>(tier)]);
            const auto decoded = decode(held, plan(text), ByteView(whole.bytes).first(bytes));
            ASSERT_TRUE(decoded) << decoded.error().message;
            EXPECT_EQ(decoded->size(), layout_.prefix(tier));
        }
    }
}

TEST_F(EncodingTest, ReportsTheErrorThatDecodingShows) {
    for (const char* text : {"fp32", "fp16", "fp8", "fp8-e5m2", "int8"}) {
        const Encoded encoded = encode(blocks_, plan(text), weights_);
        const auto decoded = decode(blocks_, plan(text), encoded.bytes);
        ASSERT_TRUE(decoded);
        double most = 0, squares = 0;
        for (std::size_t i = 0; i < weights_.size(); ++i) {
            const double apart = static_cast<double>(weights_[i]) - static_cast<double>((*decoded)[i]);
            most = std::max(most, std::abs(apart));
            squares += apart * apart;
        }
        EXPECT_FLOAT_EQ(encoded.errors.back().max, static_cast<float>(most)) << text;
        EXPECT_NEAR(encoded.errors.back().rms, std::sqrt(squares / static_cast<double>(weights_.size())), 1e-9) << text;
        EXPECT_EQ(encoded.errors.back().max > 0, std::string_view(text) != "fp32");
    }
}

TEST_F(EncodingTest, ReportsTheErrorAsAShareOfTheLargestWeightOfTheTensor) {
    // Half a step of the format's coarsest binade, and nothing where nothing is rounded.
    const auto relative = [this](const char* text) {
        return encode(blocks_, plan(text), weights_).errors.back().relative;
    };
    EXPECT_EQ(relative("fp32"), 0.0F);
    EXPECT_GT(relative("fp16"), 0.0F);
    EXPECT_LE(relative("fp16"), 1.0F / 2048);
    EXPECT_GT(relative("fp8"), relative("fp16"));
    EXPECT_LE(relative("fp8"), 1.0F / 16);
    EXPECT_LE(relative("mixed"), relative("fp8"));
    for (float& weight : weights_)
        weight *= 1024;
    EXPECT_LE(relative("fp8"), 1.0F / 16) << "a share, whatever the unit";
}

TEST_F(EncodingTest, MomentsAndBiasesStayExact) {
    const auto decoded = decode(blocks_, plan("fp8"), encode(blocks_, plan("fp8"), weights_).bytes);
    ASSERT_TRUE(decoded);
    for (const Block& block : blocks_) {
        if (block.shape.size() > 1) continue;
        for (std::size_t i = block.offset; i < block.offset + block.count; ++i)
            EXPECT_EQ((*decoded)[i], weights_[i]) << block.name;
    }
}

TEST_F(EncodingTest, LooksAtTheSizeBeforeItTakesMemory) {
    Bytes bytes = encode(blocks_, plan("fp8"), weights_).bytes;
    bytes.pop_back();
    const auto shorter = decode(blocks_, plan("fp8"), bytes);
    ASSERT_FALSE(shorter);
    EXPECT_THAT(shorter.error().message, HasSubstr("they must have"));
    EXPECT_FALSE(decode(blocks_, plan("fp8"), {}));
    bytes.resize(bytes.size() + 2);
    EXPECT_FALSE(decode(blocks_, plan("fp8"), bytes));
}

TEST_F(EncodingTest, WhateverTheBytesAreTheValuesAreFinite) {
    Random random(3);
    std::size_t decoded_some = 0;
    const ParameterLayout small = *ParameterLayout::of(testing::table(2));
    for (const Precision precision : kAll) {
        const PrecisionPlan uniform = uniform_plan(small.blocks(), precision);
        Bytes bytes(encoded_bytes(small.blocks(), uniform));
        for (int round = 0; round < 300; ++round) {
            const int share = round % 3 == 0 ? 256 : 4096;  // of the bytes: many, or a few
            for (std::byte& byte : bytes)
                byte = random.below(4096) < static_cast<std::uint64_t>(share) / 64
                           ? static_cast<std::byte>(random.next())
                           : std::byte{0};
            const auto decoded = decode(small.blocks(), uniform, bytes);
            if (!decoded) continue;
            ++decoded_some;
            for (const float value : *decoded)
                ASSERT_TRUE(std::isfinite(value));
        }
    }
    EXPECT_GT(decoded_some, 100U);
}

TEST_F(EncodingTest, APlanIsReadAsItIsWritten) {
    for (const char* text :
         {"fp32", "fp16", "fp8", "fp8-e5m2", "int8", "fp8,light.0=fp16", "int8,heavy.1=fp8,heavy.head=fp32"}) {
        const auto read = plan_named(text, blocks_);
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(to_text(*read, blocks_), text);
        EXPECT_TRUE(check_plan(*read, blocks_));
    }
}

TEST_F(EncodingTest, MixedKeepsTheFirstLayerAndTheHeadsInFloat16) {
    EXPECT_EQ(plan("mixed"), plan("fp8,light.0=fp16,light.head=fp16,medium.head=fp16,heavy.head=fp16"));
    const auto held = held_blocks(blocks_, Tier::Light);
    const auto part = plan_named("mixed", held);
    ASSERT_TRUE(part) << part.error().message;
    EXPECT_EQ(to_text(*part, held), "fp16,light.1=fp8");
}

TEST_F(EncodingTest, AnExceptionCoversAllWeightsBelowItsName) {
    EXPECT_EQ(plan("fp8,heavy=fp16"), plan("fp8,heavy.0=fp16,heavy.1=fp16,heavy.head=fp16"));
}

TEST_F(EncodingTest, SaysWhatIsWrongWithAPlan) {
    const auto message = [&](std::string_view text) {
        const auto read = plan_named(text, blocks_);
        return read ? std::string("nothing") : read.error().message;
    };
    EXPECT_THAT(message("fp4"), HasSubstr("use fp32, fp16"));
    EXPECT_THAT(message(""), HasSubstr("use fp32, fp16"));
    EXPECT_THAT(message("fp8,light.7=fp16"), HasSubstr("there are light.0, light.1, light.head"));
    EXPECT_THAT(message("fp8,light.0"), HasSubstr("NAME=PRECISION"));
    EXPECT_THAT(message("fp8,light.0.bias=fp16"), HasSubstr("no weights are called"));
    EXPECT_THAT(message("fp8,"), HasSubstr("NAME=PRECISION"));

    PrecisionPlan other = plan("fp8");
    other.front() = Precision::Float8;
    EXPECT_FALSE(check_plan(other, blocks_));
    other.pop_back();
    EXPECT_FALSE(check_plan(other, blocks_));
}

}  // namespace
}  // namespace skerry::parameters
