#include "feedback/counterexamples/sample_variation.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/parameters/normaliser.hpp"

namespace skerry::feedback {
namespace {

parameters::ModelSpec text_model() {
    parameters::ModelSpec spec;
    spec.modality = parameters::Modality::Text;
    spec.input = parameters::InputSpec::of(parameters::HashedText{.bytes = 64, .features = 256});
    return spec;
}

parameters::ModelSpec audio_model() {
    parameters::ModelSpec spec;
    spec.modality = parameters::Modality::Audio;
    spec.input = parameters::InputSpec::of(parameters::LogMel{.samples = 2048, .bands = 16, .frames = 16});
    return spec;
}

std::multiset<std::string> words_of(const std::string& text) {
    std::multiset<std::string> words;
    for (std::size_t first = 0; first < text.size();) {
        const std::size_t end = std::min(text.find(' ', first), text.size());
        words.insert(text.substr(first, end - first));
        first = end + 1;
    }
    return words;
}

TEST(TextVariation, KeepsOnlyWordsThatWereThereAndAtLeastOne) {
    const std::string text = "  win a  prize\tnow ";
    const auto given = words_of("win a prize now");
    Random random(1);
    std::set<std::string> made;
    for (int i = 0; i < 300; ++i) {
        const std::string varied = varied_text(text, {.drop = 0.9, .swap = 0.3}, random);
        const auto words = words_of(varied);
        ASSERT_TRUE(std::includes(given.begin(), given.end(), words.begin(), words.end())) << varied;
        made.insert(varied);
    }
    EXPECT_FALSE(made.contains(""));
    EXPECT_GT(made.size(), 6U);
    EXPECT_EQ(varied_text(text, {.drop = 0, .swap = 0}, random), "win a prize now");
    EXPECT_EQ(varied_text("  ", {}, random), "");
}

TEST(TextVariation, ChangesAboutAsManyWordsAsItMay) {
    std::string text;
    for (int i = 0; i < 1000; ++i)
        text += "w ";
    Random random(2);
    const auto left = static_cast<double>(words_of(varied_text(text, {.drop = 0.2, .swap = 0}, random)).size());
    EXPECT_NEAR(left, 800, 50);
}

std::vector<std::int16_t> click(std::size_t at) {
    std::vector<std::int16_t> recording(2048);
    recording[at] = 10000;
    return recording;
}

TEST(AudioVariation, MovesARecordingByNoMoreThanItMay) {
    const parameters::LogMel front_end{.samples = 2048, .bands = 16, .frames = 16};
    Random random(3);
    std::set<std::ptrdiff_t> places;
    for (int i = 0; i < 200; ++i) {
        const auto made = varied_recording(front_end, click(1000), {.shift = 0.01, .noise = 0}, random);
        places.insert(std::max_element(made.begin(), made.end()) - made.begin());
    }
    EXPECT_GE(*places.begin(), 920);
    EXPECT_LE(*places.rbegin(), 1080);
    EXPECT_GT(places.size(), 50U);
}

TEST(AudioVariation, AddsNoiseInProportionToTheRecording) {
    const parameters::LogMel front_end{.samples = 2048, .bands = 16, .frames = 16};
    Random random(4);
    std::vector<std::int16_t> loud(2048);
    for (std::size_t i = 0; i < loud.size(); ++i)
        loud[i] = i % 2 == 0 ? std::int16_t{32767} : std::int16_t{-32768};
    double most = 0;
    for (int i = 0; i < 20; ++i) {
        const auto made = varied_recording(front_end, loud, {.shift = 0, .noise = 0.01}, random);
        for (std::size_t k = 0; k < made.size(); ++k)
            most = std::max(most, std::abs(static_cast<double>(made[k]) - loud[k]));
    }
    EXPECT_GT(most, 100);
    EXPECT_LT(most, 0.01 * 32768 * 3.5);
    const std::vector<std::int16_t> silence(2048);
    EXPECT_EQ(varied_recording(front_end, silence, {}, random), silence);
}

TEST(AudioVariation, CoversNoMoreBandsAndFramesThanItMay) {
    const parameters::LogMel front_end{.samples = 2048, .bands = 20, .frames = 40};
    Random random(5);
    std::size_t most = 0;
    for (int i = 0; i < 100; ++i) {
        std::vector<float> image(800);
        for (std::size_t k = 0; k < image.size(); ++k)
            image[k] = static_cast<float>(k % 7);
        const auto given = image;
        mask_spectrogram(front_end, image, {.mask = 0.25}, random);
        std::size_t changed = 0;
        for (std::size_t k = 0; k < image.size(); ++k)
            changed += image[k] != given[k] ? 1 : 0;
        most = std::max(most, changed);
    }
    EXPECT_GT(most, 200U);
    EXPECT_LE(most, 5U * 40U + 10U * 20U - 50U);
}

TEST(SampleVariation, IsTheSameForTheSameSeedAndNearTheSample) {
    const std::vector<std::int16_t> sound = click(900);
    for (const auto& spec : {text_model(), audio_model()}) {
        const Bytes sample = spec.input.text() != nullptr
                                 ? *parameters::stored_text(*spec.input.text(), "one two three four five six seven")
                                 : parameters::stored_recording(*spec.input.audio(), std::as_bytes(std::span(sound)));
        Random first(7), second(7);
        const auto row = parameters::scaled_values(spec.input, sample);
        bool differs = false;
        for (int i = 0; i < 20; ++i) {
            const auto made = varied_sample(spec, sample, {}, {}, first);
            ASSERT_TRUE(made);
            ASSERT_EQ(*made, *varied_sample(spec, sample, {}, {}, second));
            ASSERT_EQ(made->size(), row->size());
            differs = differs || *made != *row;
        }
        EXPECT_TRUE(differs);
        EXPECT_FALSE(varied_sample(spec, Bytes(3), {}, {}, first));
    }
}

}  // namespace
}  // namespace skerry::feedback
