#pragma once

#include "edge-node/serving/executors/executor.hpp"
#include "edge-node/serving/executors/network.hpp"

namespace skerry::node {

/// The reference executor: plain C++, right on every machine, and the same bytes on every machine, since each output
/// is summed in one order (bias, then kernel row, kernel column, input channel) without fused or reordered arithmetic.
/// On x86 it uses AVX2 where the processor has it; the order, and so the bytes, stay.
[[nodiscard]] Result<std::unique_ptr<const Executor>> plain_executor(const parameters::ModelSpec& spec,
                                                                     const parameters::ParameterLayout& layout,
                                                                     std::span<const float> parameters);

/// The same for a network that was put together otherwise, or is to run in part.
[[nodiscard]] std::unique_ptr<const Executor> plain_executor_of(const NetworkSource& network);

}  // namespace skerry::node
