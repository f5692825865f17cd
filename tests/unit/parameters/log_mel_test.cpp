#include "common/parameters/front_ends/log_mel.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/random.hpp"
#include "common/parameters/front_ends/fourier.hpp"
#include "common/parameters/normaliser.hpp"
#include "tests/unit/parameters/specs.hpp"

namespace skerry::parameters {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kTurn = 2 * std::numbers::pi;

TEST(PowerSpectrum, IsThatOfTheDefinition) {
    Random random(1);
    for (const std::size_t size : {4U, 8U, 64U, 256U}) {
        std::vector<double> signal(size);
        for (double& value : signal)
            value = random.uniform(-1, 1);
        PowerSpectrum spectrum(size);
        const auto found = spectrum.of(signal);
        ASSERT_EQ(found.size(), size / 2 + 1);
        for (std::size_t k = 0; k <= size / 2; ++k) {
            std::complex<double> sum;
            for (std::size_t n = 0; n < size; ++n)
                sum += std::polar(signal[n], -kTurn * static_cast<double>(k * n) / static_cast<double>(size));
            ASSERT_NEAR(found[k], std::norm(sum), 1e-9) << k << " of " << size;
        }
    }
}

std::vector<std::int16_t> tone(const LogMel& front_end, double hertz, double loudness, std::size_t first,
                               std::size_t count) {
    std::vector<std::int16_t> recording(front_end.samples);
    for (std::size_t i = first; i < first + count; ++i) {
        const double angle = kTurn * hertz * static_cast<double>(i) / static_cast<double>(front_end.rate);
        recording[i] = static_cast<std::int16_t>(std::round(loudness * std::sin(angle)));
    }
    return recording;
}

std::size_t loudest_band(const LogMel& front_end, const std::vector<float>& image, std::size_t frame) {
    std::size_t best = 0;
    for (std::size_t b = 0; b < front_end.bands; ++b)
        best = image[b * front_end.frames + frame] > image[best * front_end.frames + frame] ? b : best;
    return best;
}

TEST(LogMel, ShowsAToneInTheBandOfItsPitchAndTheFramesOfItsTime) {
    const LogMel front_end;
    const auto image = log_mel(front_end, tone(front_end, 1000, 8000, 4000, 2000));
    // 1000 Hz is 1000 mel; 41 steps reach 2146 mel: band b has its middle at 52.3·(b + 1).
    EXPECT_EQ(loudest_band(front_end, image, 20), 18U);
    EXPECT_GT(image[18 * front_end.frames + 20], 0.9F);
    EXPECT_EQ(image[18 * front_end.frames + 5], 0.0F);   // a second before it
    EXPECT_LT(image[35 * front_end.frames + 20], 0.5F);  // far above it
}

TEST(LogMel, DoesNotMindHowLoudARecordingIs) {
    const LogMel front_end;
    const auto loud = log_mel(front_end, tone(front_end, 700, 20000, 1000, 6000));
    const auto quiet = log_mel(front_end, tone(front_end, 700, 2000, 1000, 6000));
    const std::size_t place = loudest_band(front_end, loud, 16) * front_end.frames + 16;
    EXPECT_NEAR(loud[place], quiet[place], 0.01);
    EXPECT_EQ(loudest_band(front_end, loud, 16), loudest_band(front_end, quiet, 16));
}

TEST(LogMel, StaysBetweenZeroAndOneWhateverComes) {
    const LogMel front_end{.rate = 8000, .samples = 1024, .bands = 16, .frames = 16};
    EXPECT_THAT(log_mel(front_end, std::vector<std::int16_t>(1024)), Each(0.0F));
    Random random(5);
    for (int round = 0; round < 20; ++round) {
        std::vector<std::int16_t> noise(1024);
        for (auto& value : noise)
            value = round == 0 ? std::int16_t{-32768} : static_cast<std::int16_t>(random.next());
        const auto image = log_mel(front_end, noise);
        ASSERT_TRUE(std::all_of(image.begin(), image.end(), [](float x) { return x >= 0 && x <= 1; }));
    }
}

Bytes pcm(const std::vector<std::int16_t>& values) {
    return copy_of(std::as_bytes(std::span(values)));
}

TEST(LogMel, StoresTheMiddleOfALongRecordingAndPadsAShortOne) {
    LogMel front_end;
    front_end.samples = 4;
    EXPECT_THAT(recording_in(stored_recording(front_end, pcm({1, 2, 3, 4, 5, 6}))), ElementsAre(2, 3, 4, 5));
    EXPECT_THAT(recording_in(stored_recording(front_end, pcm({1, 2}))), ElementsAre(0, 1, 2, 0));
    EXPECT_THAT(recording_in(stored_recording(front_end, pcm({1, 2, 3, 4}))), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(recording_in(stored_recording(front_end, {})), ElementsAre(0, 0, 0, 0));
}

const std::string kSpokenDigits = R"(name = "spoken"
modality = "audio"

[input]
front_end = "log-mel-1"
rate = 8000
samples = 4096
bands = 24
frames = 16

[classes]
names = ["no", "yes"]

[[stages]]
tier = "light"
layers = [{ conv = 8, kernel = 3, stride = 2 }]

[[stages]]
tier = "medium"
layers = [{ conv = 8, kernel = 3, stride = 1 }]

[[stages]]
tier = "heavy"
layers = [{ dense = 8 }]
)";

TEST(AudioModel, IsDeclaredByTheNumbersOfItsFrontEnd) {
    const auto spec = parse_model(kSpokenDigits);
    ASSERT_TRUE(spec) << spec.error().message;
    EXPECT_EQ(canonical_text(*spec), kSpokenDigits);
    EXPECT_EQ(spec->input.sample_bytes(), 8192U);
    EXPECT_THAT(spec->input.shape, ElementsAre(1, 24, 16));
    const auto values = scaled_values(spec->input, Bytes(8192));
    ASSERT_TRUE(values);
    EXPECT_EQ(values->size(), 24U * 16U);
    EXPECT_FALSE(scaled_values(spec->input, Bytes(8191)));
}

TEST(AudioModel, RefusesNumbersThatMakeNoSpectrogram) {
    const auto refusal = [](const std::string& from, const std::string& to) {
        std::string text = kSpokenDigits;
        const auto spec = parse_model(text.replace(text.find(from), from.size(), to));
        return spec ? "" : spec.error().message;
    };
    EXPECT_THAT(refusal("log-mel-1", "hashed-text-1"), HasSubstr("'input.front_end' must be \"log-mel-1\""));
    EXPECT_THAT(refusal("rate = 8000\n", ""), HasSubstr("rate"));
    EXPECT_THAT(refusal("rate = 8000", "rate = 10"), HasSubstr("input.rate of audio must be 1000 to 192000"));
    EXPECT_THAT(refusal("samples = 4096", "samples = 262144"),
                HasSubstr("input.samples / input.frames must be 8 to 2048"));
    EXPECT_THAT(refusal("frames = 16", "frames = 1024"), HasSubstr("it is 4"));
    EXPECT_THAT(refusal("bands = 24", "bands = 2"), HasSubstr("bands"));
}

}  // namespace
}  // namespace skerry::parameters
