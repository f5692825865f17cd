#include "common/parameters/front_ends/fourier.hpp"

#include <bit>
#include <cmath>
#include <numbers>
#include <utility>

#include "common/base/error.hpp"

namespace skerry::parameters {

PowerSpectrum::PowerSpectrum(std::size_t size) : turn_(size / 2), values_(size / 2), power_(size / 2 + 1) {
    SKERRY_ASSERT(size >= 4 && std::has_single_bit(size));
    for (std::size_t k = 0; k < turn_.size(); ++k) {
        const double angle = -2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(size);
        turn_[k] = {std::cos(angle), std::sin(angle)};
    }
}

// The complex transform of values_, in place.
void PowerSpectrum::transform() {
    const std::size_t size = values_.size();
    for (std::size_t i = 1, mirrored = 0; i < size; ++i) {
        std::size_t bit = size >> 1U;
        for (; (mirrored & bit) != 0; bit >>= 1U)
            mirrored ^= bit;
        mirrored |= bit;
        if (i < mirrored) std::swap(values_[i], values_[mirrored]);
    }
    for (std::size_t half = 1; half < size; half *= 2) {
        const std::size_t step = size / half;  // in turn_, whose circle has 2·size parts
        for (std::size_t first = 0; first < size; first += 2 * half) {
            for (std::size_t k = 0; k < half; ++k) {
                const std::complex<double> turn = turn_[k * step];
                const std::complex<double> low = values_[first + k];
                const std::complex<double> high = values_[first + k + half];
                // Written out: operator* of std::complex looks for infinities.
                const std::complex<double> turned(high.real() * turn.real() - high.imag() * turn.imag(),
                                                  high.real() * turn.imag() + high.imag() * turn.real());
                values_[first + k] = low + turned;
                values_[first + k + half] = low - turned;
            }
        }
    }
}

std::span<const double> PowerSpectrum::of(std::span<const double> signal) {
    const std::size_t half = values_.size();
    SKERRY_ASSERT(signal.size() == 2 * half);
    for (std::size_t i = 0; i < half; ++i)
        values_[i] = {signal[2 * i], signal[2 * i + 1]};
    transform();
    // Even samples went in as real parts and odd ones as imaginary parts: their two spectra are the symmetric and the
    // antisymmetric part of the one that came out.
    power_[0] = std::pow(values_[0].real() + values_[0].imag(), 2);
    power_[half] = std::pow(values_[0].real() - values_[0].imag(), 2);
    for (std::size_t k = 1; k < half; ++k) {
        const std::complex<double> here = values_[k], there = std::conj(values_[half - k]);
        const std::complex<double> even = 0.5 * (here + there);
        const std::complex<double> odd = std::complex<double>(0, -0.5) * (here - there);
        power_[k] = std::norm(even + turn_[k] * odd);
    }
    return power_;
}

}  // namespace skerry::parameters
