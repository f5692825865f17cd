#include "common/parameters/normaliser.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/base/utf8.hpp"

namespace skerry::parameters {
namespace {

/// One value for all, or one a channel.
float value_for(const std::vector<float>& values, std::size_t channel) {
    return values.size() == 1 ? values.front() : values[channel];
}

template <class Stored>
bool scale_channel(const std::byte* sample, std::span<float> out, float scale, float offset) {
    bool finite = true;
    for (std::size_t i = 0; i < out.size(); ++i) {
        Stored stored{};
        std::memcpy(&stored, sample + i * sizeof stored, sizeof stored);  // a sample's bytes need not be aligned
        const float value = static_cast<float>(stored) * scale + offset;
        // Rather than isfinite(value): a finite input times a finite scale may be too large, and is clamped.
        if constexpr (sizeof(Stored) == sizeof(float)) finite = finite && std::isfinite(stored);
        out[i] = std::clamp(value, -limits::kScaledInputMax, limits::kScaledInputMax);
    }
    return finite;
}

Result<std::vector<float>> features_of(const HashedText& front_end, ByteView sample) {
    const std::string_view text = text_in(sample);
    if (first_not_utf8(text) == text.size()) return hashed_features(front_end, text);
    return fail(ErrorCode::InvalidInput, "the text of the sample is not UTF-8");
}

}  // namespace

Result<std::vector<float>> scaled_values(const InputSpec& input, ByteView sample) {
    if (sample.size() != input.sample_bytes()) {
        return fail(ErrorCode::InvalidInput, "a sample has " + std::to_string(sample.size()) + " bytes, this model's " +
                                                 "input has " + std::to_string(input.sample_bytes()));
    }
    if (input.text() != nullptr) return features_of(*input.text(), sample);
    if (input.audio() != nullptr) return log_mel(*input.audio(), recording_in(sample));
    const std::size_t per_channel = input.values() / input.channels();
    const std::size_t stored_bytes = input.sample_bytes() / input.values();
    std::vector<float> scaled(input.values());
    for (std::size_t channel = 0; channel < input.channels(); ++channel) {
        const std::size_t first = channel * per_channel;
        const std::byte* from = sample.data() + first * stored_bytes;
        const std::span<float> out = std::span(scaled).subspan(first, per_channel);
        const float scale = value_for(input.scale, channel);
        const float offset = value_for(input.offset, channel);
        const bool finite = input.dtype == DataType::UInt8 ? scale_channel<std::uint8_t>(from, out, scale, offset)
                                                           : scale_channel<float>(from, out, scale, offset);
        if (!finite) {
            return fail(ErrorCode::InvalidInput,
                        "a value of the sample is not finite (channel or feature " + std::to_string(channel) + ")");
        }
    }
    return scaled;
}

Normaliser normaliser_of(const ParameterLayout& layout, std::span<const float> parameters) {
    SKERRY_ASSERT(parameters.size() >= layout.statistics());
    const std::size_t channels = layout.statistics() / 2;
    Normaliser normaliser;
    normaliser.shift.assign(parameters.begin(), parameters.begin() + static_cast<std::ptrdiff_t>(channels));
    normaliser.gain.reserve(channels);
    for (std::size_t c = 0; c < channels; ++c) {
        const float mean = parameters[c];
        const float square = parameters[channels + c];
        const float floor = kVarianceFloor + kRoundingFloor * std::max(square, 0.0F);
        normaliser.gain.push_back(1.0F / std::sqrt(std::max(square - mean * mean, 0.0F) + floor));
    }
    return normaliser;
}

void normalise(const Normaliser& normaliser, const InputSpec& input, std::span<float> rows) {
    SKERRY_ASSERT(normaliser.shift.size() == input.channels() && rows.size() % input.values() == 0);
    const std::size_t per_channel = input.values() / input.channels();
    for (float* value = rows.data(); value != rows.data() + rows.size();) {
        for (std::size_t c = 0; c < input.channels(); ++c) {
            const float shift = normaliser.shift[c];
            const float gain = normaliser.gain[c];
            for (std::size_t i = 0; i < per_channel; ++i, ++value)
                *value = (*value - shift) * gain;
        }
    }
}

std::vector<float> moments_of(const InputSpec& input, std::span<const float> rows) {
    const std::size_t channels = input.channels();
    SKERRY_ASSERT(!rows.empty() && rows.size() % input.values() == 0);
    const std::size_t per_channel = input.values() / channels;
    std::vector<double> sums(2 * channels, 0.0);
    for (const float* value = rows.data(); value != rows.data() + rows.size();) {
        for (std::size_t c = 0; c < channels; ++c) {
            for (std::size_t i = 0; i < per_channel; ++i, ++value) {
                const double x = *value;
                sums[c] += x;
                sums[channels + c] += x * x;
            }
        }
    }
    const std::size_t values = rows.size() / channels;
    const auto count = static_cast<double>(values);
    std::vector<float> moments;
    moments.reserve(sums.size());
    for (const double sum : sums)
        moments.push_back(static_cast<float>(sum / count));
    return moments;
}

}  // namespace skerry::parameters
