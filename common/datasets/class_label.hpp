#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.hpp"

namespace skerry::datasets {

/// The class that data calls `field`: its name, or, where no name is a number, its index. A name wins.
/// InvalidInput: neither; the message has no file or line.
[[nodiscard]] Result<std::uint32_t> class_label(std::string_view field, const std::vector<std::string>& names);

/// Of what stands in a file, so much as fits into a sentence.
[[nodiscard]] std::string shown(std::string_view field);

}  // namespace skerry::datasets
