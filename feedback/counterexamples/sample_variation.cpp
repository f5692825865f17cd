#include "feedback/counterexamples/sample_variation.hpp"

#include "common/parameters/normaliser.hpp"

namespace skerry::feedback {

Result<std::vector<float>> varied_sample(const parameters::ModelSpec& spec, ByteView sample,
                                         std::span<const float> deviations, const SampleLimits& limits,
                                         Random& random) {
    const parameters::InputSpec& input = spec.input;
    if (sample.size() == input.sample_bytes() && input.text() != nullptr) {
        Bytes made = copy_of(bytes_of(varied_text(parameters::text_in(sample), limits.text, random)));
        made.resize(sample.size());
        return parameters::scaled_values(input, made);
    }
    if (sample.size() == input.sample_bytes() && input.audio() != nullptr) {
        const auto recording = parameters::recording_in(sample);
        auto image = log_mel(*input.audio(), varied_recording(*input.audio(), recording, limits.audio, random));
        mask_spectrogram(*input.audio(), image, limits.audio, random);
        return image;
    }
    const std::vector<float> row = SKERRY_TRY(parameters::scaled_values(input, sample));
    return varied(spec, row, deviations, limits.values, random);
}

}  // namespace skerry::feedback
