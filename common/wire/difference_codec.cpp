#include "common/wire/difference_codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/wire/zstd_frame.hpp"

namespace skerry::wire {
namespace {

constexpr std::uint32_t kSign = 1U << 31U;
constexpr std::uint32_t kShiftMax = 31;

std::uint32_t magnitudes(std::span<const float> values) {
    std::uint32_t all = 0;
    for (const float value : values)
        all |= std::bit_cast<std::uint32_t>(value);
    return all & ~kSign;
}

std::uint32_t planes_of(std::uint32_t shift) {
    return (32 - shift + 7) / 8;
}

// −0 lies right below +0, so that every float32 has a number of its own.
std::uint32_t number_of(float value, std::uint32_t shift) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t magnitude = (bits & ~kSign) >> shift;
    const std::uint32_t zero = kSign >> shift;
    return (bits & kSign) != 0 ? zero - 1 - magnitude : zero + magnitude;
}

float value_of(std::uint32_t number, std::uint32_t shift) {
    const std::uint32_t zero = kSign >> shift;
    const std::uint32_t bits = number >= zero ? (number - zero) << shift : (zero - 1 - number) << shift | kSign;
    return std::bit_cast<float>(bits);
}

// Numbers of 32 − shift bits are a ring, so their differences need no bit more.
std::uint32_t folded(std::uint32_t difference, std::uint32_t shift) {
    const auto number = static_cast<std::int32_t>(difference << shift) >> static_cast<std::int32_t>(shift);
    return static_cast<std::uint32_t>(number) << 1U ^ static_cast<std::uint32_t>(number >> 31);
}

std::uint32_t unfolded(std::uint32_t number) {
    return number >> 1U ^ (0U - (number & 1U));
}

void put_plane(ByteView plane, Bytes& to) {
    const bool zero = std::all_of(plane.begin(), plane.end(), [](std::byte byte) { return byte == std::byte{}; });
    const Bytes packed = zero ? Bytes() : zstd_packed(plane);
    const ByteView shorter = packed.size() < plane.size() ? ByteView(packed) : plane;
    const Bytes length = ByteWriter().put(static_cast<std::uint32_t>(shorter.size())).bytes();
    to.insert(to.end(), length.begin(), length.end());
    to.insert(to.end(), shorter.begin(), shorter.end());
}

/// Adds the next plane to `numbers`.
bool get_plane(ByteReader& from, std::uint32_t plane, std::vector<std::uint32_t>& numbers) {
    const auto length = from.get<std::uint32_t>();
    if (!from.ok() || length > numbers.size() || length > from.remaining()) return false;
    if (length == 0) return true;
    ByteView bytes = from.get_bytes(length);
    std::optional<Bytes> unpacked;
    if (length < numbers.size()) {
        unpacked = zstd_unpacked(bytes, numbers.size(), numbers.size());
        if (!unpacked) return false;
        bytes = *unpacked;
    }
    for (std::size_t i = 0; i < numbers.size(); ++i)
        numbers[i] |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * plane);
    return true;
}

bool apply_segment(ByteReader& from, std::span<float> values) {
    const auto shift = from.get<std::uint8_t>();
    if (!from.ok() || shift > kShiftMax) return false;
    if ((magnitudes(values) & ((1U << shift) - 1)) != 0) return false;
    std::vector<std::uint32_t> numbers(values.size());
    for (std::uint32_t plane = 0; plane < planes_of(shift); ++plane) {
        if (!get_plane(from, plane, numbers)) return false;
    }
    const std::uint32_t all = ~0U >> shift;
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = value_of((number_of(values[i], shift) + unfolded(numbers[i])) & all, shift);
        if (!std::isfinite(values[i])) return false;
    }
    return true;
}

}  // namespace

void put_difference(std::span<const float> base, std::span<const float> next, Bytes& to) {
    SKERRY_ASSERT(!next.empty() && base.size() == next.size());
    const std::uint32_t set = magnitudes(base) | magnitudes(next);
    const std::uint32_t shift = std::min(static_cast<std::uint32_t>(std::countr_zero(set)), kShiftMax);
    std::vector<std::uint32_t> numbers(next.size());
    for (std::size_t i = 0; i < next.size(); ++i)
        numbers[i] = folded(number_of(next[i], shift) - number_of(base[i], shift), shift);
    to.push_back(static_cast<std::byte>(shift));
    Bytes plane(next.size());
    for (std::uint32_t which = 0; which < planes_of(shift); ++which) {
        std::transform(numbers.begin(), numbers.end(), plane.begin(),
                       [which](std::uint32_t number) { return static_cast<std::byte>(number >> (8 * which)); });
        put_plane(plane, to);
    }
}

Result<> apply_difference(ByteView difference, std::span<const std::size_t> segments, std::span<float> values) {
    ByteReader from(difference);
    for (const std::size_t count : segments) {
        SKERRY_ASSERT(count > 0 && count <= values.size());
        if (!apply_segment(from, values.first(count))) {
            return fail(ErrorCode::InvalidInput, "the difference is none to these weights");
        }
        values = values.subspan(count);
    }
    SKERRY_ASSERT(values.empty());
    if (from.remaining() > 0) return fail(ErrorCode::InvalidInput, "the difference is longer than these weights");
    return {};
}

}  // namespace skerry::wire
