#pragma once

#include <span>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/random.hpp"
#include "common/parameters/model_spec.hpp"
#include "feedback/counterexamples/audio_variation.hpp"
#include "feedback/counterexamples/text_variation.hpp"
#include "feedback/counterexamples/variation.hpp"

namespace skerry::feedback {

struct SampleLimits {
    VariationLimits values;  ///< images and tables
    TextLimits text;
    AudioLimits audio;
};

/// A sample near a stored one, drawn, as scaled values: texts and recordings vary before their front end, spectrograms
/// also behind it. `deviations`: of each channel or feature; only images and tables are asked for theirs.
/// InvalidInput: as parameters::scaled_values. Deterministic for its random numbers.
[[nodiscard]] Result<std::vector<float>> varied_sample(const parameters::ModelSpec& spec, ByteView sample,
                                                       std::span<const float> deviations, const SampleLimits& limits,
                                                       Random& random);

}  // namespace skerry::feedback
