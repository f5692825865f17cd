#include "common/datasets/class_label.hpp"

#include <algorithm>

#include "common/base/utf8.hpp"

namespace skerry::datasets {

Result<std::uint32_t> class_label(std::string_view field, const std::vector<std::string>& names) {
    const auto named = std::find(names.begin(), names.end(), field);
    if (named != names.end()) return static_cast<std::uint32_t>(named - names.begin());
    // Where names are numbers, one that is no name must not pass for an index.
    const std::optional<std::uint32_t> index = number_in<std::uint32_t>(field);
    const bool numbered = std::any_of(names.begin(), names.end(),
                                      [](const std::string& name) { return number_in<double>(name).has_value(); });
    if (index && !numbered && *index < names.size()) return *index;
    return fail(ErrorCode::InvalidInput,
                "target '" + shown(field) + "' is " +
                    (numbered ? "no class name of the model"
                              : "neither a class name of the model nor below " + std::to_string(names.size())));
}

std::string shown(std::string_view field) {
    return std::string(whole_characters(field, 40));
}

}  // namespace skerry::datasets
