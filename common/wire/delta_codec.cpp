#include "common/wire/delta_codec.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>
#include <utility>

#include "common/parameters/precision/minifloat.hpp"
#include "common/wire/minifloat_values.hpp"
#include "common/wire/top_values.hpp"
#include "common/wire/zstd_frame.hpp"

namespace skerry::wire {
namespace {

using parameters::Float16;
using parameters::Float8;

constexpr std::size_t kBlock = 64;
constexpr float kSteps = 127;

tl::unexpected<Error> not_one() {
    return fail(ErrorCode::InvalidInput, "the update's Δ is not written as its header says");
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
        const auto block = values.subspan(first, std::min(kBlock, values.size() - first));
        const ByteView codes = from.get_bytes(block.size());
        if (!from.ok()) return false;
        for (std::size_t i = 0; i < block.size(); ++i)
            block[i] = Float8::decode(static_cast<std::uint8_t>(codes[i])) * *unit;
    }
    return true;
}

// int8 by blocks -----------------------------------------------------------------------------------------------------

/// The nearest whole number, of two the even one. Adding 1.5·2^23 moves it to where a float's last bit is worth 1: the
/// addition rounds, and the low bits are the number's. Plain IEEE 754, and it becomes vector instructions.
std::uint8_t int8_of(float steps) {
    constexpr float kRounder = 12'582'912;
    return static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(std::clamp(steps, -kSteps, kSteps) + kRounder));
}

void put_int8(ByteWriter& to, std::span<const float> values) {
    for (std::size_t first = 0; first < values.size(); first += kBlock) {
        const auto block = values.subspan(first, std::min(kBlock, values.size() - first));
        const float scale = largest_of(block) / kSteps;
        std::array<std::uint8_t, kBlock> codes{};
        for (std::size_t i = 0; scale > 0 && i < block.size(); ++i)
            codes[i] = int8_of(block[i] / scale);
        to.put(scale).put(std::as_bytes(std::span(codes).first(block.size())));
    }
}

bool get_int8(ByteReader& from, std::span<float> values) {
    for (std::size_t first = 0; first < values.size(); first += kBlock) {
        const auto scale = from.get<float>();
        if (!std::isfinite(scale) || std::signbit(scale)) return false;
        const auto block = values.subspan(first, std::min(kBlock, values.size() - first));
        const ByteView codes = from.get_bytes(block.size());
        if (!from.ok()) return false;
        std::int8_t least = 0;
        for (std::size_t i = 0; i < block.size(); ++i) {
            const auto code = static_cast<std::int8_t>(codes[i]);
            least = std::min(least, code);
            block[i] = static_cast<float>(code) * scale;
        }
        if (least == -128) return false;
    }
    return true;
}

// binary16 ------------------------------------------------------------------------------------------------------------

bool get_float16(ByteReader& from, std::span<float> values) {
    const auto unit = get_unit(from);
    const ByteView codes = from.get_bytes(values.size() * sizeof(Float16::Code));
    if (!unit || !from.ok()) return false;
    for (std::size_t i = 0; i < values.size(); ++i) {
        Float16::Code code = 0;
        std::memcpy(&code, codes.data() + i * sizeof code, sizeof code);
        values[i] = Float16::decode(code) * *unit;
    }
    return true;
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
    const DeltaForm form{policy.encoding, static_cast<std::uint32_t>(delta.size()), static_cast<std::uint32_t>(exact)};
    ByteWriter to(policy.encoding == DeltaEncoding::Top ? 0 : static_cast<std::size_t>(encoded_bytes(form).most));
    to.put(std::as_bytes(delta.first(exact)));
    const auto rest = delta.subspan(exact);
    switch (policy.encoding) {
        case DeltaEncoding::Float32:
            break;
        case DeltaEncoding::Float16:
            put_minifloats<Float16>(to, rest, kFloat16Top);
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
    EncodedDelta encoded{form, std::move(to).take()};
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

namespace {

/// What the encoding wrote: `bytes`, or what zstd made them of, which `room` then holds.
Result<ByteView> written_bytes(const DeltaForm& form, ByteView bytes, Bytes& room) {
    const DeltaBytesRange range = delta_bytes(form);
    if (form.exact > form.values || bytes.size() < range.least || bytes.size() > range.most) return not_one();
    if (!form.zstd) return bytes;
    const DeltaBytesRange encoded = encoded_bytes(form);
    auto unpacked = zstd_unpacked(bytes, encoded.least, encoded.most);
    if (!unpacked || unpacked->size() <= bytes.size()) return not_one();
    room = std::move(*unpacked);
    return ByteView(room);
}

}  // namespace

Result<SparseValues> decode_sparse(const DeltaForm& form, ByteView bytes) {
    SKERRY_ASSERT(form.encoding == DeltaEncoding::Top);
    Bytes room;
    ByteReader from(SKERRY_TRY(written_bytes(form, bytes, room)));
    SparseValues delta;
    delta.size = form.values;
    delta.places.resize(form.exact);
    std::iota(delta.places.begin(), delta.places.end(), 0U);
    delta.values.resize(form.exact);
    const ByteView exact = from.get_bytes(form.exact * sizeof(float));
    std::copy(exact.begin(), exact.end(), std::as_writable_bytes(std::span(delta.values)).begin());
    if (!get_top(from, form.values - form.exact, form.exact, delta) || from.remaining() > 0) return not_one();
    return delta;
}

Result<std::vector<float>> decode_delta(const DeltaForm& form, ByteView bytes) {
    if (form.encoding == DeltaEncoding::Top) {
        const SparseValues sparse = SKERRY_TRY(decode_sparse(form, bytes));
        std::vector<float> whole(form.values);
        sparse.read(0, whole);
        return whole;
    }
    Bytes room;
    const ByteView written = SKERRY_TRY(written_bytes(form, bytes, room));
    std::vector<float> delta(form.values);
    std::memcpy(delta.data(), written.data(), form.exact * sizeof(float));
    ByteReader from(written.subspan(form.exact * sizeof(float)));
    const auto rest = std::span(delta).subspan(form.exact);
    const bool read = form.encoding == DeltaEncoding::Float16  ? get_float16(from, rest)
                      : form.encoding == DeltaEncoding::Float8 ? get_float8(from, rest)
                      : form.encoding == DeltaEncoding::Int8   ? get_int8(from, rest)
                                                               : false;
    if (!read || from.remaining() > 0) return not_one();
    return delta;
}

}  // namespace skerry::wire
