#include "common/wire/difference_codec.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/wire/zstd_frame.hpp"

namespace skerry::wire {
namespace {

constexpr std::uint32_t kSign = 1U << 31U;
constexpr std::uint32_t kExponent = 0x7F800000U;  // all of its bits: infinity, or no number
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

// −0 lies right below +0, so that every float32 has a number of its own. Without a branch: −1 − m is ~m.
std::uint32_t number_of(float value, std::uint32_t shift) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return (kSign >> shift) + ((bits & ~kSign) >> shift ^ (0U - (bits >> 31U)));
}

float value_of(std::uint32_t number, std::uint32_t shift) {
    const std::uint32_t from_zero = number - (kSign >> shift);
    const std::uint32_t negative = 0U - (from_zero >> 31U);
    return std::bit_cast<float>((from_zero ^ negative) << shift | (negative & kSign));
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

/// The next plane of so many numbers, from the difference itself or unpacked.
class Plane {
public:
    Plane(Plane&&) = default;
    Plane& operator=(Plane&&) = default;
    Plane(const Plane&) = delete;
    Plane& operator=(const Plane&) = delete;
    ~Plane() = default;
    [[nodiscard]] static std::optional<Plane> from(ByteReader& reader, std::size_t count) {
        const auto length = reader.get<std::uint32_t>();
        if (!reader.ok() || length > count || length > reader.remaining()) return std::nullopt;
        Plane plane;
        plane.bytes_ = reader.get_bytes(length);
        if (length == 0 || length == count) return plane;
        auto unpacked = zstd_unpacked(plane.bytes_, count, count);
        if (!unpacked) return std::nullopt;
        plane.unpacked_ = *std::move(unpacked);
        plane.bytes_ = plane.unpacked_;
        return plane;
    }
    /// As many bytes as were asked for, which may be none; or nullptr: all are 0.
    [[nodiscard]] const std::byte* bytes() const { return bytes_.empty() ? nullptr : bytes_.data(); }

private:
    Plane() = default;

    Bytes unpacked_;
    ByteView bytes_;
};

// In blocks that stay in the cache, with loops that a compiler turns into vector instructions.
bool apply_segment(ByteReader& from, std::span<float> values) {
    const auto shift = from.get<std::uint8_t>();
    if (!from.ok() || shift > kShiftMax) return false;
    if ((magnitudes(values) & ((1U << shift) - 1)) != 0) return false;
    std::vector<Plane> planes;
    for (std::uint32_t plane = 0; plane < planes_of(shift); ++plane) {
        auto read = Plane::from(from, values.size());
        if (!read) return false;
        planes.push_back(*std::move(read));
    }
    const std::uint32_t all = ~0U >> shift;
    std::array<std::uint32_t, 2048> numbers{};
    std::uint32_t infinite = 0;
    for (std::size_t begin = 0; begin < values.size(); begin += numbers.size()) {
        const std::span<float> block = values.subspan(begin, std::min(numbers.size(), values.size() - begin));
        std::fill_n(numbers.begin(), block.size(), 0U);
        for (std::size_t which = 0; which < planes.size(); ++which) {
            const std::byte* bytes = planes[which].bytes();
            if (bytes == nullptr) continue;
            for (std::size_t i = 0; i < block.size(); ++i)
                numbers[i] |= std::to_integer<std::uint32_t>(bytes[begin + i]) << (8 * which);
        }
        for (std::size_t i = 0; i < block.size(); ++i) {
            block[i] = value_of((number_of(block[i], shift) + unfolded(numbers[i])) & all, shift);
            infinite |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(block[i]) & kExponent) == kExponent);
        }
    }
    return infinite == 0;
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
