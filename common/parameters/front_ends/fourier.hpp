#pragma once

#include <complex>
#include <span>
#include <vector>

namespace skerry::parameters {

/// |DFT|² of real signals of one length: radix 2, decimation in time, on half as many complex numbers as the signal has
/// values. The angles are computed once: a table of size/2 complex numbers.
/// Cooley and Tukey 1965; Press et al., "Numerical Recipes", 12.3, for the real transform.
class PowerSpectrum {
public:
    /// `size`: of a signal; a power of two, at least 4.
    explicit PowerSpectrum(std::size_t size);

    /// |X[k]|² for k = 0 … size/2, with X[k] = Σ x[n]·exp(−2πi·kn/size); valid until the next call.
    [[nodiscard]] std::span<const double> of(std::span<const double> signal);

private:
    void transform();

    std::vector<std::complex<double>> turn_;    ///< exp(−2πi·k/size), k below size/2
    std::vector<std::complex<double>> values_;  ///< size/2
    std::vector<double> power_;                 ///< size/2 + 1
};

}  // namespace skerry::parameters
