#include "edge-node/api/infer_request.hpp"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/parameters/specs.hpp"

namespace skerry::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// 1×2×3 grey bytes, or three float features.
parameters::ModelSpec bytes_spec() {
    parameters::ModelSpec spec = parameters::testing::digits();
    spec.input.shape = {1, 2, 3};
    return spec;
}
parameters::ModelSpec floats_spec() {
    return parameters::testing::table(3);
}

std::string tensor(const std::string& datatype, const std::string& shape, const std::string& data) {
    return R"({"inputs":[{"name":"input","datatype":")" + datatype + R"(","shape":)" + shape + R"(,"data":)" + data +
           "}]}";
}

std::vector<float> floats_of(const Bytes& sample) {
    std::vector<float> values(sample.size() / sizeof(float));
    std::memcpy(values.data(), sample.data(), sample.size());
    return values;
}

std::string complaint(const std::string& body, const parameters::ModelSpec& spec = bytes_spec()) {
    const auto request = parse_infer_request(body, spec, 4);
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
        const auto request = parse_infer_request(tensor("FP32", shape, data), bytes_spec(), 4);
        ASSERT_TRUE(request) << request.error().message;
        ASSERT_EQ(request->samples.size(), 1U);
        EXPECT_EQ(text_of(request->samples[0]), "\x01\x02\x03\x04\x05\x06");
    }
}

TEST(InferRequest, CutsABatchIntoSamples) {
    const auto request = parse_infer_request(tensor("FP64", "[2,3]", "[[1,2.5,-3],[0.1,1e-3,4]]"), floats_spec(), 4);
    ASSERT_TRUE(request) << request.error().message;
    ASSERT_EQ(request->samples.size(), 2U);
    EXPECT_THAT(floats_of(request->samples[0]), ElementsAre(1.0F, 2.5F, -3.0F));
    EXPECT_THAT(floats_of(request->samples[1]), ElementsAre(0.1F, 1e-3F, 4.0F));
}

TEST(InferRequest, ReadsKeysInAnyOrderAndIgnoresThoseItDoesNotKnow) {
    const auto request = parse_infer_request(
        R"({"outputs":[{"parameters":{"x":[1]},"name":"tier"},{"name":"label"}],"sequence":{"a":[[]]},
            "inputs":[{"data":[1,2,3],"extra":null,"shape":[1,3],"datatype":"INT8","name":"input"}],
            "parameters":{"skerry_learn":false,"priority":3,"skerry_tier_max":"medium"},"id":"é42"})",
        floats_spec(), 4);
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(request->id, "é42");
    EXPECT_FALSE(request->learn);
    EXPECT_EQ(request->tier_max, Tier::Medium);
    EXPECT_THAT(request->outputs, ElementsAre(Output::Tier, Output::Label));
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
        {"\"\xFF\"", "no valid JSON"},
        {"[]", "must be an object"},
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
        {good(R"("outputs":[{"name":"label"},{"name":"label"}])"), "asked for twice"},
        {tensor("UINT8", "[1,7]", data), "shape is [1,7], this model wants [n,1,2,3]"},
        {tensor("UINT8", "[1,3,2]", data), "shape is [1,3,2]"},
        {tensor("UINT8", "[6]", data), "shape is [6]"},
        {tensor("UINT8", "[]", data), "shape is []"},
        {tensor("UINT8", "[0,6]", "[]"), "1 to 4 samples, this one says 0"},
        {tensor("UINT8", "[5,6]", data), "this one says 5"},
        {tensor("UINT8", "[18446744073709551615,6]", data), "1 to 4 samples"},
        {tensor("UINT8", "[2,6]", data), "has 6 values, the shape [2,6] needs 12"},
        {tensor("UINT8", "[-1,6]", data), "the input's shape cannot hold such a number"},
        {tensor("UINT8", "[1.0,6]", data), "the input's shape cannot hold such a number"},
        {tensor("UINT8", "[1,1,1,1,1,1,1,1,6]", data), "too many dimensions"},
        {tensor("UINT8", "\"1,6\"", data), "\"shape\" cannot hold a string"},
        {tensor("UINT8", "[1,6]", "[[1,2,3],[4,5,6]]"), "nested as [2,3], the shape says [1,6]"},
        {tensor("UINT8", "[2,1,2,3]", "[[[[1,2,3],[4,5,6]]],[[[1,2,3],[4,5]]]]"), "ragged"},
        {tensor("UINT8", "[1,6]", "[1,2,3,[4,5,6]]"), "mixes numbers and arrays"},
        {tensor("UINT8", "[1,6]", "[[1,2,3],4,5,6]"), "mixes numbers and arrays"},
        {tensor("UINT8", "[1,6]", "[[],1,2,3,4,5,6]"), "mixes numbers and arrays"},
        {tensor("UINT8", "[1,6]", "[1,2,3,4,5,true]"), "the data cannot hold a boolean"},
        {tensor("UINT8", "[1,6]", "[1,2,3,4,5,\"6\"]"), "the data cannot hold a string"},
        {tensor("UINT8", "[1,6]", "[1,2,3,4,5,{}]"), "the data cannot hold an object"},
        {tensor("UINT8", "[1,6]", "\"123456\""), "\"data\" cannot hold a string"},
        {tensor("UINT8", "[1,6]", "[1,2,3,4,5,1e999]"), "no valid JSON"},
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
    std::string keys = "{";
    for (int i = 0; i < 100; ++i)
        keys += "\"" + std::to_string(i) + "\":1,";
    EXPECT_THAT(complaint(keys), HasSubstr("too many keys"));
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

}  // namespace
}  // namespace skerry::node
