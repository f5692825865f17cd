#include <charconv>
#include <cmath>
#include <optional>

#include "common/wire/delta_codec.hpp"

// How people name a way to write updates.
namespace skerry::wire {
namespace {

constexpr std::string_view kPacked = "+zstd";

std::optional<DeltaPolicy> policy_named(std::string_view text) {
    if (text == "fp32") return DeltaPolicy{};
    if (text == "fp16") return DeltaPolicy{DeltaEncoding::Float16};
    if (text == "fp8") return DeltaPolicy{DeltaEncoding::Float8};
    if (text == "int8") return DeltaPolicy{DeltaEncoding::Int8};
    if (!text.starts_with("top ") || !text.ends_with("%")) return std::nullopt;
    double percent = 0;
    const char* const end = text.data() + text.size() - 1;
    const auto read = std::from_chars(text.data() + 4, end, percent);
    const double ppm = std::round(percent * 1e4);
    if (read.ec != std::errc() || read.ptr != end || !(ppm >= 1) || ppm > kTopMax) return std::nullopt;
    return DeltaPolicy{DeltaEncoding::Top, static_cast<std::uint32_t>(ppm)};
}

std::string name_of(const DeltaPolicy& policy) {
    switch (policy.encoding) {
        case DeltaEncoding::Float32:
            return "fp32";
        case DeltaEncoding::Float16:
            return "fp16";
        case DeltaEncoding::Float8:
            return "fp8";
        case DeltaEncoding::Int8:
            return "int8";
        case DeltaEncoding::Top:
            break;
    }
    char percent[32];
    const auto written = std::to_chars(percent, percent + sizeof percent, policy.top_ppm / 1e4);
    return "top " + std::string(percent, written.ptr) + "%";
}

}  // namespace

Result<DeltaPolicy> delta_policy_named(std::string_view text) {
    const bool packed = text.ends_with(kPacked);
    auto policy = policy_named(packed ? text.substr(0, text.size() - kPacked.size()) : text);
    if (policy && packed && policy->encoding != DeltaEncoding::Float32) policy->zstd = true;
    if (policy && policy->zstd == packed) return *policy;
    return fail(ErrorCode::InvalidInput, "'" + std::string(text) +
                                             "' is no way to write updates: take fp32, fp16, fp8, int8, or for example "
                                             "'top 5%', a share of 0.0001 to 25 %; '+zstd' behind packs all but fp32");
}

std::string to_text(const DeltaPolicy& policy) {
    return name_of(policy) + std::string(policy.zstd ? kPacked : "");
}

}  // namespace skerry::wire
