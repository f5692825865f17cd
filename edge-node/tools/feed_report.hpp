#pragma once

#include <string>

#include "edge-node/tools/feeder.hpp"

namespace skerry::node {

/// One line of progress: "1200 samples · 310/s · 91.2 % · last 1000: 93.4 %".
[[nodiscard]] std::string progress_line(const FeedNumbers& numbers);
/// What a person reads at the end.
[[nodiscard]] std::string summary_text(const FeedNumbers& numbers);
/// The same as JSON.
[[nodiscard]] std::string summary_json(const FeedNumbers& numbers);

}  // namespace skerry::node
