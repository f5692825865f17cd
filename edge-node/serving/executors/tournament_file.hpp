#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "edge-node/serving/executors/tournament.hpp"

namespace skerry::node {

/// Keeps a tournament's outcome, so that the next start need not wait for one. `key` is all that it hangs on.
/// The file is replaced as a whole. Unavailable: it cannot be written.
[[nodiscard]] Result<> save_tournament(const std::filesystem::path& path, std::string_view key,
                                       const Tournament& tournament);

/// Nothing: there is no such file, it is of another key or of other candidates, or it is damaged.
[[nodiscard]] std::optional<Tournament> load_tournament(const std::filesystem::path& path, std::string_view key,
                                                        std::span<const Candidate> candidates, Tier held);

}  // namespace skerry::node
