#include "common/datasets/csv_source.hpp"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/datasets/data_files.hpp"

namespace skerry::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

parameters::ModelSpec table(std::size_t features) {
    parameters::ModelSpec spec;
    spec.name = "prices";
    spec.input.shape = {features};
    spec.classes = {"down", "up"};
    return spec;
}

std::vector<float> floats_of(const Sample& sample) {
    std::vector<float> values(sample.input.size() / sizeof(float));
    std::memcpy(values.data(), sample.input.data(), sample.input.size());
    return values;
}

class CsvSourceTest : public ::testing::Test {
protected:
    Result<std::vector<Sample>> read(const std::string& text, const parameters::ModelSpec& spec = table(2)) const {
        return testing::samples_of(folder_.write("data.csv", text).string(), spec);
    }
    std::string complaint(const std::string& text) const {
        const auto samples = read(text);
        return samples ? "" : samples.error().message;
    }

    testing::DataFolder folder_;
};

TEST_F(CsvSourceTest, TakesTheTargetColumnWhereverItStands) {
    const auto samples = read("a,target,b\n1,up,2.5\n-3e2,0,4\n");
    ASSERT_TRUE(samples) << samples.error().message;
    ASSERT_EQ(samples->size(), 2U);
    EXPECT_THAT(floats_of((*samples)[0]), ElementsAre(1.0F, 2.5F));
    EXPECT_EQ((*samples)[0].label, 1U);
    EXPECT_THAT(floats_of((*samples)[1]), ElementsAre(-300.0F, 4.0F));
    EXPECT_EQ((*samples)[1].label, 0U);
}

TEST_F(CsvSourceTest, ReadsQuotesCarriageReturnsAByteOrderMarkAndAnUnfinishedLastLine) {
    parameters::ModelSpec spec = table(2);
    spec.classes = {"a, \"b\"", "1", "0"};
    const auto samples = read("\xEF\xBB\xBF\"a\", target ,b\r\n1,\"a, \"\"b\"\"\", 2\r\n\r\n3,0,4", spec);
    ASSERT_TRUE(samples) << samples.error().message;
    ASSERT_EQ(samples->size(), 2U);
    EXPECT_EQ((*samples)[0].label, 0U);
    EXPECT_EQ((*samples)[1].label, 2U) << "a class name wins over an index";
}

TEST_F(CsvSourceTest, TakesNoIndexWhereClassesAreNamedByNumbers) {
    parameters::ModelSpec spec = table(1);
    spec.classes = {"1", "2", "3"};
    EXPECT_EQ((*read("a,target\n+1.5,3\n", spec))[0].label, 2U);
    const auto refused = read("a,target\n1,0\n", spec);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("target '0' is no class name"));
}

TEST_F(CsvSourceTest, NamesTheLineOfEachFault) {
    const std::string good = "a,b,target\n1,2,0\n";
    const std::vector<std::pair<std::string, std::string>> faults = {
        {"1,2\n", ":3: there are 2 columns, the header has 3"},
        {"1,2,0,4\n", ":3: there are 4 columns"},
        {"1,,0\n", ":3: column 2 is missing"},
        {"1,x,0\n", ":3: column 2 is no number: 'x'"},
        {"nan,1,0\n", ":3: column 1 must be finite"},
        {"1,inf,0\n", ":3: column 2 must be finite"},
        {"1e39,1,0\n", ":3: column 1 must be finite"},
        {"1e999,1,0\n", ":3: column 1 is no number"},
        {"1,2,2\n", ":3: target '2' is neither"},
        {"1,2,\n", ":3: target '' is neither"},
        {"1,2,-1\n", ":3: target '-1' is neither"},
        {"\n\"1,2,0\n", ":4: a quote does not end"},
        {std::string(10'000, '1') + "\n", ":3: the line is too long, the limit is 4288 bytes"},
        {std::string(1, '\0') + ",1,0\n", ":3: column 1 is no number"},
    };
    for (const auto& [line, expected] : faults)
        EXPECT_THAT(complaint(good + line), HasSubstr("data.csv" + expected));
}

TEST_F(CsvSourceTest, RefusesHeadersThatDoNotFitTheModel) {
    EXPECT_THAT(complaint(""), HasSubstr(":1: the file is empty"));
    EXPECT_THAT(complaint("a,b,c\n"), HasSubstr(":1: no column is named 'target'"));
    EXPECT_THAT(complaint("a,target\n"), HasSubstr(":1: there are 1 features, the model's input has 2"));
}

TEST_F(CsvSourceTest, RefusesWhatABytePixelCannotHold) {
    parameters::ModelSpec spec = table(2);
    spec.input.dtype = parameters::DataType::UInt8;
    ASSERT_TRUE(read("a,b,target\n0,255,0\n", spec));
    for (const char* value : {"256", "-1", "0.5"}) {
        EXPECT_FALSE(read(std::string("a,b,target\n0,") + value + ",0\n", spec)) << value;
    }
}

TEST_F(CsvSourceTest, TakesTrainAndTestFilesFromAFolder) {
    folder_.write("train.csv", "a,b,target\n1,2,0\n");
    folder_.write("test.csv", "a,b,target\n1,2,0\n1,2,1\n");
    EXPECT_EQ(testing::samples_of(folder_.path().string(), table(2))->size(), 1U);
    EXPECT_EQ(testing::samples_of(folder_.path().string(), table(2), SourceOptions{Split::Test})->size(), 2U);
}

TEST_F(CsvSourceTest, SaysWhenThereIsNoFile) {
    const auto missing = open_source((folder_.path() / "none.csv").string(), table(2));
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
}

TEST(RealData, Elec2KeepsItsTimeOrder) {
    const auto elec = testing::real_data("elec2/elec.csv");
    if (!elec) GTEST_SKIP() << "Elec2 is not beside the repository: set SKERRY_TEST_DATA";
    const auto samples = testing::samples_of(*elec, table(6));
    ASSERT_TRUE(samples) << samples.error().message;
    ASSERT_EQ(samples->size(), 45'312U);
    EXPECT_THAT(floats_of((*samples)[0]), ElementsAre(0.0F, 0.05644300F, 0.439155F, 0.003467F, 0.422915F, 0.414912F));
    std::size_t ups = 0;
    for (const Sample& sample : *samples)
        ups += sample.label;
    EXPECT_EQ(ups, 19'237U);
}

}  // namespace
}  // namespace skerry::datasets
