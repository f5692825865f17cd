#include "common/parameters/front_ends/log_mel.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>

#include "common/base/error.hpp"
#include "common/parameters/front_ends/fourier.hpp"

namespace skerry::parameters {
namespace {

constexpr double kDecibels = 80;

double mel_of(double hertz) {
    return 2595 * std::log10(1 + hertz / 700);
}

double hertz_of(double mel) {
    return 700 * (std::pow(10, mel / 2595) - 1);
}

/// One triangular filter on the lines of a spectrum, the first of which is not 0.
struct Band {
    std::size_t first = 0;
    std::vector<double> weights;
};

std::vector<Band> bands_of(const LogMel& front_end) {
    const double step = mel_of(static_cast<double>(front_end.rate) / 2) / static_cast<double>(front_end.bands + 1);
    const double line = static_cast<double>(front_end.rate) / static_cast<double>(front_end.window());
    std::vector<Band> bands(front_end.bands);
    for (std::size_t b = 0; b < bands.size(); ++b) {
        const double low = hertz_of(static_cast<double>(b) * step),
                     middle = hertz_of(static_cast<double>(b + 1) * step);
        const double high = hertz_of(static_cast<double>(b + 2) * step);
        const std::size_t lines = front_end.window() / 2 + 1;
        bands[b].first = std::min(static_cast<std::size_t>(low / line) + 1, lines);
        for (std::size_t k = bands[b].first; k < lines && static_cast<double>(k) * line < high; ++k) {
            const double hertz = static_cast<double>(k) * line;
            bands[b].weights.push_back(std::min((hertz - low) / (middle - low), (high - hertz) / (high - middle)));
        }
    }
    return bands;
}

std::vector<double> hann(std::size_t size) {
    std::vector<double> window(size);
    for (std::size_t i = 0; i < size; ++i) {
        const double turn = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(size);
        window[i] = 0.5 - 0.5 * std::cos(turn);
    }
    return window;
}

}  // namespace

std::size_t LogMel::window() const {
    return std::bit_ceil(2 * hop());
}

std::vector<std::string> LogMel::problems() const {
    std::vector<std::string> problems;
    const auto check = [&](const char* key, std::size_t value, std::size_t min, std::size_t max) {
        if (value >= min && value <= max) return;
        problems.push_back("input." + std::string(key) + " of audio must be " + std::to_string(min) + " to " +
                           std::to_string(max));
    };
    check("rate", rate, 1000, 192'000);
    check("samples", samples, 256, kRecordingSamplesMax);
    check("bands", bands, 4, 256);
    check("frames", frames, 4, 1024);
    if (problems.empty() && (hop() < 8 || window() > kWindowSamplesMax)) {
        problems.push_back("input.samples / input.frames must be 8 to " + std::to_string(kWindowSamplesMax / 2) +
                           ", it is " + std::to_string(hop()));
    }
    return problems;
}

Bytes stored_recording(const LogMel& front_end, ByteView pcm) {
    const std::size_t given = pcm.size() / sizeof(std::int16_t);
    const std::size_t taken = std::min(given, front_end.samples);
    const ByteView middle = pcm.subspan((given - taken) / 2 * sizeof(std::int16_t), taken * sizeof(std::int16_t));
    Bytes stored(front_end.samples * sizeof(std::int16_t));
    const std::size_t first = (front_end.samples - taken) / 2 * sizeof(std::int16_t);
    std::copy(middle.begin(), middle.end(), stored.begin() + static_cast<std::ptrdiff_t>(first));
    return stored;
}

std::vector<std::int16_t> recording_in(ByteView pcm) {
    std::vector<std::int16_t> recording(pcm.size() / sizeof(std::int16_t));
    if (!recording.empty()) std::memcpy(recording.data(), pcm.data(), recording.size() * sizeof(std::int16_t));
    return recording;
}

std::vector<float> log_mel(const LogMel& front_end, std::span<const std::int16_t> recording) {
    SKERRY_ASSERT(recording.size() == front_end.samples);
    const std::vector<Band> bands = bands_of(front_end);
    const std::vector<double> window = hann(front_end.window());
    PowerSpectrum spectrum(window.size());
    std::vector<double> frame(window.size());
    std::vector<double> energies(front_end.bands * front_end.frames);
    for (std::size_t f = 0; f < front_end.frames; ++f) {
        // Around the middle of hop f; what lies outside the recording is silence.
        const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(f * front_end.hop() + front_end.hop() / 2) -
                                     static_cast<std::ptrdiff_t>(window.size() / 2);
        for (std::size_t i = 0; i < frame.size(); ++i) {
            const std::ptrdiff_t at = first + static_cast<std::ptrdiff_t>(i);
            const bool inside = at >= 0 && at < static_cast<std::ptrdiff_t>(recording.size());
            frame[i] = inside ? window[i] * recording[static_cast<std::size_t>(at)] : 0.0;
        }
        if (std::all_of(frame.begin(), frame.end(), [](double value) { return value == 0; })) continue;  // padding
        const auto power = spectrum.of(frame);
        for (std::size_t b = 0; b < front_end.bands; ++b) {
            double& energy = energies[b * front_end.frames + f];
            for (std::size_t i = 0; i < bands[b].weights.size(); ++i)
                energy += bands[b].weights[i] * power[bands[b].first + i];
        }
    }
    const double loudest = *std::max_element(energies.begin(), energies.end());
    std::vector<float> image(energies.size(), 0.0F);
    if (!(loudest > 0)) return image;
    for (std::size_t i = 0; i < image.size(); ++i) {
        const double decibels = 10 * std::log10(std::max(energies[i] / loudest, 1e-30));
        image[i] = static_cast<float>(std::clamp(1 + decibels / kDecibels, 0.0, 1.0));
    }
    return image;
}

}  // namespace skerry::parameters
