#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/parameters/model_spec.hpp"

namespace skerry::node {

/// A datatype of the protocol whose values are numbers: all but BYTES.
struct Datatype {
    enum class Kind { Unsigned, Signed, Real, Half, Brain, Boolean };

    std::string_view name;
    Kind kind;
    std::size_t bytes;  ///< of one value in a binary tensor
    double min;         ///< what a value may be; of the 64-bit integers those that a double holds exactly
    double max;

    [[nodiscard]] bool integer() const {
        return kind == Kind::Unsigned || kind == Kind::Signed || kind == Kind::Boolean;
    }
};

/// Null: no such datatype, or BYTES.
[[nodiscard]] const Datatype* datatype_named(std::string_view name);

/// Those of datatype_named, for a sentence.
inline constexpr std::string_view kDatatypeNames = "BOOL, UINT8 to UINT64, INT8 to INT64, FP16, BF16, FP32 or FP64";

/// How clients send what a model stores so: "UINT8", "FP32", "BYTES", "INT16".
[[nodiscard]] std::string_view datatype_of(parameters::DataType dtype);

/// One value of a binary tensor: `type.bytes` little-endian bytes, at any address. NaN and infinities come as they are.
[[nodiscard]] double load_value(const Datatype& type, const std::byte* bytes);

}  // namespace skerry::node
