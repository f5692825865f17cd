#include "common/base/precision.hpp"

#include <array>
#include <string>

namespace skerry {

namespace {
constexpr std::array<std::string_view, kPrecisions> kNames = {"fp32", "fp16", "fp8", "fp8-e5m2", "int8"};
constexpr std::array<std::string_view, kWeightEncodings> kEncodingNames = {"fp32", "fp16", "fp8", "mixed"};
}  // namespace

std::string_view name_of(Precision precision) {
    return kNames.at(static_cast<std::size_t>(precision));
}

Result<Precision> precision_named(std::string_view name) {
    for (std::size_t i = 0; i < kPrecisions; ++i) {
        if (kNames[i] == name) return static_cast<Precision>(i);
    }
    return fail(ErrorCode::InvalidInput,
                "no precision '" + std::string(name) + "': use fp32, fp16, fp8, fp8-e5m2 or int8");
}

Result<Precision> precision_numbered(std::uint64_t number) {
    if (number < kPrecisions) return static_cast<Precision>(number);
    return fail(ErrorCode::InvalidInput, "precision " + std::to_string(number) + " is none that this version knows");
}

std::string_view name_of(WeightEncoding encoding) {
    return kEncodingNames.at(static_cast<std::size_t>(encoding));
}

Result<WeightEncoding> weight_encoding_named(std::string_view name) {
    for (std::size_t i = 0; i < kWeightEncodings; ++i) {
        if (kEncodingNames[i] == name) return static_cast<WeightEncoding>(i);
    }
    return fail(ErrorCode::InvalidInput,
                "weights do not travel as '" + std::string(name) + "': use fp32, fp16, fp8 or mixed");
}

}  // namespace skerry
