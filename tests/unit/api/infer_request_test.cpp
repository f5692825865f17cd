#include "edge-node/api/infer_request.hpp"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/api/requests.hpp"

namespace skerry::node {
namespace {

using testing::bytes_spec;
using ::testing::ElementsAre;
using testing::floats_of;
using testing::floats_spec;
using ::testing::HasSubstr;
using testing::tensor;

Result<InferRequest> read(const std::string& body, const parameters::ModelSpec& spec) {
    http::Request request;
    request.body = body;
    return read_infer_request(request, spec, 4);
}

std::string complaint(const std::string& body, const parameters::ModelSpec& spec = bytes_spec()) {
    const auto request = read(body, spec);
    return request ? "" : request.error().message;
}

TEST(InferRequest, ReadsFlatAndNestedDataInEveryShapeOfTheInput) {
    for (const auto& [shape, data] :
         std::vector<std::pair<std::string, std::string>>{{"[1,1,2,3]", "[1,2,3,4,5,6]"},
                                                          {"[1,1,2,3]", "[[[[1,2,3],[4,5,6]]]]"},
                                                          {"[1,2,3]", "[[[1,2,3],[4,5,6]]]"},
                                                          {"[1,6]", "[[1,2,3,4,5,6]]"},
                                                          {"[1,6]", "[1,2.0,3,4e0,5,6]"}}) {
        SCOPED_TRACE(shape + data);
        const auto request = read(tensor("FP32", shape, data), bytes_spec());
        ASSERT_TRUE(request) << request.error().message;
        ASSERT_EQ(request->samples.size(), 1U);
        EXPECT_EQ(text_of(request->samples[0]), "\x01\x02\x03\x04\x05\x06");
    }
}

TEST(InferRequest, CutsABatchIntoSamples) {
    const auto request = read(tensor("FP64", "[2,3]", "[[1,2.5,-3],[0.1,1e-3,4]]"), floats_spec());
    ASSERT_TRUE(request) << request.error().message;
    ASSERT_EQ(request->samples.size(), 2U);
    EXPECT_THAT(floats_of(request->samples[0]), ElementsAre(1.0F, 2.5F, -3.0F));
    EXPECT_THAT(floats_of(request->samples[1]), ElementsAre(0.1F, 1e-3F, 4.0F));
}

TEST(InferRequest, ReadsKeysInAnyOrderAndIgnoresThoseItDoesNotKnow) {
    const auto request = read(
        R"({"outputs":[{"parameters":{"x":[1]},"name":"tier"},{"name":"label"}],"sequence":{"a":[[]]},
            "inputs":[{"data":[1,2,3],"extra":null,"shape":[1,3],"datatype":"INT8","name":"input","parameters":null}],
            "parameters":{"skerry_learn":false,"priority":3,"timeout":5,"sequence_id":7,"sequence_start":true,
                          "sequence_end":false,"headers":{},"triton_x":"y","skerry_tier_max":"medium"},"id":"\u00e942"})",
        floats_spec());
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(request->id, "é42");
    EXPECT_FALSE(request->learn);
    EXPECT_EQ(request->tier_max, Tier::Medium);
    EXPECT_THAT(request->outputs, ElementsAre(WantedOutput{Output::Tier}, WantedOutput{Output::Label}));
    EXPECT_FALSE(request->deadline);
}

TEST(InferRequest, TakesADeadlineOfUpToAMinute) {
    const auto with = [](const std::string& deadline) {
        return R"({"parameters":{"skerry_deadline_us":)" + deadline + "}," +
               tensor("FP32", "[1,3]", "[1,2,3]").substr(1);
    };
    EXPECT_EQ(read(with("1"), floats_spec())->deadline, std::chrono::microseconds(1));
    EXPECT_EQ(read(with("60000000"), floats_spec())->deadline, std::chrono::seconds(60));
    for (const char* wrong : {"0", "60000001", "-1", "1.5", "1e3", "18446744073709551616", "\"1\"", "true"})
        EXPECT_THAT(complaint(with(wrong), floats_spec()), HasSubstr("skerry_deadline_us")) << wrong;
}

TEST(InferRequest, GivesEachOutputInTheFormItWasAskedFor) {
    const auto outputs = [](const std::string& more) {
        const auto request = read("{" + more + "," + tensor("FP32", "[1,3]", "[1,2,3]").substr(1), floats_spec());
        EXPECT_TRUE(request) << request.error().message;
        return request ? request->outputs : std::vector<WantedOutput>();
    };
    EXPECT_THAT(outputs(R"("parameters":{"binary_data_output":true})"),
                ElementsAre(WantedOutput{Output::Label, true}, WantedOutput{Output::Probabilities, true},
                            WantedOutput{Output::Tier, true}, WantedOutput{Output::Score, true}));
    EXPECT_THAT(outputs(R"("parameters":{"binary_data_output":true},"outputs":[{"name":"score"},
                   {"name":"label","parameters":{"binary_data":false}}])"),
                ElementsAre(WantedOutput{Output::Score, true}, WantedOutput{Output::Label, false}));
    EXPECT_THAT(outputs(R"("outputs":[{"parameters":{"classification":3,"binary_data":true},"name":"probabilities"}])"),
                ElementsAre(WantedOutput{Output::Probabilities, true, 3}));
}

TEST(InferRequest, TakesBooleansAsZeroAndOne) {
    const auto request = read(tensor("BOOL", "[1,3]", "[true,false,1]"), floats_spec());
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_THAT(floats_of(request->samples[0]), ElementsAre(1.0F, 0.0F, 1.0F));
    EXPECT_THAT(complaint(tensor("BOOL", "[1,3]", "[2,0,1]"), floats_spec()), HasSubstr("datatype BOOL"));
}

TEST(InferRequest, NamesWhatIsWrong) {
    const std::string data = "[1,2,3,4,5,6]";
    const auto good = [&](const std::string& extra) {
        const std::string body = tensor("UINT8", "[1,6]", data);
        return "{" + extra + "," + body.substr(1);
    };
    const std::vector<std::pair<std::string, std::string>> faults = {
        {"", "no valid JSON"},
        {"{", "no valid JSON at byte"},
        {"{\"inputs\":[}", "no valid JSON"},
        {tensor("UINT8", "[1,6]", data) + "x", "no valid JSON"},
        {"{\"x\":\"\xFF\"}", "no valid JSON at byte 6"},
        {"[]", "the body cannot hold an array"},
        {"7", "the body cannot hold"},
        {"{}", "there must be one input"},
        {"{\"inputs\":[]}", "there must be one input"},
        {"{\"inputs\":{}}", "\"inputs\" cannot hold an object"},
        {"{\"inputs\":[3]}", "\"inputs\" cannot hold"},
        {"{\"inputs\":[{},{}]}", "there must be one input"},
        {"{\"inputs\":[{}]}", "named \"input\""},
        {"{\"inputs\":[],\"inputs\":[]}", "\"inputs\" is given twice"},
        {good(R"("id":7)"), "\"id\" cannot hold such a number"},
        {good(R"("id":")" + std::string(65, 'a') + "\""), "at most 64 bytes"},
        {good(R"("id":"a\u0007")"), "control characters"},
        {good(R"("parameters":[])"), "\"parameters\" cannot hold an array"},
        {good(R"("parameters":{"skerry_tier_max":"huge"})"), "skerry_tier_max must be"},
        {good(R"("parameters":{"skerry_tier_max":1})"), "\"skerry_tier_max\" cannot hold"},
        {good(R"("parameters":{"skerry_learn":"yes"})"), "\"skerry_learn\" cannot hold a string"},
        {good(R"("outputs":[{"name":"logits"}])"), "no such output"},
        {good(R"("outputs":[{}])"), "an output has no"},
        {good(R"("outputs":[{"name":"label","parameters":{"classification":1}}])"), "only the output probabilities"},
        {good(R"("outputs":[{"name":"probabilities","parameters":{"classification":0}}])"), "at least 1"},
        {good(R"("outputs":[{"name":"label","parameters":{"binary_data":1}}])"), "\"binary_data\" cannot hold"},
        {good(R"("outputs":[{"name":"label","parameters":{"shared_memory_region":"r"}}])"), "shared memory"},
        {good(R"("parameters":{"binary_data_output":"yes"})"), "\"binary_data_output\" cannot hold"},
        {R"({"inputs":[{"name":"input","datatype":"UINT8","shape":[1,6]}]})", "the input needs \"data\""},
        {R"({"inputs":[{"name":"input","datatype":"UINT8","shape":[1,6],"parameters":{"binary_data_size":6}}]})",
         "behind the JSON there are 0 bytes, binary_data_size says 6"},
        {R"({"inputs":[{"name":"input","datatype":"UINT8","shape":[1,6],"parameters":{"shared_memory_region":"r"}}]})",
         "shared memory is not offered"},
        {good(R"("outputs":[{"name":"label"},{"name":"label"}])"), "asked for twice"},
        {tensor("UINT8", "[1,7]", data), "shape is [1,7], this model wants [n,1,2,3]"},
        {tensor("UINT8", "[1,3,2]", data), "shape is [1,3,2]"},
        {tensor("UINT8", "[6]", data), "shape is [6]"},
        {tensor("UINT8", "[]", data), "shape is []"},
        {tensor("UINT8", "[0,6]", "[]"), "1 to 4 samples, this one says 0"},
        {tensor("UINT8", "[5,6]", data), "this one says 5"},
        {tensor("UINT8", "[18446744073709551615,6]", data), "the input's shape cannot hold such a number"},
        {tensor("UINT8", "[2,6]", data), "has 6 values, the shape [2,6] needs 12"},
        {tensor("UINT8", "[-1,6]", data), "the input's shape cannot hold such a number"},
        {tensor("UINT8", "[1.0,6]", data), "the input's shape cannot hold such a number"},
        {tensor("UINT8", "[1,1,1,1,1,1,1,1,6]", data), "too many dimensions"},
        {tensor("UINT8", "\"1,6\"", data), "\"shape\" cannot hold a string"},
        {tensor("UINT8", "[1,6]", "[[1,2,3],[4,5,6]]"), "nested as [2,3], the shape says [1,6]"},
        {tensor("UINT8", "[2,1,2,3]", "[[[[1,2,3],[4,5,6]]],[[[1,2,3],[4,5]]]]"), "ragged"},
        {tensor("UINT8", "[1,6]", "[1,2,3,[4,5,6]]"), "mixes values and arrays"},
        {tensor("UINT8", "[1,6]", "[[1,2,3],4,5,6]"), "mixes values and arrays"},
        {tensor("UINT8", "[1,6]", "[[],1,2,3,4,5,6]"), "mixes values and arrays"},
        {tensor("UINT8", "[1,6]", "[1,2,3,4,5,true]"), "value 5 of the data is a boolean, its datatype is UINT8"},
        {tensor("UINT8", "[1,6]", "[1,2,3,4,5,\"6\"]"), "the data must be numbers"},
        {tensor("UINT8", "[1,6]", "[1,2,3,4,5,{}]"), "the data must be numbers"},
        {tensor("UINT8", "[1,6]", "\"123456\""), "\"data\" cannot hold a string"},
        {tensor("UINT8", "[1,6]", "[1,2,3,4,5,1e999]"), "a number that no float64 holds"},
        {tensor("UINT8", "[1,6]", "[1,2,3,4,5,NaN]"), "no valid JSON"},
        {tensor("UINT8", "[1,6]", "[1,2,3,4,5,256]"), "value 5 of the data does not fit its datatype UINT8"},
        {tensor("UINT8", "[1,6]", "[1,2,3,4,5,-1]"), "value 5 of the data does not fit its datatype UINT8"},
        {tensor("UINT8", "[1,6]", "[1,2,3,4,5,0.5]"), "value 5 of the data does not fit its datatype UINT8"},
        {tensor("INT16", "[1,6]", "[1,2,3,4,5,256]"), "value 5 of the data cannot be held by this model's input"},
        {tensor("FP32", "[1,6]", "[1,2,3,4,5,0.5]"), "cannot be held by this model's input, which is UINT8"},
        {tensor("BYTES", "[1,6]", data), "datatype must be"},
    };
    for (const auto& [body, expected] : faults)
        EXPECT_THAT(complaint(body), HasSubstr(expected)) << body;
}

TEST(InferRequest, KeepsIntegersExactInFloat32) {
    EXPECT_EQ(complaint(tensor("INT32", "[1,3]", "[16777216,-16777216,16777218]"), floats_spec()), "");
    EXPECT_THAT(complaint(tensor("INT32", "[1,3]", "[1,2,16777217]"), floats_spec()), HasSubstr("which is FP32"));
    EXPECT_THAT(complaint(tensor("FP32", "[1,3]", "[1,2,1e39]"), floats_spec()), HasSubstr("datatype FP32"));
    EXPECT_THAT(complaint(tensor("FP64", "[1,3]", "[1,2,1e39]"), floats_spec()), HasSubstr("which is FP32"));
    EXPECT_THAT(complaint(tensor("UINT64", "[1,3]", "[1,2,18446744073709551615]"), floats_spec()),
                HasSubstr("datatype UINT64"));
}

TEST(InferRequest, LeavesRoomForTheSampleNumbersOfABatch) {
    const std::string body = tensor("FP32", "[2,3]", "[1,2,3,4,5,6]");
    const auto with_id = [&](std::size_t length) {
        return R"({"id":")" + std::string(length, 'a') + "\"," + body.substr(1);
    };
    EXPECT_EQ(complaint(with_id(62), floats_spec()), "");
    EXPECT_THAT(complaint(with_id(63), floats_spec()), HasSubstr("at most 62 bytes"));
}

TEST(InferRequest, StopsAtTooManyValuesAndTooDeepNestingHoweverLongTheBody) {
    std::string many = "[1";
    for (int i = 0; i < 100'000; ++i)
        many += ",1";
    EXPECT_THAT(complaint(tensor("UINT8", "[1,6]", many + "]")), HasSubstr("more than 24 values"));
    const std::string deep(1'000'000, '[');
    EXPECT_THAT(complaint(tensor("UINT8", "[1,6]", deep)), HasSubstr("nested too deeply"));
    EXPECT_THAT(complaint("{\"x\":" + deep), HasSubstr("nested too deeply"));
}

TEST(InferRequest, RefusesEveryTruncationOfAGoodRequestWithASentence) {
    const std::string whole = R"({"id":"4","parameters":{"skerry_learn":true},)" +
                              tensor("UINT8", "[1,1,2,3]", "[[[[1,2,3],[4,5,6]]]]").substr(1);
    ASSERT_EQ(complaint(whole), "");
    for (std::size_t size = 0; size < whole.size(); ++size)
        ASSERT_NE(complaint(whole.substr(0, size)), "") << size;
    Random random(4);
    for (int round = 0; round < 3000; ++round) {
        std::string altered = whole;
        altered[random.below(altered.size())] = static_cast<char>(random.below(256));
        (void)complaint(altered);  // any answer, but one that comes back
    }
}

Result<FusedInferRequest> read_fused(const std::string& head, const std::string& tail = "") {
    static const parameters::ModelSpec bytes = bytes_spec(), floats = floats_spec();
    const std::vector<NamedInput> known = {{"image", &bytes}, {"table", &floats}};
    http::Request request;
    request.headers = {{std::string(kHeadLengthHeader), std::to_string(head.size())}};
    request.body = head + tail;
    return read_fused_request(request, known);
}

TEST(FusedInferRequest, ReadsOneSampleOfEachInputThatIsGiven) {
    const auto read =
        read_fused(R"({"id":"7","inputs":[{"name":"table","datatype":"FP32","shape":[1,3],"data":[1,2,3]},)"
                   R"({"name":"image","datatype":"UINT8","shape":[1,6],"parameters":{"binary_data_size":6}}]})",
                   "abcdef");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->request.id, "7");
    EXPECT_EQ(text_of(*read->samples[0]), "abcdef");
    EXPECT_THAT(floats_of(*read->samples[1]), ElementsAre(1, 2, 3));
    const auto one = read_fused(R"({"inputs":[{"name":"table","datatype":"FP32","shape":[1,3],"data":[1,2,3]}]})");
    ASSERT_TRUE(one) << one.error().message;
    EXPECT_FALSE(one->samples[0]);
}

TEST(FusedInferRequest, GivesEachInputItsOwnBytes) {
    const std::string image =
        R"({"name":"image","datatype":"UINT8","shape":[1,6],"parameters":{"binary_data_size":6}})";
    const std::string table =
        R"({"name":"table","datatype":"UINT8","shape":[1,3],"parameters":{"binary_data_size":3}})";
    const auto read = read_fused(R"({"inputs":[)" + table + "," + image + "]}", "\1\2\3abcdef");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(text_of(*read->samples[0]), "abcdef");
    EXPECT_THAT(floats_of(*read->samples[1]), ElementsAre(1, 2, 3));
    for (const std::size_t size : {0U, 8U, 10U}) {
        const auto refused = read_fused(R"({"inputs":[)" + table + "," + image + "]}", std::string(size, 'a'));
        ASSERT_FALSE(refused);
        EXPECT_THAT(refused.error().message, HasSubstr("binary_data_size says 9"));
    }
    const auto huge = read_fused(
        R"({"inputs":[{"name":"table","datatype":"UINT8","shape":[1,3],"parameters":{"binary_data_size":9007199254740992}}]})");
    EXPECT_FALSE(huge);
}

}  // namespace
}  // namespace skerry::node
