#include "common/datasets/text_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/datasets/data_files.hpp"

namespace skerry::datasets {
namespace {

using ::testing::HasSubstr;

parameters::ModelSpec messages() {
    parameters::ModelSpec spec;
    spec.name = "messages";
    spec.modality = parameters::Modality::Text;
    spec.input = parameters::InputSpec::of(parameters::HashedText{.bytes = 64, .features = 256});
    spec.classes = {"ham", "spam"};
    return spec;
}

class TextSourceTest : public ::testing::Test {
protected:
    Result<std::vector<Sample>> read(const std::string& name, const std::string& bytes) const {
        return testing::samples_of(folder_.write(name, bytes).string(), messages());
    }
    std::string complaint(const std::string& name, const std::string& bytes) const {
        const auto samples = read(name, bytes);
        return samples ? "" : samples.error().message;
    }

    testing::DataFolder folder_;
};

TEST_F(TextSourceTest, ReadsALabelATabAndATextALine) {
    const auto samples = testing::values_of(read("messages", "ham\tsee you\tat \"five\"\r\n\nspam\tWIN £100\n1\tNow"));
    ASSERT_EQ(samples.size(), 3U);
    EXPECT_EQ(parameters::text_in(samples[0].input), "see you\tat \"five\"");
    EXPECT_EQ(samples[0].input.size(), 64U);
    EXPECT_EQ(parameters::text_in(samples[1].input), "WIN £100");
    EXPECT_EQ(samples[1].label, 1U);
    EXPECT_EQ(samples[2].label, 1U);
}

TEST_F(TextSourceTest, PassesOverAByteOrderMark) {
    EXPECT_EQ(testing::values_of(read("messages", "\xEF\xBB\xBFham\tx\n")).size(), 1U);
    EXPECT_EQ(testing::values_of(read("messages", "\xEF\xBB\xBFLabel\tSMS\nham\tx\n")).size(), 1U);
    EXPECT_EQ(testing::values_of(read("a.csv", "\xEF\xBB\xBF\"text\",target\nx,ham\n")).size(), 1U);
    EXPECT_EQ(testing::values_of(read("messages", "")).size(), 0U);
    EXPECT_THAT(complaint("messages", "x\n"), HasSubstr(":1: there is no tab")) << "a file shorter than the mark";
}

TEST_F(TextSourceTest, ReadsTheBeginningOfATextThatIsLongerThanARequestMayBe) {
    const std::string euro = "€";  // of three bytes, so that the cut falls within one
    std::string text;
    while (text.size() < 3 * parameters::kTextBytesMax)
        text += euro;
    const auto samples = testing::values_of(read("messages", "ham\t" + text + "\nspam\tx\n"));
    ASSERT_EQ(samples.size(), 2U);
    EXPECT_EQ(parameters::text_in(samples[0].input), text.substr(0, 63));
}

TEST_F(TextSourceTest, PassesOverALineThatNamesTheColumns) {
    EXPECT_EQ(testing::values_of(read("messages", "Label\tSMS\nham\tx\n")).size(), 1U);
    EXPECT_THAT(complaint("messages", "ham\tx\nLabel\tSMS\n"), HasSubstr(":2: target 'Label'"));
}

TEST_F(TextSourceTest, ReadsCsvWithLineBreaksInsideQuotes) {
    const auto samples = testing::values_of(
        read("a.csv", "\xEF\xBB\xBFid,text,category\r\n7,\"\nI \"\"pay\"\", twice\",ham\r\n8,hello,spam\r\n"));
    ASSERT_EQ(samples.size(), 2U);
    EXPECT_EQ(parameters::text_in(samples[0].input), "\nI \"pay\", twice");
    EXPECT_EQ(samples[1].label, 1U);
}

TEST_F(TextSourceTest, TakesTheFileOfTheSplitFromAFolder) {
    folder_.write("train.csv", "text,target\na,ham\nb,spam\n");
    folder_.write("test.csv", "target,text\nspam,c\n");
    SourceOptions options;
    EXPECT_EQ(testing::values_of(testing::samples_of(folder_.path().string(), messages(), options)).size(), 2U);
    options.split = Split::Test;
    const auto test = testing::values_of(testing::samples_of(folder_.path().string(), messages(), options));
    ASSERT_EQ(test.size(), 1U);
    EXPECT_EQ(parameters::text_in(test[0].input), "c");
}

TEST_F(TextSourceTest, RefusesWhatIsWrongWithItsLine) {
    EXPECT_THAT(complaint("t", "ham\tx\nham no tab\n"), HasSubstr("t:2: there is no tab"));
    EXPECT_THAT(complaint("t", "eggs\tx\n"), HasSubstr(":1: target 'eggs' is neither"));
    EXPECT_THAT(complaint("t", "ham\t\n"), HasSubstr(":1: the text is empty"));
    EXPECT_THAT(complaint("t", "ham\t\xFF\n"), HasSubstr(":1: the text is not UTF-8 at byte 0"));
    EXPECT_THAT(complaint("t", std::string(kRecordBytesMax + 1, 'x')),
                HasSubstr(":1: the line is too long, the limit is 262144 bytes"));
    EXPECT_THAT(complaint("t.csv", "text,target\n\"a\nb\",ham\nc,d,e\n"), HasSubstr("t.csv:4: there are 3 columns"));
    EXPECT_THAT(complaint("t.csv", "text,target\n\"abc,ham\n"), HasSubstr(":2: a quote does not end"));
    EXPECT_THAT(complaint("t.csv", "text,kind\na,b\n"), HasSubstr(":1: there must be a column 'text'"));
    EXPECT_THAT(complaint("t.csv", ""), HasSubstr("the file is empty"));
    const auto missing = testing::samples_of("/nowhere/messages", messages());
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
}

TEST_F(TextSourceTest, ReadsTheRealCollections) {
    const auto sms = testing::real_data("sms-spam/SMSSpamCollection");
    if (!sms) GTEST_SKIP() << "sms-spam is not in SKERRY_TEST_DATA or ../shared/data";
    const auto samples = testing::values_of(testing::samples_of(*sms, messages()));
    EXPECT_EQ(samples.size(), 5574U);
    EXPECT_EQ(std::count_if(samples.begin(), samples.end(), [](const Sample& sample) { return sample.label == 1; }),
              747);
}

}  // namespace
}  // namespace skerry::datasets
