#include "common/datasets/recordings_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/datasets/speaker_split.hpp"
#include "common/datasets/wav_file.hpp"
#include "tests/unit/datasets/data_files.hpp"

namespace skerry::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct WavForm {
    std::uint16_t form = 1, channels = 1, bits = 16;
    std::uint32_t rate = 8000;
    std::uint32_t data_bytes = 0;  ///< as the chunk says; 0: as it is
    std::string before_data{};
};

std::string wav(const std::vector<std::int16_t>& samples, const WavForm& form = {}) {
    ByteWriter data;
    for (const std::int16_t sample : samples)
        data.put(sample);
    ByteWriter file;
    file.put(bytes_of("RIFF")).put(std::uint32_t{0}).put(bytes_of("WAVE")).put(bytes_of("fmt ")).put(std::uint32_t{16});
    file.put(form.form)
        .put(form.channels)
        .put(form.rate)
        .put(std::uint32_t{16000})
        .put(std::uint16_t{2})
        .put(form.bits);
    file.put(bytes_of(form.before_data)).put(bytes_of("data"));
    file.put(form.data_bytes != 0 ? form.data_bytes : static_cast<std::uint32_t>(data.bytes().size()));
    file.put(data.bytes());
    return std::string(text_of(file.bytes()));
}

parameters::ModelSpec digits() {
    parameters::ModelSpec spec = testing::images(28, 28);
    spec.modality = parameters::Modality::Audio;
    spec.input = parameters::InputSpec::of(parameters::LogMel{.samples = 256, .bands = 8, .frames = 8});
    return spec;
}

class RecordingsSourceTest : public ::testing::Test {
protected:
    std::string complaint(const std::string& bytes) const {
        const auto read = read_wav(folder_.write("0_anna_7.wav", bytes), 8000);
        return read ? "" : read.error().message;
    }
    std::vector<std::uint32_t> labels_in(const std::string& query, Split split = Split::Train) const {
        SourceOptions options;
        options.split = split;
        std::vector<std::uint32_t> labels;
        for (const Sample& sample :
             testing::values_of(testing::samples_of(folder_.path().string() + query, digits(), options)))
            labels.push_back(sample.label);
        return labels;
    }

    testing::DataFolder folder_;
};

TEST_F(RecordingsSourceTest, ReadsTheSamplesOfAWavFile) {
    const auto read = read_wav(folder_.write("a.wav", wav({1, -2, 300})), 8000);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_THAT(parameters::recording_in(*read), ElementsAre(1, -2, 300));
}

TEST_F(RecordingsSourceTest, PassesOverOtherChunks) {
    using namespace std::string_literals;
    const std::string list = "LIST\3\0\0\0abc\0"s;  // an odd size is padded
    EXPECT_EQ(complaint(wav({5}, {.before_data = list})), "");
}

TEST_F(RecordingsSourceTest, RefusesOtherFormsAndSaysWhatToDo) {
    EXPECT_THAT(complaint("RIFX"), HasSubstr("it is no WAV file"));
    EXPECT_THAT(complaint(wav({1}, {.bits = 8})), HasSubstr("not PCM of 16 bits"));
    EXPECT_THAT(complaint(wav({1}, {.form = 3})), HasSubstr("not PCM of 16 bits"));
    EXPECT_THAT(complaint(wav({1}, {.channels = 2})), HasSubstr("2 channels: mix them"));
    EXPECT_THAT(complaint(wav({1}, {.rate = 44100})), HasSubstr("44100 samples a second, the model wants 8000"));
    EXPECT_THAT(complaint(wav({})), HasSubstr("holds no sample"));
    EXPECT_THAT(complaint(wav({1}).substr(0, 36)), HasSubstr("no data chunk"));
}

TEST_F(RecordingsSourceTest, BelievesNoSizeThatGoesBeyondTheFile) {
    EXPECT_THAT(complaint(wav({1}, {.data_bytes = 0xFFFFFFFE})), HasSubstr("goes beyond its end"));
    EXPECT_EQ(complaint(wav({1}, {.data_bytes = 0xFFFFFFFF})), "") << "a streamed file does not know its end";
    const std::string whole = wav({1, 2, 3});
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_NE(complaint(whole.substr(0, size)), "") << size;
}

TEST_F(RecordingsSourceTest, KnowsLabelSpeakerAndSplitByTheName) {
    for (const char* name : {"3_anna_5", "1_anna_10", "2_bert_5", "7_anna_4", "4_cleo_6"})
        folder_.write(std::string(name) + ".wav", wav({1}));
    folder_.write("README.md", "no recording");
    EXPECT_THAT(labels_in(""), ElementsAre(2, 3, 4, 1));  // by index, then name
    EXPECT_THAT(labels_in("", Split::Test), ElementsAre(7));
    EXPECT_THAT(labels_in("?speaker=bert,cleo"), ElementsAre(2, 4));
    EXPECT_THAT(labels_in("?without=anna&speaker=anna,cleo"), ElementsAre(4));
}

TEST_F(RecordingsSourceTest, KnowsTheLabelByTheFolder) {
    std::filesystem::create_directory(folder_.path() / "8");
    std::filesystem::create_directory(folder_.path() / "recordings");
    folder_.write("8/0a7c_nohash_0.wav", wav({1}));
    folder_.write("recordings/9_anna_9.wav", wav({1}));
    EXPECT_THAT(labels_in(""), ElementsAre(8, 9));
}

TEST_F(RecordingsSourceTest, TakesNoFolderForAClassWhoseNameBeginsWithALine) {
    std::filesystem::create_directory(folder_.path() / "_background_noise_");
    std::filesystem::create_directory(folder_.path() / "8");
    folder_.write("_background_noise_/pink_noise.wav", wav({1}));
    folder_.write("8/0a7c_nohash_0.wav", wav({1}));
    EXPECT_THAT(labels_in(""), ElementsAre(8));
}

TEST_F(RecordingsSourceTest, LetsClassesOfUnequalSizeTakeTurns) {
    for (const char* label : {"3", "4"})
        std::filesystem::create_directory(folder_.path() / label);
    for (const char* name :
         {"3/a_nohash_0", "3/e_nohash_0", "3/e_nohash_1", "3/f_nohash_0", "4/a_nohash_0", "4/e_nohash_0"})
        folder_.write(std::string(name) + ".wav", wav({1}));
    EXPECT_THAT(labels_in(""), ElementsAre(3, 4, 3, 3, 4, 3));
}

TEST_F(RecordingsSourceTest, PartsSpeakersWhereNamesCarryNoIndex) {
    for (const char* label : {"3", "4"}) {
        std::filesystem::create_directory(folder_.path() / label);
        for (const char* name : {"0c40e715_nohash_0", "0c40e715_nohash_1", "0132a06d_nohash_0"})
            folder_.write(std::string(label) + "/" + name + ".wav", wav({1}));
    }
    EXPECT_THAT(labels_in(""), ElementsAre(3, 4));
    EXPECT_THAT(labels_in("", Split::Test), ElementsAre(3, 4, 3, 4));
}

// Of Python's hashlib and the formula in the data set's readme.
TEST(SpeakerSplit, IsThatOfSpeechCommands) {
    std::size_t tested = 0;
    for (int speaker = 0; speaker < 1000; ++speaker) {
        std::string name = "00000000";
        for (auto [left, digit] = std::pair(speaker, 7U); left > 0; left /= 16, --digit)
            name[digit] = "0123456789abcdef"[left % 16];
        tested += is_for_tests(name + "_nohash_3") ? 1 : 0;
    }
    EXPECT_EQ(tested, 113U);
    std::vector<std::size_t> lengths;
    for (std::size_t length = 50; length < 100; ++length)
        if (is_for_tests(std::string(length, 'x'))) lengths.push_back(length);
    EXPECT_THAT(lengths, ElementsAre(60, 68, 70, 74, 79, 84, 85, 91, 95, 98));
}

TEST_F(RecordingsSourceTest, RefusesAnUnknownSelectionLabelOrFolder) {
    const auto refusal = [this](const std::string& query) {
        const auto source = open_source(folder_.path().string() + query, digits());
        return source ? "" : source.error().message;
    };
    EXPECT_THAT(refusal(""), HasSubstr("there is no such WAV file"));
    EXPECT_THAT(refusal("/nowhere"), HasSubstr("there is no folder"));
    folder_.write("eggs_anna_7.wav", wav({1}));
    EXPECT_THAT(refusal(""), HasSubstr("eggs_anna_7.wav: target 'eggs' is no class name"));
    EXPECT_THAT(refusal("?voice=anna"), HasSubstr("speaker=… and without=…, not by 'voice'"));
}

TEST_F(RecordingsSourceTest, SaysThatAllRecordingsAreOfTheOtherSplit) {
    const auto refusal = [this](const std::string& query, Split split) {
        SourceOptions options;
        options.split = split;
        const auto source = open_source(folder_.path().string() + query, digits(), options);
        return source ? "" : source.error().message;
    };
    for (const char* name : {"3_anna_0", "1_anna_4", "2_bert_5"})
        folder_.write(std::string(name) + ".wav", wav({1}));
    EXPECT_THAT(refusal("?speaker=anna", Split::Train),
                HasSubstr("no such WAV file is of the train split, and 2 are of the test split"));
    EXPECT_THAT(refusal("?speaker=bert", Split::Test),
                HasSubstr("no such WAV file is of the test split, and 1 is of the train split"));
    EXPECT_THAT(refusal("?speaker=cleo", Split::Test), HasSubstr("there is no such WAV file"));
    EXPECT_EQ(refusal("", Split::Train), "");
}

TEST_F(RecordingsSourceTest, ReadsTheRealDigits) {
    const auto fsdd = testing::real_data("fsdd");
    if (!fsdd) GTEST_SKIP() << "fsdd is not in SKERRY_TEST_DATA or ../shared/data";
    SourceOptions options;
    options.split = Split::Test;
    EXPECT_EQ(testing::values_of(testing::samples_of(*fsdd, digits(), options)).size(), 300U);
    EXPECT_EQ(testing::values_of(testing::samples_of(*fsdd + "?speaker=theo", digits())).size(), 450U);
}

}  // namespace
}  // namespace skerry::datasets
