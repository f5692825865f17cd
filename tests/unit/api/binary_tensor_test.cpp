#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "edge-node/api/datatype.hpp"
#include "edge-node/api/infer_request.hpp"
#include "tests/unit/api/requests.hpp"

namespace skerry::node {
namespace {

using testing::bytes_spec;
using ::testing::ElementsAre;
using testing::floats_of;
using testing::floats_spec;
using ::testing::HasSubstr;

template <class... Values>
std::string raw(Values... values) {
    std::string bytes;
    (bytes.append(reinterpret_cast<const char*>(&values), sizeof values), ...);
    return bytes;
}

std::string head_of(const std::string& datatype, const std::string& shape, std::size_t size,
                    const std::string& more = {}) {
    return "{" + more + R"("inputs":[{"name":"input","shape":)" + shape + R"(,"datatype":")" + datatype +
           R"(","parameters":{"binary_data_size":)" + std::to_string(size) + "}}]}";
}

http::Request request_of(const std::string& head, const std::string& tail, const std::string& length) {
    http::Request request;
    request.headers = {{"Host", "localhost"}, {"inference-header-content-length", length}};
    request.body = head + tail;
    return request;
}

Result<InferRequest> read(const std::string& datatype, const std::string& shape, const std::string& tail,
                          const parameters::ModelSpec& spec) {
    const std::string head = head_of(datatype, shape, tail.size());
    return read_infer_request(request_of(head, tail, std::to_string(head.size())), spec, 4);
}

TEST(BinaryTensor, IsTakenAsItLies) {
    const auto request =
        read("UINT8", "[2,1,2,3]", std::string("\x00\x01\x02\x03\x04\xFF\x06\x07\x08\x09\x0A\x0B", 12), bytes_spec());
    ASSERT_TRUE(request) << request.error().message;
    ASSERT_EQ(request->samples.size(), 2U);
    EXPECT_EQ(text_of(request->samples[0]), std::string_view("\x00\x01\x02\x03\x04\xFF", 6));
    EXPECT_EQ(text_of(request->samples[1]), "\x06\x07\x08\x09\x0A\x0B");
    const auto floats = read("FP32", "[1,3]", raw(1.5F, -0.1F, 3e38F), floats_spec());
    ASSERT_TRUE(floats) << floats.error().message;
    EXPECT_THAT(floats_of(floats->samples[0]), ElementsAre(1.5F, -0.1F, 3e38F));
}

TEST(BinaryTensor, HoldsTheSameValuesInEveryDatatype) {
    const std::vector<std::pair<std::string, std::string>> tensors = {
        {"UINT8", raw(std::uint8_t{7}, std::uint8_t{0}, std::uint8_t{1})},
        {"UINT16", raw(std::uint16_t{7}, std::uint16_t{0}, std::uint16_t{1})},
        {"UINT32", raw(std::uint32_t{7}, std::uint32_t{0}, std::uint32_t{1})},
        {"UINT64", raw(std::uint64_t{7}, std::uint64_t{0}, std::uint64_t{1})},
        {"INT8", raw(std::int8_t{7}, std::int8_t{0}, std::int8_t{1})},
        {"INT16", raw(std::int16_t{7}, std::int16_t{0}, std::int16_t{1})},
        {"INT32", raw(std::int32_t{7}, std::int32_t{0}, std::int32_t{1})},
        {"INT64", raw(std::int64_t{7}, std::int64_t{0}, std::int64_t{1})},
        {"FP16", raw(std::uint16_t{0x4700}, std::uint16_t{0}, std::uint16_t{0x3C00})},
        {"BF16", raw(std::uint16_t{0x40E0}, std::uint16_t{0}, std::uint16_t{0x3F80})},
        {"FP32", raw(7.0F, 0.0F, 1.0F)},
        {"FP64", raw(7.0, 0.0, 1.0)},
    };
    for (const auto& [datatype, bytes] : tensors) {
        const auto request = read(datatype, "[1,3]", bytes, floats_spec());
        ASSERT_TRUE(request) << datatype << ": " << request.error().message;
        EXPECT_THAT(floats_of(request->samples[0]), ElementsAre(7.0F, 0.0F, 1.0F)) << datatype;
        const auto image = read(datatype, "[1,6]", bytes + bytes, bytes_spec());
        ASSERT_TRUE(image) << datatype << ": " << image.error().message;
        EXPECT_EQ(text_of(image->samples[0]), std::string_view("\x07\x00\x01\x07\x00\x01", 6)) << datatype;
    }
    const auto booleans = read("BOOL", "[1,3]", std::string("\x01\x00\x01", 3), floats_spec());
    ASSERT_TRUE(booleans) << booleans.error().message;
    EXPECT_THAT(floats_of(booleans->samples[0]), ElementsAre(1.0F, 0.0F, 1.0F));
}

TEST(BinaryTensor, ReadsEveryHalfAsIeee754SaysIt) {
    const Datatype& half = *datatype_named("FP16");
    const auto value = [&half](std::uint16_t bits) {
        std::byte bytes[2];
        std::memcpy(bytes, &bits, sizeof bits);
        return load_value(half, bytes);
    };
    EXPECT_EQ(value(0x0001), std::ldexp(1.0, -24));  // the smallest
    EXPECT_EQ(value(0x03FF), std::ldexp(1023.0, -24));
    EXPECT_EQ(value(0x0400), std::ldexp(1.0, -14));
    EXPECT_EQ(value(0x7BFF), 65504.0);
    EXPECT_EQ(value(0xC000), -2.0);
    EXPECT_TRUE(std::signbit(value(0x8000)));
    EXPECT_TRUE(std::isinf(value(0x7C00)));
    EXPECT_TRUE(std::isnan(value(0x7C01)));
    double last = -1;
    for (std::uint16_t bits = 0; bits < 0x7C00; ++bits) {
        ASSERT_GT(value(bits), last) << bits;
        last = value(bits);
    }
}

TEST(BinaryTensor, IsRefusedWhereTheModelCannotHoldAValue) {
    const auto complaint = [](const std::string& datatype, const std::string& tail, bool image = false) {
        const auto request = read(datatype, image ? "[1,6]" : "[1,3]", tail, image ? bytes_spec() : floats_spec());
        return request ? "" : request.error().message;
    };
    const float inf = std::numeric_limits<float>::infinity();
    EXPECT_THAT(complaint("FP32", raw(1.0F, inf, 1.0F)), HasSubstr("value 1 of the data does not fit"));
    EXPECT_THAT(complaint("FP32", raw(1.0F, 1.0F, std::nanf(""))), HasSubstr("value 2 of the data does not fit"));
    EXPECT_THAT(complaint("FP64", raw(1.0, 1e39, 1.0)), HasSubstr("which is FP32"));
    EXPECT_THAT(complaint("FP64", raw(1.0, std::nan(""), 1.0)), HasSubstr("value 1"));
    EXPECT_THAT(complaint("FP16", raw(std::uint16_t{0x7C00}, std::uint16_t{0}, std::uint16_t{0})), HasSubstr("FP16"));
    EXPECT_THAT(complaint("BF16", raw(std::uint16_t{0}, std::uint16_t{0x7F80}, std::uint16_t{0})), HasSubstr("BF16"));
    EXPECT_THAT(complaint("BOOL", std::string("\x01\x02\x01", 3)), HasSubstr("value 1 of the data does not fit"));
    EXPECT_THAT(complaint("INT32", raw(16777217, 0, 0)), HasSubstr("which is FP32"));
    EXPECT_THAT(complaint("UINT64", raw(~std::uint64_t{0}, std::uint64_t{0}, std::uint64_t{0})), HasSubstr("UINT64"));
    EXPECT_THAT(complaint("INT16", raw(std::int64_t{256}) + std::string(4, '\0'), true), HasSubstr("which is UINT8"));
    EXPECT_THAT(complaint("FP32", raw(0.5F, 0.F, 0.F, 0.F, 0.F, 0.F), true), HasSubstr("which is UINT8"));
    EXPECT_THAT(complaint("BYTES", std::string("\x03\0\0\0abc", 7)), HasSubstr("datatype must be"));
}

TEST(BinaryTensor, MustHaveTheSizeThatEverybodySays) {
    const std::string tail = "\x01\x02\x03\x04\x05\x06";
    const auto complaint = [](const http::Request& request) {
        const auto read = read_infer_request(request, bytes_spec(), 4);
        return read ? "" : read.error().message;
    };
    const std::string head = head_of("UINT8", "[1,6]", 6);
    const std::string size = std::to_string(head.size());
    ASSERT_EQ(complaint(request_of(head, tail, size)), "");
    EXPECT_THAT(complaint(request_of(head, tail + "x", size)), HasSubstr("there are 7 bytes, binary_data_size says 6"));
    EXPECT_THAT(complaint(request_of(head, "x", size)), HasSubstr("there are 1 bytes"));
    const std::string wide = head_of("UINT16", "[1,6]", 6);
    EXPECT_THAT(complaint(request_of(wide, tail, std::to_string(wide.size()))), HasSubstr("of UINT16 needs 12"));
    const std::string two = head_of("UINT8", "[2,6]", 6);
    EXPECT_THAT(complaint(request_of(two, tail, std::to_string(two.size()))), HasSubstr("[2,6] of UINT8 needs 12"));
    for (const std::string sides : {"[4294967296,4294967296]", "[9007199254740993,6]", "[18446744073709551615,6]"}) {
        const std::string huge = head_of("UINT8", sides, 6);
        EXPECT_NE(complaint(request_of(huge, tail, std::to_string(huge.size()))), "") << sides;
    }
    const std::string both = R"({"inputs":[{"name":"input","datatype":"UINT8","shape":[1,6],"data":[1,2,3,4,5,6],)"
                             R"("parameters":{"binary_data_size":6}}]})";
    EXPECT_THAT(complaint(request_of(both, tail, std::to_string(both.size()))), HasSubstr("has both"));
    const std::string body = R"({"inputs":[{"name":"input","datatype":"UINT8","shape":[1,6],"data":[1,2,3,4,5,6]}]})";
    EXPECT_EQ(complaint(request_of(body, "", std::to_string(body.size()))), "");
    EXPECT_THAT(complaint(request_of(body, "x", std::to_string(body.size()))), HasSubstr("there are 1 bytes"));
}

TEST(BinaryTensor, NeedsAHeadLengthThatIsInTheBody) {
    const std::string head = head_of("UINT8", "[1,6]", 6);
    for (const std::string length : {"-1", "1.0", "0x10", "abc", "99999", "18446744073709551616", "12 ", "+5"}) {
        const auto read = read_infer_request(request_of(head, "123456", length), bytes_spec(), 4);
        ASSERT_FALSE(read) << length;
        EXPECT_THAT(read.error().message, HasSubstr("Inference-Header-Content-Length must be")) << length;
    }
    for (std::size_t length = 1; length < head.size(); ++length) {
        EXPECT_FALSE(read_infer_request(request_of(head, "123456", std::to_string(length)), bytes_spec(), 4));
    }
}

TEST(BinaryTensor, IsTheWholeBodyWhenTheHeadHasNoLength) {
    const auto request = read_infer_request(request_of("", "\x01\x02\x03\x04\x05\x06", "0"), bytes_spec(), 4);
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(text_of(request->samples.at(0)), "\x01\x02\x03\x04\x05\x06");
    EXPECT_EQ(request->outputs.size(), 4U);
    EXPECT_TRUE(request->learn);
    EXPECT_FALSE(read_infer_request(request_of("", "\x01\x02\x03\x04\x05", "0"), bytes_spec(), 4));
    EXPECT_FALSE(read_infer_request(request_of("", "", "0"), bytes_spec(), 4));
    EXPECT_FALSE(read_infer_request(request_of("", std::string(30, 'x'), "0"), bytes_spec(), 4));
}

}  // namespace
}  // namespace skerry::node
