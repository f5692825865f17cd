#pragma once

#include <span>
#include <vector>

#include "common/base/random.hpp"
#include "common/parameters/model_spec.hpp"

namespace skerry::feedback {

/// One way in which a sample may vary and still be what it is.
struct VariationLimits {
    double shift = 2;      ///< images: pixels, either way
    double turn = 0.17;    ///< images: radians, either way; 0.17 is 10 degrees
    double noise = 0.1;    ///< images: deviations of the channel
    double jitter = 0.05;  ///< tabular: deviations of each feature
};

/// A sample near `row`, drawn: an image is turned and shifted together, or gets noise; a row of a table gets noise.
/// Pixels that come from outside are those of the border. Nothing is mirrored: digits and letters would be others.
/// `row`: scaled, in the input's own order. `deviations`: of each channel or feature, shape [input.channels()].
/// Deterministic for its random numbers.
[[nodiscard]] std::vector<float> varied(const parameters::ModelSpec& spec, std::span<const float> row,
                                        std::span<const float> deviations, const VariationLimits& limits,
                                        Random& random);

}  // namespace skerry::feedback
