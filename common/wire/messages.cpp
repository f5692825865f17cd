#include "common/wire/messages.hpp"

#include "common/wire/text.hpp"

namespace skerry::wire {

namespace {

constexpr std::array<std::string_view, 12> kRefusalNames = {
    "malformed", "unsigned",      "unleased",   "replayed",      "stale", "oversized",
    "misshapen", "undecryptable", "non_finite", "out_of_bounds", "norm",  "not_your_turn"};
constexpr std::array<std::string_view, 3> kLeaseDeniedNames = {"wait", "stale_base", "tier_too_high"};
constexpr std::array<std::string_view, 5> kDeniedNames = {"revoked", "protocol", "model", "unknown_version", "expired"};

}  // namespace

std::string_view name_of(RefusalCode code) {
    return kRefusalNames.at(static_cast<std::size_t>(code));
}

Result<RefusalCode> refusal_named(std::string_view name) {
    for (std::size_t i = 0; i < kRefusalNames.size(); ++i) {
        if (kRefusalNames[i] == name) return static_cast<RefusalCode>(i);
    }
    return fail(ErrorCode::InvalidInput, "no refusal is named '" + std::string(name) + "'");
}

std::string_view name_of(LeaseDenied::Reason reason) {
    return kLeaseDeniedNames.at(static_cast<std::size_t>(reason));
}

std::string_view name_of(Denied::Reason reason) {
    return kDeniedNames.at(static_cast<std::size_t>(reason));
}

std::string name_problem(std::string_view node_name) {
    if (node_name.empty()) return "a node's name must not be empty";
    if (node_name.size() > kNodeNameBytesMax) {
        return "a node's name has at most " + std::to_string(kNodeNameBytesMax) + " bytes, this one has " +
               std::to_string(node_name.size());
    }
    if (!is_plain_text(node_name)) return "a node's name must be UTF-8 without control characters";
    return {};
}

}  // namespace skerry::wire
