#include "common/datasets/idx_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/unit/datasets/data_files.hpp"

namespace skerry::datasets {
namespace {

using testing::DataFolder;
using ::testing::HasSubstr;
using testing::images;
using testing::samples_of;

std::string big_endian(std::uint32_t value) {
    std::string bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U})
        bytes += static_cast<char>(value >> shift & 0xFFU);
    return bytes;
}

std::string images_file(std::uint32_t count, std::uint32_t height, std::uint32_t width, const std::string& pixels) {
    return big_endian(0x803) + big_endian(count) + big_endian(height) + big_endian(width) + pixels;
}

std::string labels_file(std::uint32_t count, const std::string& labels) {
    return big_endian(0x801) + big_endian(count) + labels;
}

class IdxSourceTest : public ::testing::Test {
protected:
    void write(const std::string& images_bytes, const std::string& labels_bytes) {
        folder_.write("train-images-idx3-ubyte", images_bytes);
        folder_.write("train-labels-idx1-ubyte", labels_bytes);
    }
    Result<std::vector<Sample>> read(const SourceOptions& options = {}) const {
        return samples_of(folder_.path().string(), images(2, 3), options);
    }
    std::string complaint() const {
        const auto samples = read();
        return samples ? "" : samples.error().message;
    }

    DataFolder folder_;
};

TEST_F(IdxSourceTest, GivesImagesWithTheirLabelsInOrder) {
    write(images_file(2, 2, 3, "abcdefABCDEF"), labels_file(2, std::string("\x07\x00", 2)));
    const auto samples = read();
    ASSERT_TRUE(samples) << samples.error().message;
    ASSERT_EQ(samples->size(), 2U);
    EXPECT_EQ(text_of((*samples)[0].input), "abcdef");
    EXPECT_EQ((*samples)[0].label, 7U);
    EXPECT_EQ(text_of((*samples)[1].input), "ABCDEF");
    EXPECT_EQ((*samples)[1].label, 0U);
}

TEST_F(IdxSourceTest, ReadsGzippedFiles) {
    const std::string bytes = images_file(1, 2, 3, "abcdef");
    const std::string path = (folder_.path() / "t10k-images-idx3-ubyte.gz").string();
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    folder_.write("t10k-labels-idx1-ubyte", labels_file(1, "\x03"));
    SourceOptions options;
    options.split = Split::Test;
    const auto samples = read(options);
    ASSERT_TRUE(samples) << samples.error().message;
    EXPECT_EQ(text_of(samples->at(0).input), "abcdef");

    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 9);
    EXPECT_FALSE(read(options));
}

TEST_F(IdxSourceTest, GivesTheModelsDataType) {
    write(images_file(1, 2, 3, "abcdef"), labels_file(1, "\x03"));
    parameters::ModelSpec spec = images(2, 3);
    spec.input.dtype = parameters::DataType::Float32;
    const auto samples = samples_of(folder_.path().string(), spec);
    ASSERT_TRUE(samples);
    float first = 0;
    std::memcpy(&first, samples->at(0).input.data(), sizeof first);
    EXPECT_EQ(first, 97.0F);
    EXPECT_EQ(samples->at(0).input.size(), 24U);
}

TEST_F(IdxSourceTest, RefusesHeadersThatDoNotFitTheModelOrEachOther) {
    write(images_file(1, 3, 3, "abcdefghi"), labels_file(1, "\x03"));
    EXPECT_THAT(complaint(), HasSubstr("images of 3x3, which is not the shape of the model's input"));
    write(images_file(1, 0xFFFFFFFF, 0xFFFFFFFF, ""), labels_file(1, "\x03"));
    EXPECT_THAT(complaint(), HasSubstr("images of 4294967295x4294967295"));
    write(images_file(2, 2, 3, "abcdefABCDEF"), labels_file(1, "\x03"));
    EXPECT_THAT(complaint(), HasSubstr("not equally many"));
    write(labels_file(1, "\x03"), labels_file(1, "\x03"));
    EXPECT_THAT(complaint(), HasSubstr("no idx file"));
    write(images_file(1, 2, 3, "abcdef"), labels_file(1, "\x0A"));
    EXPECT_THAT(complaint(), HasSubstr("sample 0 has label 10"));
}

TEST_F(IdxSourceTest, RefusesFilesThatEndTooEarly) {
    const std::string whole = images_file(2, 2, 3, "abcdefABCDEF");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        write(whole.substr(0, size), labels_file(2, "\x01\x02"));
        ASSERT_THAT(complaint(), HasSubstr("truncated or damaged")) << size;
    }
    write(images_file(0xFFFFFFFF, 2, 3, "abcdef"), labels_file(0xFFFFFFFF, "\x01"));
    EXPECT_THAT(complaint(), HasSubstr("truncated or damaged"));
}

TEST_F(IdxSourceTest, RefusesBytesAfterTheLastSample) {
    write(images_file(1, 2, 3, "abcdefABCDEF"), labels_file(1, "\x01"));
    EXPECT_THAT(complaint(), HasSubstr("does not end where its header says"));
}

TEST_F(IdxSourceTest, SaysWhatAFolderMustHold) {
    EXPECT_THAT(complaint(), HasSubstr("holds neither idx files"));
    folder_.write("train-images-idx3-ubyte", images_file(1, 2, 3, "abcdef"));
    EXPECT_THAT(complaint(), HasSubstr("no labels-idx1-ubyte"));
}

TEST(RealData, MnistHasItsSixtyThousandAndTenThousandDigits) {
    const auto mnist = testing::real_data("mnist");
    if (!mnist) GTEST_SKIP() << "MNIST is not beside the repository: set SKERRY_TEST_DATA";
    const auto test = samples_of(*mnist, images(28, 28), SourceOptions{Split::Test});
    ASSERT_TRUE(test) << test.error().message;
    EXPECT_EQ(test->size(), 10'000U);
    EXPECT_EQ((*test)[0].label, 7U);
    std::array<int, 10> counts{};
    for (const Sample& sample : *test)
        ++counts[sample.label];
    EXPECT_THAT(counts, ::testing::ElementsAre(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009));
    const auto train = samples_of(*mnist, images(28, 28));
    ASSERT_TRUE(train);
    EXPECT_EQ(train->size(), 60'000U);
    EXPECT_EQ((*train)[0].label, 5U);
}

}  // namespace
}  // namespace skerry::datasets
