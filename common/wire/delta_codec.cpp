#include "common/wire/delta_codec.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <optional>

#include "common/parameters/precision/minifloat.hpp"
#include "common/wire/zstd_frame.hpp"

namespace skerry::wire {
namespace {

using parameters::Float16;
using parameters::Float8;

constexpr std::size_t kBlock = 64;
constexpr float kSteps = 127;
constexpr std::size_t kGapBytesMax = 5;

tl::unexpected<Error> not_one() {
    return fail(ErrorCode::InvalidInput, "the update's Δ is not written as its header says");
}

float power_of_two(int exponent) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23U);
}

float largest(std::span<const float> values) {
    float most = 0;
    for (const float value : values)
        most = std::max(most, std::abs(value));
    return most;
}

// binary16 under 2^exponent: the largest lies in [2^14, 2^15), so that what is a millionth of it keeps its digits -----

constexpr int kExponentMin = -126;
constexpr int kExponentMax = 127;

// `top`: the exponent of the largest once they are divided.
int exponent_for(std::span<const float> values, int top) {
    const float most = largest(values);
    return most == 0 ? 0 : std::clamp(std::ilogb(most) - top, kExponentMin, kExponentMax);
}

template <class Format>
void put_minifloats(ByteWriter& to, std::span<const float> values, int top) {
    const int exponent = exponent_for(values, top);
    to.put(static_cast<std::uint8_t>(static_cast<std::int8_t>(exponent)));
    // Not one product: 2^-exponent may be no float32.
    for (const float value : values)
        to.put(Format::encode(std::ldexp(value, -exponent)));
}

void put_float16(ByteWriter& to, std::span<const float> values) {
    put_minifloats<Float16>(to, values, 14);
}

/// The multiplier that comes first; nothing: no exponent that is written.
std::optional<float> get_unit(ByteReader& from) {
    const auto exponent = from.get<std::int8_t>();
    if (!from.ok() || exponent < kExponentMin) return std::nullopt;
    return power_of_two(exponent);
}

// float8 by blocks: the largest lies in [128, 256), where each has a code without being cut -------------------------

void put_float8(ByteWriter& to, std::span<const float> values) {
    for (std::size_t first = 0; first < values.size(); first += kBlock)
        put_minifloats<Float8>(to, values.subspan(first, std::min(kBlock, values.size() - first)), 7);
}

bool get_float8(ByteReader& from, std::span<float> values) {
    for (std::size_t first = 0; first < values.size(); first += kBlock) {
        const auto unit = get_unit(from);
        if (!unit) return false;
        for (float& value : values.subspan(first, std::min(kBlock, values.size() - first)))
            value = Float8::decode(from.get<std::uint8_t>()) * *unit;
    }
    return from.ok();
}

// int8 by blocks -----------------------------------------------------------------------------------------------------

void put_int8(ByteWriter& to, std::span<const float> values) {
    for (std::size_t first = 0; first < values.size(); first += kBlock) {
        const auto block = values.subspan(first, std::min(kBlock, values.size() - first));
        const float scale = largest(block) / kSteps;
        to.put(scale);
        for (const float value : block) {
            const float steps = scale > 0 ? std::clamp(std::nearbyint(value / scale), -kSteps, kSteps) : 0;
            to.put(static_cast<std::uint8_t>(static_cast<std::int8_t>(steps)));
        }
    }
}

bool get_int8(ByteReader& from, std::span<float> values) {
    for (std::size_t first = 0; first < values.size(); first += kBlock) {
        const auto scale = from.get<float>();
        if (!std::isfinite(scale) || std::signbit(scale)) return false;
        const auto block = values.subspan(first, std::min(kBlock, values.size() - first));
        const ByteView codes = from.get_bytes(block.size());
        if (!from.ok()) return false;
        for (std::size_t i = 0; i < block.size(); ++i) {
            const auto code = static_cast<std::int8_t>(codes[i]);
            if (code == -128) return false;
            block[i] = static_cast<float>(code) * scale;
        }
    }
    return true;
}

// the largest alone --------------------------------------------------------------------------------------------------

std::size_t top_count_max(std::size_t values) {
    return (values * std::uint64_t{kTopMax} + 999'999) / 1'000'000;
}

// Bits of a float that is not negative are in its order. These many first ones are its exponent and some digits.
constexpr unsigned kBucketShift = 20;

std::uint32_t size_of(float value) {
    return std::bit_cast<std::uint32_t>(std::abs(value));
}

/// In order; of equal ones the first. Those as large as the last of them by their first bits are sorted, and no others.
std::vector<std::uint32_t> places_of_largest(std::span<const float> values, std::size_t count) {
    std::array<std::size_t, 1U << (31 - kBucketShift)> buckets{};
    for (const float value : values)
        ++buckets[size_of(value) >> kBucketShift];
    std::size_t larger = 0;
    std::uint32_t bucket = buckets.size() - 1;
    for (; larger + buckets[bucket] < count; --bucket)
        larger += buckets[bucket];
    std::vector<std::uint32_t> sizes;
    sizes.reserve(buckets[bucket]);
    for (const float value : values)
        if (size_of(value) >> kBucketShift == bucket) sizes.push_back(size_of(value));
    const auto last = sizes.begin() + static_cast<std::ptrdiff_t>(count - larger - 1);
    std::nth_element(sizes.begin(), last, sizes.end(), std::greater<>());
    const std::uint32_t least = *last;
    auto equal = count - larger -
                 static_cast<std::size_t>(
                     std::count_if(sizes.begin(), last, [least](std::uint32_t size) { return size > least; }));
    std::vector<std::uint32_t> places;
    places.reserve(count);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint32_t size = size_of(values[i]);
        if (size < least || (size == least && equal == 0)) continue;
        if (size == least) --equal;
        places.push_back(static_cast<std::uint32_t>(i));
    }
    return places;
}

void put_top(ByteWriter& to, std::span<const float> values, std::uint32_t top_ppm) {
    const std::uint64_t wanted = (values.size() * std::uint64_t{top_ppm} + 999'999) / 1'000'000;
    const std::size_t count = std::clamp<std::size_t>(wanted, std::min<std::size_t>(1, values.size()), values.size());
    to.put(static_cast<std::uint32_t>(count));
    if (count == 0) return;
    const std::vector<std::uint32_t> places = places_of_largest(values, count);
    std::vector<float> chosen;
    std::uint32_t next = 0;
    for (const std::uint32_t place : places) {
        std::uint32_t gap = place - next;
        for (; gap >= 0x80U; gap >>= 7U)
            to.put(static_cast<std::uint8_t>(gap | 0x80U));
        to.put(static_cast<std::uint8_t>(gap));
        next = place + 1;
        chosen.push_back(values[place]);
    }
    put_float16(to, chosen);
}

std::optional<std::uint64_t> get_gap(ByteReader& from) {
    std::uint64_t gap = 0;
    for (unsigned shift = 0; shift < 7 * kGapBytesMax; shift += 7) {
        const auto byte = from.get<std::uint8_t>();
        gap |= std::uint64_t{byte & 0x7FU} << shift;
        if ((byte & 0x80U) != 0) continue;
        if (byte == 0 && shift > 0) break;  // a longer way to write a shorter one
        return gap;
    }
    return std::nullopt;
}

bool get_top(ByteReader& from, std::span<float> values) {
    const auto count = from.get<std::uint32_t>();
    if (!from.ok() || count > top_count_max(values.size()) || from.remaining() < count * std::uint64_t{3}) return false;
    if (count == 0) return true;
    std::vector<std::uint32_t> places;
    places.reserve(count);
    std::uint64_t next = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto gap = get_gap(from);
        if (!gap || next + *gap >= values.size()) return false;
        places.push_back(static_cast<std::uint32_t>(next + *gap));
        next = std::uint64_t{places.back()} + 1;
    }
    const auto unit = get_unit(from);
    if (!unit) return false;
    for (const std::uint32_t place : places)
        values[place] = Float16::decode(from.get<std::uint16_t>()) * *unit;
    return from.ok();
}

bool get_float16(ByteReader& from, std::span<float> values) {
    const auto unit = get_unit(from);
    if (!unit) return false;
    for (float& value : values)
        value = Float16::decode(from.get<std::uint16_t>()) * *unit;
    return from.ok();
}

DeltaBytesRange encoded_bytes(const DeltaForm& form) {
    const std::uint64_t exact = std::uint64_t{form.exact} * sizeof(float);
    const std::uint64_t rest = form.values - std::min(form.values, form.exact);
    switch (form.encoding) {
        case DeltaEncoding::Float32:
            return {exact + rest * 4, exact + rest * 4};
        case DeltaEncoding::Float16:
            return {exact + 1 + rest * 2, exact + 1 + rest * 2};
        case DeltaEncoding::Int8: {
            const std::uint64_t bytes = exact + rest + (rest + kBlock - 1) / kBlock * sizeof(float);
            return {bytes, bytes};
        }
        case DeltaEncoding::Float8: {
            const std::uint64_t bytes = exact + rest + (rest + kBlock - 1) / kBlock;
            return {bytes, bytes};
        }
        case DeltaEncoding::Top:
            break;
    }
    return {exact + 4, exact + 4 + 1 + top_count_max(rest) * (kGapBytesMax + 2)};
}

}  // namespace

DeltaBytesRange delta_bytes(const DeltaForm& form) {
    const DeltaBytesRange range = encoded_bytes(form);
    return form.zstd ? DeltaBytesRange{1, range.most - std::min<std::uint64_t>(1, range.most)} : range;
}

EncodedDelta encode_delta(std::span<const float> delta, std::size_t exact, const DeltaPolicy& policy) {
    SKERRY_ASSERT(exact <= delta.size() && policy.encoding != DeltaEncoding::Float32);
    ByteWriter to;
    to.put(std::as_bytes(delta.first(exact)));
    const auto rest = delta.subspan(exact);
    switch (policy.encoding) {
        case DeltaEncoding::Float32:
            break;
        case DeltaEncoding::Float16:
            put_float16(to, rest);
            break;
        case DeltaEncoding::Float8:
            put_float8(to, rest);
            break;
        case DeltaEncoding::Int8:
            put_int8(to, rest);
            break;
        case DeltaEncoding::Top:
            put_top(to, rest, policy.top_ppm);
            break;
    }
    EncodedDelta encoded{{policy.encoding, static_cast<std::uint32_t>(delta.size()), static_cast<std::uint32_t>(exact)},
                         std::move(to).take()};
    if (policy.zstd) {
        Bytes packed = zstd_packed(encoded.bytes);
        encoded.form.zstd = packed.size() < encoded.bytes.size();
        if (encoded.form.zstd) encoded.bytes = std::move(packed);
    }
    return encoded;
}

bool reads_in_pieces(const DeltaForm& form) {
    using enum DeltaEncoding;
    return !form.zstd && (form.encoding == Float16 || form.encoding == Int8 || form.encoding == Float8);
}

DeltaPiece piece_of(const DeltaForm& form, std::uint64_t first, std::uint64_t count) {
    SKERRY_ASSERT(reads_in_pieces(form) && first >= form.exact && count <= form.values - first);
    const std::uint64_t begin = std::uint64_t{form.exact} * sizeof(float);
    if (form.encoding == DeltaEncoding::Float16)
        return {begin, 1, begin + 1 + (first - form.exact) * 2, count * 2, first, count};
    const std::uint64_t scale = form.encoding == DeltaEncoding::Int8 ? sizeof(float) : 1;
    const std::uint64_t rest = form.values - form.exact;
    const std::uint64_t block = (first - form.exact) / kBlock;
    const std::uint64_t behind = (first + count - form.exact + kBlock - 1) / kBlock;
    const std::uint64_t held = std::min<std::uint64_t>(behind * kBlock, rest) - block * kBlock;
    return {0, 0, begin + block * (kBlock + scale), held + (behind - block) * scale, form.exact + block * kBlock, held};
}

Result<> decode_piece(const DeltaForm& form, ByteView bytes, std::span<float> values) {
    ByteReader from(bytes);
    const bool read = form.encoding == DeltaEncoding::Float16  ? get_float16(from, values)
                      : form.encoding == DeltaEncoding::Float8 ? get_float8(from, values)
                                                               : get_int8(from, values);
    if (!read || from.remaining() > 0) return not_one();
    return {};
}

Result<std::vector<float>> decode_delta(const DeltaForm& form, ByteView bytes) {
    const DeltaBytesRange range = delta_bytes(form);
    if (form.exact > form.values || bytes.size() < range.least || bytes.size() > range.most) return not_one();
    Bytes unpacked;
    if (form.zstd) {
        const DeltaBytesRange encoded = encoded_bytes(form);
        auto room = zstd_unpacked(bytes, encoded.least, encoded.most);
        if (!room || room->size() <= bytes.size()) return not_one();
        unpacked = std::move(*room);
        bytes = unpacked;
    }
    std::vector<float> delta(form.values, 0.0F);
    std::memcpy(delta.data(), bytes.data(), form.exact * sizeof(float));
    ByteReader from(bytes.subspan(form.exact * sizeof(float)));
    const auto rest = std::span(delta).subspan(form.exact);
    const bool read = form.encoding == DeltaEncoding::Float16  ? get_float16(from, rest)
                      : form.encoding == DeltaEncoding::Float8 ? get_float8(from, rest)
                      : form.encoding == DeltaEncoding::Int8   ? get_int8(from, rest)
                      : form.encoding == DeltaEncoding::Top    ? get_top(from, rest)
                                                               : false;
    if (!read || from.remaining() > 0) return not_one();
    return delta;
}

}  // namespace skerry::wire
