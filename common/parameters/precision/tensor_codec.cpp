#include "common/parameters/precision/tensor_codec.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/base/finite.hpp"
#include "common/parameters/precision/minifloat.hpp"

namespace skerry::parameters {
namespace {

float largest(std::span<const float> values) {
    float most = 0;
    for (const float value : values)
        most = std::max(most, std::abs(value));
    return most;
}

int signed_of(std::byte byte) {
    const int value = static_cast<int>(byte);
    return value < 128 ? value : value - 256;
}

float power_of_two(int exponent) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(exponent + 127) << 23U);
}

// float32 without a scale ------------------------------------------------------------------------------------------

void encode_float32(std::span<const float> values, std::span<std::byte> to) {
    std::memcpy(to.data(), values.data(), to.size());
}

bool decode_float32(ByteView bytes, std::span<float> to) {
    std::memcpy(to.data(), bytes.data(), bytes.size());
    return true;
}

void encode_float16(std::span<const float> values, std::span<std::byte> to) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Float16::Code code = Float16::encode(values[i]);
        std::memcpy(&to[i * sizeof code], &code, sizeof code);
    }
}

bool decode_float16(ByteView bytes, std::span<float> to) {
    for (std::size_t i = 0; i < to.size(); ++i) {
        Float16::Code code = 0;
        std::memcpy(&code, &bytes[i * sizeof code], sizeof code);
        to[i] = Float16::decode(code);
    }
    return true;
}

// FP8 under a power of two -----------------------------------------------------------------------------------------

/// Both formats end at 1.75 · 2^kTop.
template <class Format>
inline constexpr int kTop = 8;
template <>
inline constexpr int kTop<Float8Wide> = 15;

// Within these every value of the format, scaled, is a float32: down to subnormals, and up to 1.75 · 2^127.
constexpr int kExponentMin = -126;
template <class Format>
inline constexpr int kExponentMax = 127 - kTop<Format>;

template <class Format>
int exponent_for(float most) {
    if (most == 0) return 0;
    int exponent = 0;
    const float fraction = std::frexp(most, &exponent);  // in [0.5, 1)
    return std::clamp(exponent - 1 - kTop<Format> + (fraction > 0.875F ? 1 : 0), kExponentMin, kExponentMax<Format>);
}

template <class Format>
void encode_float8(std::size_t channels, std::span<const float> values, std::span<std::byte> to) {
    const std::size_t row = values.size() / channels;
    for (std::size_t channel = 0; channel < channels; ++channel) {
        const auto weights = values.subspan(channel * row, row);
        const auto codes = to.subspan(channels + channel * row, row);
        const int exponent = exponent_for<Format>(largest(weights));
        const float scale = power_of_two(-exponent);
        to[channel] = static_cast<std::byte>(static_cast<std::int8_t>(exponent));
        for (std::size_t i = 0; i < row; ++i)
            codes[i] = static_cast<std::byte>(Format::encode(weights[i] * scale));
    }
}

template <class Format>
bool decode_float8(std::size_t channels, ByteView bytes, std::span<float> to) {
    const std::size_t row = to.size() / channels;
    for (std::size_t channel = 0; channel < channels; ++channel) {
        const int exponent = signed_of(bytes[channel]);
        if (exponent < kExponentMin || exponent > kExponentMax<Format>) return false;
        const ByteView codes = bytes.subspan(channels + channel * row, row);
        const auto weights = to.subspan(channel * row, row);
        const float scale = power_of_two(exponent);
        for (std::size_t i = 0; i < row; ++i)
            weights[i] = kDecoded<Format>[static_cast<std::size_t>(codes[i])] * scale;
    }
    return true;
}

// int8 under amax/127 ----------------------------------------------------------------------------------------------

constexpr long kInt8Max = 127;

float int8_scale(float most) {
    constexpr auto kSteps = static_cast<float>(kInt8Max);
    const float scale = most / kSteps;
    return std::isfinite(scale * kSteps) ? scale : std::nextafter(scale, 0.0F);  // the division has rounded up
}

void encode_int8(std::size_t channels, std::span<const float> values, std::span<std::byte> to) {
    const std::size_t row = values.size() / channels;
    for (std::size_t channel = 0; channel < channels; ++channel) {
        const auto weights = values.subspan(channel * row, row);
        const auto codes = to.subspan(channels * sizeof(float) + channel * row, row);
        const float scale = int8_scale(largest(weights));
        std::memcpy(&to[channel * sizeof scale], &scale, sizeof scale);
        for (std::size_t i = 0; i < row; ++i) {
            const long steps = scale > 0 ? std::lrint(weights[i] / scale) : 0;
            codes[i] = static_cast<std::byte>(static_cast<std::int8_t>(std::clamp(steps, -kInt8Max, kInt8Max)));
        }
    }
}

bool decode_int8(std::size_t channels, ByteView bytes, std::span<float> to) {
    const std::size_t row = to.size() / channels;
    for (std::size_t channel = 0; channel < channels; ++channel) {
        float scale = 0;
        std::memcpy(&scale, &bytes[channel * sizeof scale], sizeof scale);
        if (!(scale >= 0) || std::signbit(scale)) return false;
        const ByteView codes = bytes.subspan(channels * sizeof scale + channel * row, row);
        const auto weights = to.subspan(channel * row, row);
        for (std::size_t i = 0; i < row; ++i) {
            const int code = signed_of(codes[i]);
            if (code < -kInt8Max) return false;
            weights[i] = static_cast<float>(code) * scale;
        }
    }
    return true;
}

std::size_t scale_bytes(Precision precision) {
    switch (precision) {
        case Precision::Float8:
        case Precision::Float8Wide:
            return sizeof(std::int8_t);
        case Precision::Int8:
            return sizeof(float);
        default:
            return 0;
    }
}

std::size_t value_bytes(Precision precision) {
    switch (precision) {
        case Precision::Float32:
            return sizeof(float);
        case Precision::Float16:
            return sizeof(Float16::Code);
        default:
            return 1;
    }
}

bool decode_into(const Block& block, Precision precision, ByteView bytes, std::span<float> to) {
    switch (precision) {
        case Precision::Float32:
            return decode_float32(bytes, to);
        case Precision::Float16:
            return decode_float16(bytes, to);
        case Precision::Float8:
            return decode_float8<Float8>(block.shape[0], bytes, to);
        case Precision::Float8Wide:
            return decode_float8<Float8Wide>(block.shape[0], bytes, to);
        case Precision::Int8:
            return decode_int8(block.shape[0], bytes, to);
    }
    return false;
}

}  // namespace

std::size_t encoded_bytes(const Block& block, Precision precision) {
    return block.shape[0] * scale_bytes(precision) + block.count * value_bytes(precision);
}

void encode_tensor(const Block& block, Precision precision, std::span<const float> values, std::span<std::byte> to) {
    SKERRY_ASSERT(values.size() == block.count && to.size() == encoded_bytes(block, precision));
    switch (precision) {
        case Precision::Float32:
            return encode_float32(values, to);
        case Precision::Float16:
            return encode_float16(values, to);
        case Precision::Float8:
            return encode_float8<Float8>(block.shape[0], values, to);
        case Precision::Float8Wide:
            return encode_float8<Float8Wide>(block.shape[0], values, to);
        case Precision::Int8:
            return encode_int8(block.shape[0], values, to);
    }
}

Result<> decode_tensor(const Block& block, Precision precision, ByteView bytes, std::span<float> to) {
    SKERRY_ASSERT(to.size() == block.count && bytes.size() == encoded_bytes(block, precision));
    if (decode_into(block, precision, bytes, to) && all_finite(to)) return {};
    return fail(ErrorCode::InvalidInput, "the " + std::string(name_of(precision)) + " bytes of '" + block.name +
                                             "' hold a value that is not finite, or a scale that nobody writes");
}

}  // namespace skerry::parameters
