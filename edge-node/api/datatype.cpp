#include "edge-node/api/datatype.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <limits>

#include "common/parameters/precision/minifloat.hpp"

namespace skerry::node {
namespace {

constexpr double kExactIntegers = 9007199254740991.0;  // 2^53 − 1: beyond 2^53 a double skips integers
constexpr double kHalfMax = 65504.0;
constexpr double kBrainMax = 0x1.FEp127;

using Kind = Datatype::Kind;

constexpr Datatype kDatatypes[] = {
    {"UINT8", Kind::Unsigned, 1, 0, 255},
    {"FP32", Kind::Real, 4, -std::numeric_limits<float>::max(), std::numeric_limits<float>::max()},
    {"BOOL", Kind::Boolean, 1, 0, 1},
    {"UINT16", Kind::Unsigned, 2, 0, 65535},
    {"UINT32", Kind::Unsigned, 4, 0, 4294967295.0},
    {"UINT64", Kind::Unsigned, 8, 0, kExactIntegers},
    {"INT8", Kind::Signed, 1, -128, 127},
    {"INT16", Kind::Signed, 2, -32768, 32767},
    {"INT32", Kind::Signed, 4, -2147483648.0, 2147483647.0},
    {"INT64", Kind::Signed, 8, -kExactIntegers, kExactIntegers},
    {"FP16", Kind::Half, 2, -kHalfMax, kHalfMax},
    {"BF16", Kind::Brain, 2, -kBrainMax, kBrainMax},
    {"FP64", Kind::Real, 8, -std::numeric_limits<double>::max(), std::numeric_limits<double>::max()},
};

template <class Value>
Value load(const std::byte* bytes) {
    Value value{};
    std::memcpy(&value, bytes, sizeof value);  // every supported target is little-endian
    return value;
}

}  // namespace

const Datatype* datatype_named(std::string_view name) {
    const auto* const found = std::find_if(std::begin(kDatatypes), std::end(kDatatypes),
                                           [name](const Datatype& known) { return known.name == name; });
    return found == std::end(kDatatypes) ? nullptr : found;
}

std::string_view datatype_of(parameters::DataType dtype) {
    switch (dtype) {
        case parameters::DataType::UInt8:
            return "UINT8";
        case parameters::DataType::Float32:
            return "FP32";
        case parameters::DataType::Utf8:
            return "BYTES";
        case parameters::DataType::Int16:
            return "INT16";
    }
    return {};
}

double load_value(const Datatype& type, const std::byte* bytes) {
    switch (type.kind) {
        case Kind::Boolean:
            return load<std::uint8_t>(bytes);
        case Kind::Unsigned:
            if (type.bytes == 1) return load<std::uint8_t>(bytes);
            if (type.bytes == 2) return load<std::uint16_t>(bytes);
            if (type.bytes == 4) return load<std::uint32_t>(bytes);
            return static_cast<double>(load<std::uint64_t>(bytes));
        case Kind::Signed:
            if (type.bytes == 1) return load<std::int8_t>(bytes);
            if (type.bytes == 2) return load<std::int16_t>(bytes);
            if (type.bytes == 4) return load<std::int32_t>(bytes);
            return static_cast<double>(load<std::int64_t>(bytes));
        case Kind::Half:
            return parameters::Float16::decode(load<std::uint16_t>(bytes));
        case Kind::Brain:  // the upper half of a float32
            return std::bit_cast<float>(std::uint32_t{load<std::uint16_t>(bytes)} << 16U);
        case Kind::Real:
            return type.bytes == 4 ? load<float>(bytes) : load<double>(bytes);
    }
    return 0;
}

}  // namespace skerry::node
