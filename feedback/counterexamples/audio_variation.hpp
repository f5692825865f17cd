#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/random.hpp"
#include "common/parameters/front_ends/log_mel.hpp"

namespace skerry::feedback {

struct AudioLimits {
    double shift = 0.05;  ///< seconds, either way
    double noise = 0.05;  ///< at most this share of the recording's root mean square
    double mask = 0.15;   ///< at most this share of the frames, and of the bands
};

/// A recording near `recording`, drawn: moved in time, silence following, with white noise. As long as it was.
[[nodiscard]] std::vector<std::int16_t> varied_recording(const parameters::LogMel& front_end,
                                                         std::span<const std::int16_t> recording,
                                                         const AudioLimits& limits, Random& random);

/// Covers some neighbouring frames and some neighbouring bands of a log_mel image with its mean, in place.
/// Park et al. 2019, "SpecAugment: a simple data augmentation method for automatic speech recognition", without its
/// warping, which gave least.
void mask_spectrogram(const parameters::LogMel& front_end, std::span<float> image, const AudioLimits& limits,
                      Random& random);

}  // namespace skerry::feedback
