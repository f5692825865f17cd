#include "feedback/counterexamples/audio_variation.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/base/error.hpp"

namespace skerry::feedback {
namespace {

struct Cover {
    std::size_t first = 0;
    std::size_t count = 0;
};

Cover drawn(std::size_t length, double share_max, Random& random) {
    const auto most = static_cast<std::uint64_t>(static_cast<double>(length) * share_max);
    Cover cover;
    cover.count = std::min<std::size_t>(random.below(most + 1), length);
    cover.first = random.below(length - cover.count + 1);
    return cover;
}

}  // namespace

std::vector<std::int16_t> varied_recording(const parameters::LogMel& front_end, std::span<const std::int16_t> recording,
                                           const AudioLimits& limits, Random& random) {
    double square = 0;
    for (const std::int16_t sample : recording)
        square += static_cast<double>(sample) * sample;
    const double deviation = random.uniform(0, limits.noise) *
                             std::sqrt(square / static_cast<double>(std::max<std::size_t>(recording.size(), 1)));
    const auto shift =
        static_cast<std::ptrdiff_t>(random.uniform(-limits.shift, limits.shift) * static_cast<double>(front_end.rate));
    std::vector<std::int16_t> made(recording.size());
    for (std::size_t i = 0; i < made.size(); ++i) {
        const std::ptrdiff_t from = static_cast<std::ptrdiff_t>(i) - shift;
        const bool inside = from >= 0 && from < static_cast<std::ptrdiff_t>(recording.size());
        const double value = (inside ? recording[static_cast<std::size_t>(from)] : 0) + deviation * random.bell();
        made[i] = static_cast<std::int16_t>(std::clamp(std::round(value), -32768.0, 32767.0));
    }
    return made;
}

void mask_spectrogram(const parameters::LogMel& front_end, std::span<float> image, const AudioLimits& limits,
                      Random& random) {
    SKERRY_ASSERT(image.size() == front_end.bands * front_end.frames);
    const double sum = std::accumulate(image.begin(), image.end(), 0.0);
    const auto mean = static_cast<float>(sum / static_cast<double>(image.size()));
    const Cover frames = drawn(front_end.frames, limits.mask, random);
    const Cover bands = drawn(front_end.bands, limits.mask, random);
    const auto covers = [](const Cover& cover, std::size_t place) {
        return place >= cover.first && place < cover.first + cover.count;
    };
    for (std::size_t b = 0; b < front_end.bands; ++b) {
        for (std::size_t f = 0; f < front_end.frames; ++f) {
            if (covers(bands, b) || covers(frames, f)) image[b * front_end.frames + f] = mean;
        }
    }
}

}  // namespace skerry::feedback
