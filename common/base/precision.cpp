#include "common/base/precision.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace skerry {

namespace {
constexpr std::array<std::string_view, kPrecisions> kNames = {"fp32", "fp16", "fp8", "fp8-e5m2", "int8"};
constexpr std::array<std::string_view, kWeightEncodings> kEncodingNames = {"fp32", "fp16", "fp8", "mixed"};

/// Where `name` stands in `names`; their number: nowhere.
template <std::size_t N>
std::size_t place_of(std::string_view name, const std::array<std::string_view, N>& names) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

}  // namespace

std::string_view name_of(Precision precision) {
    return kNames.at(static_cast<std::size_t>(precision));
}

Result<Precision> precision_named(std::string_view name) {
    if (const auto place = place_of(name, kNames); place < kPrecisions) return static_cast<Precision>(place);
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
    if (const auto place = place_of(name, kEncodingNames); place < kWeightEncodings)
        return static_cast<WeightEncoding>(place);
    return fail(ErrorCode::InvalidInput,
                "weights do not travel as '" + std::string(name) + "': use fp32, fp16, fp8 or mixed");
}

}  // namespace skerry
