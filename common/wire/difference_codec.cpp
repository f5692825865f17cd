#include "common/wire/difference_codec.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "common/wire/zstd_frame.hpp"

namespace skerry::wire {
namespace {

constexpr std::uint32_t kSign = 1U << 31U;
constexpr std::uint32_t kExponent = 0x7F800000U;  // all of its bits: infinity, or no number
constexpr std::uint32_t kShiftMax = 31;
constexpr std::uint8_t kSparse = 0x80;     // beside the shift
constexpr std::size_t kSparseShare = 4;    // as many times as few values as there are
constexpr std::size_t kWord = 8;           // bytes of which bits are looked through together
constexpr std::size_t kPlaceBlock = 2048;  // values whose places are found before they are changed

/// Bits that any value has set, up to where the lowest has been seen: of float32 that nobody has rounded soon.
std::uint32_t magnitudes(std::span<const float> values) {
    std::uint32_t all = 0;
    while (!values.empty() && (all & 1U) == 0) {
        const auto some = values.first(std::min(kPlaceBlock, values.size()));
        for (const float value : some)
            all |= std::bit_cast<std::uint32_t>(value);
        values = values.subspan(some.size());
    }
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

/// The numbers of a segment, or of what changes in it, in blocks that stay in the cache.
class Numbers {
public:
    [[nodiscard]] static std::optional<Numbers> from(ByteReader& reader, std::size_t count, std::uint32_t shift) {
        Numbers numbers;
        for (std::uint32_t plane = 0; plane < planes_of(shift); ++plane) {
            auto read = Plane::from(reader, count);
            if (!read) return std::nullopt;
            numbers.planes_.push_back(*std::move(read));
        }
        return numbers;
    }
    /// Numbers [first, first + out.size()).
    void read(std::size_t first, std::span<std::uint32_t> out) const {
        std::fill(out.begin(), out.end(), 0U);
        for (std::size_t which = 0; which < planes_.size(); ++which) {
            const std::byte* bytes = planes_[which].bytes();
            if (bytes == nullptr) continue;
            for (std::size_t i = 0; i < out.size(); ++i)
                out[i] |= std::to_integer<std::uint32_t>(bytes[first + i]) << (8 * which);
        }
    }

private:
    std::vector<Plane> planes_;
};

using Block = std::array<std::uint32_t, kPlaceBlock>;

bool is_infinite(float value) {
    return (std::bit_cast<std::uint32_t>(value) & kExponent) == kExponent;
}

// Loops that a compiler turns into vector instructions.
bool apply_to_all(const Numbers& changes, std::uint32_t shift, std::span<float> values) {
    const std::uint32_t all = ~0U >> shift;
    Block numbers;
    std::uint32_t infinite = 0;
    for (std::size_t begin = 0; begin < values.size(); begin += numbers.size()) {
        const std::span<float> block = values.subspan(begin, std::min(numbers.size(), values.size() - begin));
        changes.read(begin, std::span(numbers).first(block.size()));
        for (std::size_t i = 0; i < block.size(); ++i) {
            block[i] = value_of((number_of(block[i], shift) + unfolded(numbers[i])) & all, shift);
            infinite |= static_cast<std::uint32_t>(is_infinite(block[i]));
        }
    }
    return infinite == 0;
}

/// Bits 8·first … of those that say which values change.
std::uint64_t word_at(ByteView bits, std::size_t first) {
    std::uint64_t word = 0;
    std::memcpy(&word, bits.data() + first, std::min(kWord, bits.size() - first));
    return word;
}

bool apply_to_some(ByteView bits, const Numbers& changes, std::uint32_t shift, std::span<float> values) {
    const std::uint32_t all = ~0U >> shift;
    Block places, numbers;
    std::size_t found = 0, done = 0;
    bool infinite = false;
    const auto change = [&] {
        changes.read(done, std::span(numbers).first(found));
        for (std::size_t i = 0; i < found; ++i) {
            float& value = values[places[i]];
            value = value_of((number_of(value, shift) + unfolded(numbers[i])) & all, shift);
            infinite |= is_infinite(value);
        }
        done += std::exchange(found, 0);
    };
    for (std::size_t first = 0; first < bits.size(); first += kWord) {
        for (std::uint64_t word = word_at(bits, first); word != 0; word &= word - 1)
            places[found++] = static_cast<std::uint32_t>(8 * first + static_cast<std::size_t>(std::countr_zero(word)));
        if (found > places.size() - 8 * kWord) change();
    }
    change();
    return !infinite;
}

bool apply_segment(ByteReader& from, std::span<float> values) {
    const auto first = from.get<std::uint8_t>();
    const std::uint32_t shift = first & ~kSparse;
    if (!from.ok() || shift > kShiftMax) return false;
    if (shift != 0 && (magnitudes(values) & ((1U << shift) - 1)) != 0) return false;
    if ((first & kSparse) == 0) {
        const auto changes = Numbers::from(from, values.size(), shift);
        return changes && apply_to_all(*changes, shift, values);
    }
    const std::size_t bytes = (values.size() + 7) / 8;
    const auto which = Plane::from(from, bytes);
    if (!which || which->bytes() == nullptr) return false;
    const ByteView bits(which->bytes(), bytes);
    if (values.size() % 8 != 0 && std::to_integer<unsigned>(bits.back()) >> values.size() % 8 != 0) return false;
    std::size_t count = 0;
    for (std::size_t at = 0; at < bits.size(); at += kWord)
        count += static_cast<std::size_t>(std::popcount(word_at(bits, at)));
    if (count == 0) return false;  // put_difference writes that otherwise
    const auto changes = Numbers::from(from, count, shift);
    return changes && apply_to_some(bits, *changes, shift, values);
}

void put_numbers(std::span<const std::uint32_t> numbers, std::uint32_t shift, Bytes& to) {
    Bytes plane(numbers.size());
    for (std::uint32_t which = 0; which < planes_of(shift); ++which) {
        std::transform(numbers.begin(), numbers.end(), plane.begin(),
                       [which](std::uint32_t number) { return static_cast<std::byte>(number >> (8 * which)); });
        put_plane(plane, to);
    }
}

}  // namespace

void put_difference(std::span<const float> base, std::span<const float> next, Bytes& to) {
    SKERRY_ASSERT(!next.empty() && base.size() == next.size());
    const std::uint32_t set = magnitudes(base) | magnitudes(next);
    const std::uint32_t shift = std::min(static_cast<std::uint32_t>(std::countr_zero(set)), kShiftMax);
    std::vector<std::uint32_t> numbers(next.size());
    for (std::size_t i = 0; i < next.size(); ++i)
        numbers[i] = folded(number_of(next[i], shift) - number_of(base[i], shift), shift);
    const auto changed = static_cast<std::size_t>(
        std::count_if(numbers.begin(), numbers.end(), [](auto number) { return number != 0; }));
    if (changed == 0 || changed > numbers.size() / kSparseShare) {
        to.push_back(static_cast<std::byte>(shift));
        return put_numbers(numbers, shift, to);
    }
    Bytes bits((numbers.size() + 7) / 8);
    for (std::size_t i = 0; i < bits.size(); ++i) {
        const auto eight = std::span(numbers).subspan(8 * i, std::min<std::size_t>(8, numbers.size() - 8 * i));
        unsigned byte = 0;
        for (std::size_t j = 0; j < eight.size(); ++j)
            byte |= (eight[j] != 0 ? 1U : 0U) << j;
        bits[i] = static_cast<std::byte>(byte);
    }
    std::erase(numbers, 0U);
    to.push_back(static_cast<std::byte>(shift | kSparse));
    put_plane(bits, to);
    put_numbers(numbers, shift, to);
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
