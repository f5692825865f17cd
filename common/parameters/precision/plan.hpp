#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/precision.hpp"
#include "common/parameters/layout.hpp"

namespace skerry::parameters {

/// The precision of each tensor, in the order of a layout's blocks. The normaliser's moments and biases are always
/// fp32: they are few, and a network forgives errors in them least.
using PrecisionPlan = std::vector<Precision>;

/// The same for all weights.
[[nodiscard]] PrecisionPlan uniform_plan(std::span<const Block> blocks, Precision precision);

/// A plan as people write it: one precision for all, then exceptions by a tensor's name or how it begins:
/// "fp16", "fp8,light.0=fp16", "fp8,light.0=fp16,heavy.head=fp32". "mixed" is the first layer and each head in fp16,
/// which see the input and decide, and all between in fp8. InvalidInput: not so written, or no weights have such a
/// name.
[[nodiscard]] Result<PrecisionPlan> plan_named(std::string_view text, std::span<const Block> blocks);

/// The shortest text that plan_named reads back to `plan`, but for "mixed", which is spelled out.
[[nodiscard]] std::string to_text(const PrecisionPlan& plan, std::span<const Block> blocks);

/// InvalidInput: not one precision for each block, or moments or a bias in another than fp32.
[[nodiscard]] Result<> check_plan(const PrecisionPlan& plan, std::span<const Block> blocks);

}  // namespace skerry::parameters
