#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.hpp"

namespace skerry::parameters {

/// A recording as an image of mel bands and frames, for convolutions: 16-bit PCM, one channel.
struct LogMel {
    /// Of all that these numbers do not say: window, scale, filters and floor. A change of them needs another name.
    static constexpr std::string_view kRules = "log-mel-1";

    std::size_t rate = 8000;     ///< samples a second that recordings have; clients resample
    std::size_t samples = 8000;  ///< that are read and stored: more are cut, fewer padded, at both ends alike
    std::size_t bands = 40;      ///< height of the image; the network's input is {1, bands, frames}
    std::size_t frames = 32;     ///< width, from the first sample to the last

    /// Samples from one frame to the next.
    [[nodiscard]] std::size_t hop() const { return samples / frames; }
    /// Samples that a frame is computed from: the smallest power of two that is at least two hops.
    [[nodiscard]] std::size_t window() const;
    /// Everything wrong with these numbers, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;

    bool operator==(const LogMel&) const = default;
};
inline constexpr std::size_t kRecordingSamplesMax = 1U << 18U;  ///< stored: 32 s at 8 kHz
inline constexpr std::size_t kWindowSamplesMax = 4096;

/// A recording as it is stored: `front_end.samples` little-endian int16, its middle in their middle. `pcm` may be of
/// any length and lie at any address; a last odd byte is left out.
[[nodiscard]] Bytes stored_recording(const LogMel& front_end, ByteView pcm);
/// The samples in stored or sent bytes.
[[nodiscard]] std::vector<std::int16_t> recording_in(ByteView pcm);

/// Shape {bands, frames}, row-major, each value in [0, 1]: the energy of a band in a frame, in decibels below the
/// loudest one of this recording: 1 is the loudest, 0 is 80 dB below or less, so that its level does not matter.
/// Silence is 0. Hann window, power spectrum, triangular filters between equal steps of the mel scale 2595·log10(1 +
/// f/700) from 0 Hz to half the rate. Davis and Mermelstein 1980, "Comparison of parametric representations…";
/// O'Shaughnessy 1987 for the scale, as HTK has it. `recording`: front_end.samples long. Cost: one real FFT a frame, of
/// O(window · log window).
[[nodiscard]] std::vector<float> log_mel(const LogMel& front_end, std::span<const std::int16_t> recording);

}  // namespace skerry::parameters
