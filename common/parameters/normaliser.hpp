#pragma once

#include <span>
#include <vector>

#include "common/parameters/layout.hpp"

namespace skerry::parameters {

/// One stored sample (dtype of the spec, row-major) → scaled float32 values, shape of the input: through the front end,
/// where there is one. InvalidInput: the byte count does not fit, a value is not finite, a text is not UTF-8.
[[nodiscard]] Result<std::vector<float>> scaled_values(const InputSpec& input, ByteView sample);

/// What normalises a scaled input: y = (x − shift[c])·gain[c], for channel or feature c. Derived once per snapshot.
struct Normaliser {
    std::vector<float> shift;
    std::vector<float> gain;  ///< 1/√(max(E[x²] − E[x]², 0) + kVarianceFloor + kRoundingFloor·E[x²])
};
inline constexpr float kVarianceFloor = 1e-4F;
/// Two moments in float32 differ by this share of E[x²] through their roundings alone: that is no variance.
inline constexpr float kRoundingFloor = 1e-6F;

[[nodiscard]] Normaliser normaliser_of(const ParameterLayout& layout, std::span<const float> parameters);

/// Normalises scaled rows in place. `rows`: shape [count, input.values()], channel-major for images.
void normalise(const Normaliser& normaliser, const InputSpec& input, std::span<float> rows);

/// The first and second moments of each channel over scaled rows: shape [2·channels], as they lie in the vector.
[[nodiscard]] std::vector<float> moments_of(const InputSpec& input, std::span<const float> rows);

}  // namespace skerry::parameters
