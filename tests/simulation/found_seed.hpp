#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/simulation/federation_simulation.hpp"

/// What becomes of a seed that breaks a law: it is made smaller, told as a command line, and kept in a file whose seeds
/// a test plays for ever.
namespace skerry::simulation {

/// The same seed with as few faults, rounds and nodes as still break `law`, one thing less at a time. What is left out
/// shifts what the seed draws from there on, so each step is played, and counts only if it breaks that law too.
/// Cost: some dozens of plays.
[[nodiscard]] Plan shrink(Plan plan, std::string_view law);

/// "--seed 17 --faults crash,disk --nodes 2": what skerry-simulate has to be told, but for what it does by itself.
[[nodiscard]] std::string arguments_of(const Plan& plan);

/// "17 --faults crash,disk   appends_are_whole: what was found": a line of such a file.
[[nodiscard]] std::string kept_line(const Plan& plan, const Violation& violation);
/// The plan of such a line; nothing: it is empty or a comment. InvalidInput: neither.
[[nodiscard]] Result<std::optional<Plan>> plan_of_line(const std::string& line);

/// Of a model with so many values, and two prefixes.
[[nodiscard]] std::array<std::uint64_t, kTiers> values_of(std::uint64_t all);

}  // namespace skerry::simulation
