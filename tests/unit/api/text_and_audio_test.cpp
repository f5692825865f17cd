#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge-node/api/infer_request.hpp"
#include "edge-node/api/model_document.hpp"
#include "tests/unit/api/requests.hpp"

namespace skerry::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::tensor;

constexpr std::size_t kBatchMax = 3;

parameters::ModelSpec messages() {
    parameters::ModelSpec spec = parameters::testing::table();
    spec.modality = parameters::Modality::Text;
    spec.input = parameters::InputSpec::of(parameters::HashedText{.bytes = 16, .features = 64});
    return spec;
}

parameters::ModelSpec sounds() {
    parameters::ModelSpec spec = parameters::testing::table();
    spec.modality = parameters::Modality::Audio;
    spec.input = parameters::InputSpec::of(parameters::LogMel{.samples = 256, .bands = 4, .frames = 4});
    return spec;
}

Result<InferRequest> read(const parameters::ModelSpec& spec, std::string body, std::optional<std::size_t> head = {}) {
    http::Request request;
    request.body = std::move(body);
    if (head) request.headers = {{std::string(kHeadLengthHeader), std::to_string(*head)}};
    return read_infer_request(request, spec, kBatchMax);
}

Result<InferRequest> read_binary(const parameters::ModelSpec& spec, const std::string& datatype,
                                 const std::string& shape, const std::string& data) {
    const std::string head = R"({"inputs":[{"name":"input","datatype":")" + datatype + R"(","shape":)" + shape +
                             R"(,"parameters":{"binary_data_size":)" + std::to_string(data.size()) + "}}]}";
    return read(spec, head + data, head.size());
}

std::vector<std::string> texts_of(const Result<InferRequest>& request) {
    std::vector<std::string> texts;
    if (!request) return {request.error().message};
    for (const Bytes& sample : request->samples) {
        EXPECT_EQ(sample.size(), 16U);
        texts.emplace_back(parameters::text_in(sample));
    }
    return texts;
}

std::vector<std::vector<std::int16_t>> recordings_of(const Result<InferRequest>& request) {
    std::vector<std::vector<std::int16_t>> recordings;
    EXPECT_TRUE(request) << request.error().message;
    if (!request) return {};
    for (const Bytes& sample : request->samples)
        recordings.push_back(parameters::recording_in(sample));
    return recordings;
}

TEST(TextRequest, TakesStringsFlatOrNested) {
    EXPECT_THAT(texts_of(read(messages(), tensor("BYTES", "[1]", R"(["h\u00e9llo"])"))), ElementsAre("héllo"));
    EXPECT_THAT(texts_of(read(messages(), tensor("BYTES", "[2,1]", R"([["a"],["b c"]])"))), ElementsAre("a", "b c"));
    EXPECT_THAT(texts_of(read(messages(), tensor("BYTES", "[2]", R"(["cut behind sixteen bytes","b"])"))),
                ElementsAre("cut behind sixte", "b"));
}

TEST(TextRequest, TakesBinaryTexts) {
    using namespace std::string_literals;
    EXPECT_THAT(texts_of(read_binary(messages(), "BYTES", "[2]", "\3\0\0\0one\1\0\0\0x"s)), ElementsAre("one", "x"));
    EXPECT_THAT(texts_of(read(messages(), "a whole body", 0)), ElementsAre("a whole body"));
    for (const std::string& bad : {"\3\0\0\0on"s, "\3\0\0\0onex"s, "\xFF\xFF\xFF\xFFone"s, ""s})
        EXPECT_THAT(texts_of(read_binary(messages(), "BYTES", "[1]", bad)), ElementsAre(HasSubstr("is not 1 texts")));
}

TEST(TextRequest, RefusesWhatIsNoTextOfThisModel) {
    const std::vector<std::pair<std::string, std::string>> faults = {
        {tensor("UINT8", "[1]", "[1]"), "must be strings"},
        {tensor("BYTES", "[1]", "[1]"), "must be strings"},
        {tensor("UINT8", "[1]", R"(["a"])"), "must be BYTES"},
        {tensor("BYTES", "[2]", R"(["a"])"), "has 1 texts, the shape [2] needs 2"},
        {tensor("BYTES", "[1,2]", R"(["a","b"])"), "wants [n] or [n,1]"},
        {tensor("BYTES", "[4]", R"(["a","b","c","d"])"), "more than 3 values"},
        {tensor("BYTES", "[0]", "[]"), "1 to 3 samples"},
        {tensor("BYTES", "[2]", R"(["a",1])"), "must be strings"},
        {tensor("BYTES", "[2,1]", R"([["a","b"]])"), "nested as [1,2]"},
        {tensor("BYTES", "[2]", R"(["a",""])"), "text 1 of the data: the text is empty"},
        {tensor("BYTES", "[1]", R"(["a\u0000"])"), "NUL"},
    };
    for (const auto& [body, sentence] : faults)
        EXPECT_THAT(texts_of(read(messages(), body)), ElementsAre(HasSubstr(sentence))) << body;
    const auto numbers = read(parameters::testing::table(1), tensor("FP32", "[1,1]", R"(["1"])"));
    ASSERT_FALSE(numbers);
    EXPECT_THAT(numbers.error().message, HasSubstr("must be numbers"));
}

TEST(AudioRequest, TakesRecordingsOfAnyLength) {
    const auto one = recordings_of(read(sounds(), tensor("INT16", "[2]", "[7,-8]")));
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one[0].size(), 256U);
    EXPECT_EQ(one[0][127], 7);
    EXPECT_EQ(one[0][128], -8);
    const auto two = recordings_of(read(sounds(), tensor("FP32", "[2,1]", "[[5],[-6]]")));
    ASSERT_EQ(two.size(), 2U);
    EXPECT_EQ(two[1][127], -6);
    const std::string pcm(600, '\1');  // 300 samples: the middle 256 stay
    for (const auto& request : {read(sounds(), pcm, 0), read_binary(sounds(), "INT16", "[300]", pcm),
                                read_binary(sounds(), "INT16", "[1,300]", pcm)}) {
        const auto long_one = recordings_of(request);
        ASSERT_EQ(long_one.size(), 1U);
        EXPECT_EQ(long_one[0], std::vector<std::int16_t>(256, 0x0101));
    }
}

TEST(AudioRequest, RefusesWhatIsNoRecording) {
    const std::vector<std::pair<std::string, std::string>> faults = {
        {tensor("INT16", "[1]", "[32768]"), "does not fit its datatype"},
        {tensor("INT32", "[1]", "[32768]"), "which is INT16"},
        {tensor("FP32", "[1]", "[0.5]"), "which is INT16"},
        {tensor("INT16", "[2]", "[1]"), "has 1 values, the shape [2] needs 2"},
        {tensor("INT16", "[0]", "[]"), "wants [samples]"},
        {tensor("INT16", "[4,1]", "[1,2,3,4]"), "1 to 3 samples"},
        {tensor("INT16", "[1,1,1]", "[1]"), "wants [samples]"},
        {tensor("INT16", "[3,9007199254740992]", "[1]"), "at most 262144"},
        {tensor("BYTES", "[1]", R"(["a"])"), "must be numbers"},
    };
    for (const auto& [body, sentence] : faults) {
        const auto request = read(sounds(), body);
        ASSERT_FALSE(request) << body;
        EXPECT_THAT(request.error().message, HasSubstr(sentence)) << body;
    }
    EXPECT_FALSE(read(sounds(), "odd", 0));
    EXPECT_FALSE(read(sounds(), "", 0));
}

TEST(ModelDocument, SaysWhatTextAndAudioModelsAreSent) {
    EXPECT_THAT(metadata_json(messages(), {}), HasSubstr(R"("datatype":"BYTES","shape":[-1,1])"));
    EXPECT_THAT(config_json(messages(), 8), HasSubstr(R"("data_type":"TYPE_STRING","dims":[1])"));
    EXPECT_THAT(metadata_json(sounds(), {}), HasSubstr(R"("datatype":"INT16","shape":[-1,-1])"));
    EXPECT_THAT(config_json(sounds(), 8), HasSubstr(R"("data_type":"TYPE_INT16","dims":[-1])"));
}

}  // namespace
}  // namespace skerry::node
