#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/error.hpp"

namespace skerry {

/// How weights are written in files and on the wire. They are computed with as float32 (or as the int8 that an executor
/// makes of it), whatever they were written as. The numbers stand in files, messages and signed records: they never
/// change.
enum class Precision : std::uint8_t {
    Float32 = 0,
    Float16 = 1,     ///< IEEE 754 binary16
    Float8 = 2,      ///< OCP E4M3FN under a power of two for each output channel
    Float8Wide = 3,  ///< OCP E5M2, likewise: wider range, fewer digits
    Int8 = 4,        ///< −127 … 127 under a float32 scale for each output channel
};
inline constexpr std::size_t kPrecisions = 5;

/// "fp32", "fp16", "fp8", "fp8-e5m2", "int8"
[[nodiscard]] std::string_view name_of(Precision precision);
/// InvalidInput: another word.
[[nodiscard]] Result<Precision> precision_named(std::string_view name);
/// InvalidInput: a number that this version does not know.
[[nodiscard]] Result<Precision> precision_numbered(std::uint64_t number);

/// How a version's weights travel from the coordinator to a node: one precision for all, or the plan of that name
/// (parameters/precision/plan.hpp). The numbers stand in messages and signed records: they never change.
enum class WeightEncoding : std::uint8_t {
    Float32 = 0,
    Float16 = 1,
    Float8 = 2,
    Mixed = 3,  ///< the first layer and the heads in fp16, all between in fp8
};
inline constexpr std::size_t kWeightEncodings = 4;

/// "fp32", "fp16", "fp8", "mixed": also the name of the plan.
[[nodiscard]] std::string_view name_of(WeightEncoding encoding);
/// InvalidInput: another word.
[[nodiscard]] Result<WeightEncoding> weight_encoding_named(std::string_view name);

}  // namespace skerry
