#include "common/wire/delta_codec.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "common/parameters/precision/minifloat.hpp"

namespace skerry::wire {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr DeltaPolicy kFloat16{DeltaEncoding::Float16, 0};
constexpr DeltaPolicy kFloat8{DeltaEncoding::Float8, 0};
constexpr DeltaPolicy kInt8{DeltaEncoding::Int8, 0};
constexpr DeltaPolicy kTop{DeltaEncoding::Top, 50'000};
constexpr DeltaPolicy kPackedInt8{DeltaEncoding::Int8, 0, true};
constexpr DeltaPolicy kPackedTop{DeltaEncoding::Top, 50'000, true};
constexpr std::size_t kExact = 2;

std::vector<float> sample(std::size_t size, std::uint64_t seed = 1) {
    Random random(seed);
    std::vector<float> delta(size);
    for (float& value : delta)  // from 1e-7 to 1e-1 and on both sides of zero
        value = static_cast<float>((random.uniform() - 0.5) * std::pow(10.0, -6 * random.uniform()));
    return delta;
}

DeltaForm form_of(const DeltaPolicy& policy, std::size_t size, std::size_t exact = kExact) {
    return {policy.encoding, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(exact)};
}

std::vector<float> read_again(const std::vector<float>& delta, const DeltaPolicy& policy) {
    const auto [form, bytes] = encode_delta(delta, kExact, policy);
    const DeltaBytesRange range = delta_bytes(form);
    EXPECT_GE(bytes.size(), range.least);
    EXPECT_LE(bytes.size(), range.most);
    const auto read = decode_delta(form, bytes);
    EXPECT_TRUE(read) << read.error().message;
    return read ? *read : std::vector<float>(delta.size(), std::numeric_limits<float>::quiet_NaN());
}

/// Any finite float, and more often those at which encoders differ.
std::vector<float> awkward(std::size_t size, std::uint64_t seed) {
    Random random(seed);
    std::vector<float> values(size);
    const float top = std::ldexp(1.0F, static_cast<int>(random.below(250)) - 140);
    for (float& value : values) {
        do
            value = std::bit_cast<float>(static_cast<std::uint32_t>(random.below(1ULL << 32U)));
        while (!std::isfinite(value));
        const auto kind = random.below(4);
        if (kind == 0) value = std::ldexp(value, -200);  // subnormal, or zero of either sign
        if (kind > 1) value = top * static_cast<float>(static_cast<int>(random.below(509)) - 254) / 254;  // many halves
    }
    return values;
}

/// One value at a time, as the encodings are defined.
Bytes written_plainly(std::span<const float> values, DeltaEncoding encoding) {
    ByteWriter to;
    const std::size_t at_once = encoding == DeltaEncoding::Float16 ? values.size() : 64;
    for (std::size_t first = 0; first < values.size(); first += at_once) {
        const auto block = values.subspan(first, std::min(at_once, values.size() - first));
        float most = 0;
        for (const float value : block)
            most = std::max(most, std::abs(value));
        const float scale = most / 127;
        const int top = encoding == DeltaEncoding::Float16 ? 14 : 7;
        const int exponent = most == 0 ? 0 : std::clamp(std::ilogb(most) - top, -126, 127);
        if (encoding == DeltaEncoding::Int8) to.put(scale);
        if (encoding != DeltaEncoding::Int8) to.put(static_cast<std::int8_t>(exponent));
        for (const float value : block) {
            if (encoding == DeltaEncoding::Float16) to.put(parameters::Float16::encode(std::ldexp(value, -exponent)));
            if (encoding == DeltaEncoding::Float8) to.put(parameters::Float8::encode(std::ldexp(value, -exponent)));
            if (encoding != DeltaEncoding::Int8) continue;
            to.put(
                static_cast<std::int8_t>(scale > 0 ? std::clamp(std::nearbyint(value / scale), -127.0F, 127.0F) : 0));
        }
    }
    return to.bytes();
}

TEST(DeltaCodec, WritesToTheByteWhatOneValueAtATimeGives) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        const std::vector<float> values = awkward(1 + seed % 200, seed);
        for (const DeltaPolicy& policy : {kFloat16, kFloat8, kInt8}) {
            ASSERT_EQ(encode_delta(values, 0, policy).bytes, written_plainly(values, policy.encoding))
                << to_text(policy) << ", seed " << seed;
        }
    }
}

TEST(DeltaCodec, KeepsTheExactValuesToTheBitAndTheOthersToTheEncodingsDigits) {
    for (const std::size_t size : {2U, 3U, 66U, 67U, 1000U}) {
        const std::vector<float> delta = sample(size);
        float most = 0;
        for (std::size_t i = kExact; i < size; ++i)
            most = std::max(most, std::abs(delta[i]));
        const auto half = read_again(delta, kFloat16);
        const auto eighth = read_again(delta, kInt8);
        const auto small = read_again(delta, kFloat8);
        for (std::size_t i = 0; i < size; ++i) {
            SCOPED_TRACE(testing::Message() << "value " << i << " of " << size);
            if (i < kExact) {
                EXPECT_EQ(small[i], delta[i]);
                EXPECT_EQ(half[i], delta[i]);
                EXPECT_EQ(eighth[i], delta[i]);
                continue;
            }
            EXPECT_NEAR(half[i], delta[i], std::abs(delta[i]) / 2048 + most * 1e-9F);
            EXPECT_NEAR(eighth[i], delta[i], most / 127 / 2 * 1.0001F);
            EXPECT_NEAR(small[i], delta[i], std::abs(delta[i]) / 16 + most / 128 / 512)
                << "four digits, or a subnormal";
        }
    }
}

TEST(DeltaCodec, RoundsInt8UnderTheLargestOfEachBlockAlone) {
    std::vector<float> delta(kExact + 128, 1e-3F);
    delta[kExact + 64] = 1000;
    const auto read = read_again(delta, kInt8);
    EXPECT_FLOAT_EQ(read[kExact], 1e-3F);
    EXPECT_EQ(read[kExact + 64], 1000);
    EXPECT_EQ(read[kExact + 65], 0);
}

TEST(DeltaCodec, SendsTheLargestAndOfEqualOnesTheFirst) {
    std::vector<float> delta(kExact + 60, 0.25F);
    delta[kExact + 50] = -3;
    const auto read = read_again(delta, kTop);  // a twentieth of 60
    std::vector<std::size_t> sent;
    for (std::size_t i = kExact; i < delta.size(); ++i)
        if (read[i] != 0) sent.push_back(i - kExact);
    EXPECT_THAT(sent, ElementsAre(0, 1, 50));
    EXPECT_EQ(read[kExact + 50], -3);
    EXPECT_EQ(read[0], 0.25F) << "what is exact is no competitor";
}

TEST(DeltaCodec, TakesAboutAsManyBytesAsItsNameSays) {
    constexpr std::size_t kSize = 100'000;
    const std::vector<float> delta = sample(kSize);
    EXPECT_EQ(encode_delta(delta, 0, kFloat16).bytes.size(), 2 * kSize + 1);
    EXPECT_EQ(encode_delta(delta, 0, kFloat8).bytes.size(), kSize + (kSize + 63) / 64);
    EXPECT_EQ(encode_delta(delta, 0, kInt8).bytes.size(), kSize + (kSize + 63) / 64 * 4);
    const std::size_t chosen = kSize / 20;
    EXPECT_LT(encode_delta(delta, 0, kTop).bytes.size(), chosen * 3 + chosen / 4);
}

TEST(DeltaCodec, PacksWhereThatIsShorterAndReadsTheSame) {
    std::vector<float> seldom(10'000);
    for (std::size_t i = kExact; i < seldom.size(); i += 100)
        seldom[i] = 0.5F;
    const auto plain = encode_delta(seldom, kExact, kInt8);
    const auto packed = encode_delta(seldom, kExact, kPackedInt8);
    EXPECT_TRUE(packed.form.zstd);
    EXPECT_LT(packed.bytes.size(), plain.bytes.size() / 10);
    EXPECT_EQ(decode_delta(packed.form, packed.bytes).value(), decode_delta(plain.form, plain.bytes).value());
    const auto noise = encode_delta(sample(40), kExact, kPackedTop);
    EXPECT_FALSE(noise.form.zstd) << "a frame of so few bytes is longer than they are";
    EXPECT_TRUE(decode_delta(noise.form, noise.bytes));
}

TEST(DeltaCodec, RefusesAFrameThatAnnouncesWhatNoSuchDeltaTakes) {
    auto packed = encode_delta(std::vector<float>(10'000, 0.25F), kExact, kPackedInt8);
    ASSERT_TRUE(packed.form.zstd);
    EXPECT_TRUE(decode_delta(packed.form, packed.bytes));
    packed.form.values -= 64;
    EXPECT_FALSE(decode_delta(packed.form, packed.bytes)) << "a bomb, for a header that says less";
    packed.form.values += 128;
    EXPECT_FALSE(decode_delta(packed.form, packed.bytes));
    packed.form.values -= 64;
    packed.bytes.insert(packed.bytes.end(), packed.bytes.begin(), packed.bytes.end());
    EXPECT_FALSE(decode_delta(packed.form, packed.bytes)) << "two frames";
}

TEST(DeltaCodec, ReadsTheSameFromPiecesAsFromTheWhole) {
    Random random(5);
    for (const std::size_t size : {3U, 66U, 67U, 1000U}) {
        const std::vector<float> delta = sample(size);
        for (const DeltaPolicy& policy : {kFloat16, kFloat8, kInt8}) {
            const auto [form, bytes] = encode_delta(delta, kExact, policy);
            ASSERT_TRUE(reads_in_pieces(form));
            const std::vector<float> whole = decode_delta(form, bytes).value();
            for (int i = 0; i < 200; ++i) {
                const std::uint64_t first = kExact + random.below(size - kExact);
                const std::uint64_t count = 1 + random.below(size - first);
                const DeltaPiece piece = piece_of(form, first, count);
                ASSERT_LE(piece.first, first);
                ASSERT_GE(piece.first + piece.count, first + count);
                ByteWriter written;
                written.put(ByteView(bytes).subspan(piece.lead_at, piece.lead));
                written.put(ByteView(bytes).subspan(piece.at, piece.bytes));
                std::vector<float> values(piece.count);
                ASSERT_TRUE(decode_piece(form, written.bytes(), values));
                const auto same = std::vector<float>(whole.begin() + static_cast<std::ptrdiff_t>(piece.first),
                                                     whole.begin() + static_cast<std::ptrdiff_t>(piece.first) +
                                                         static_cast<std::ptrdiff_t>(piece.count));
                ASSERT_EQ(values, same) << to_text(policy) << ", " << count << " from " << first << " of " << size;
            }
        }
    }
    for (const DeltaPolicy& policy : {kTop, kPackedTop}) {
        EXPECT_FALSE(reads_in_pieces(form_of(policy, 100)));
    }
    EXPECT_FALSE(reads_in_pieces({DeltaEncoding::Int8, 100, 0, true})) << "zstd packs it whole";
    EXPECT_FALSE(reads_in_pieces({}));
}

TEST(DeltaCodec, RefusesWhateverItDoesNotWrite) {
    const std::vector<float> delta = sample(300);
    Random random(3);
    for (const DeltaPolicy& policy : {kFloat16, kFloat8, kInt8, kTop, kPackedInt8, kPackedTop}) {
        const auto [form, good] = encode_delta(delta, kExact, policy);
        for (std::size_t length = 0; length < good.size(); ++length)
            EXPECT_FALSE(decode_delta(form, ByteView(good).first(length))) << to_text(policy) << ", " << length;
        Bytes longer = good;
        longer.push_back(std::byte{0});
        EXPECT_FALSE(decode_delta(form, longer)) << to_text(policy);
        for (int i = 0; i < 20'000; ++i) {  // whatever it reads has the length that was asked for
            Bytes bad = good;
            for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips)
                bad[random.below(bad.size())] = static_cast<std::byte>(random.below(256));
            const auto read = decode_delta(form, bad);
            if (read) {
                EXPECT_EQ(read->size(), delta.size());
            }
        }
    }
    Bytes codes = encode_delta(delta, kExact, kInt8).bytes;
    codes.back() = std::byte{0x80};
    EXPECT_FALSE(decode_delta(form_of(kInt8, delta.size()), codes)) << "-128 is not written";
    std::vector<float> block(64);
    EXPECT_FALSE(decode_piece(form_of(kInt8, 66), Bytes(68, std::byte{0x80}), block)) << "nor in a piece";
    EXPECT_FALSE(decode_piece(form_of(kInt8, 66), Bytes(67), block));
    EXPECT_FALSE(decode_piece(form_of(kInt8, 66), Bytes(69), block));
    EXPECT_FALSE(decode_delta({DeltaEncoding::Int8, 1, 2}, Bytes(8))) << "more exact values than values";
    EXPECT_FALSE(decode_delta({DeltaEncoding::Float32, 2, 0}, Bytes(8))) << "float32 needs no form";
}

TEST(DeltaCodec, RefusesPlacesBeyondTheEndAndMoreOfThemThanAQuarter) {
    ByteWriter beyond;
    beyond.put(std::uint32_t{1}).put(std::uint8_t{100}).put(std::uint8_t{0}).put(std::uint16_t{1});
    EXPECT_TRUE(decode_delta({DeltaEncoding::Top, 101, 0}, beyond.bytes()));
    EXPECT_FALSE(decode_delta({DeltaEncoding::Top, 100, 0}, beyond.bytes()));
    ByteWriter long_gap;  // 1 in two bytes
    long_gap.put(std::uint32_t{1}).put(std::uint8_t{0x81}).put(std::uint8_t{0}).put(std::uint8_t{0});
    long_gap.put(std::uint16_t{1});
    EXPECT_FALSE(decode_delta({DeltaEncoding::Top, 101, 0}, long_gap.bytes()));
    ByteWriter many;
    many.put(std::uint32_t{26});
    for (int i = 0; i < 26; ++i)
        many.put(std::uint8_t{0});
    many.put(std::uint8_t{0});
    for (int i = 0; i < 26; ++i)
        many.put(std::uint16_t{1});
    EXPECT_FALSE(decode_delta({DeltaEncoding::Top, 100, 0}, many.bytes()));
    EXPECT_TRUE(decode_delta({DeltaEncoding::Top, 104, 0}, many.bytes()));
}

TEST(DeltaPolicy, ReadsWhatPeopleWriteAndSaysWhatIsWrongWithIt) {
    for (const char* text :
         {"fp32", "fp16", "fp8", "int8", "top 5%", "top 0.1%", "top 25%", "int8+zstd", "top 1%+zstd"}) {
        const auto policy = delta_policy_named(text);
        ASSERT_TRUE(policy) << text;
        EXPECT_EQ(to_text(*policy), text);
    }
    for (const char* text : {"", "int4", "fp32+zstd", "+zstd", "int8+zip", "top", "top %", "top 5", "top 0%", "top 26%",
                             "top -1%", "top nan%", "top 5 %"}) {
        const auto policy = delta_policy_named(text);
        ASSERT_FALSE(policy) << text;
        EXPECT_THAT(policy.error().message, HasSubstr("take fp32, fp16, fp8, int8"));
    }
}

}  // namespace
}  // namespace skerry::wire
