#pragma once

#include <string>

#include "coordinator/cli/output.hpp"

namespace skerry::cli {

/// Under `heading`: who was counted, with which weight and share of all of them, age, bytes and hash. A list of the
/// API's UPDATEs.
void print_updates(const std::string& heading, Value updates, Output& output);
/// Who was refused and why. A list of the API's REFUSALs.
void print_refusals(Value refusals, Output& output);

}  // namespace skerry::cli
