#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "coordinator/cli/lookup.hpp"

/// Options with the project's own reading of values: CLI11 would take 010 for eight and -1 for 2^64 - 1. Each target
/// must outlive the parsing; a value that cannot be read is a usage error whose sentence says what can.
namespace skerry::cli {

CLI::Option* add_number(CLI::App& verb, const std::string& name, std::uint64_t& target, const std::string& help);
/// "90s", "1h"; at least `shortest`.
CLI::Option* add_duration(CLI::App& verb, const std::string& name, std::chrono::milliseconds& target,
                          std::chrono::milliseconds shortest, const std::string& help);
/// "light", "medium", "heavy"
CLI::Option* add_tier(CLI::App& verb, const std::string& name, std::string& target, const std::string& help);
/// A number from 1, or "newest".
CLI::Option* add_choice(CLI::App& verb, const std::string& name, NumberOrNewest& target, const std::string& help);
/// Any text but an empty one.
CLI::Option* add_text(CLI::App& verb, const std::string& name, std::string& target, const std::string& help);

}  // namespace skerry::cli
