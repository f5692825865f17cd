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

/// The same numbers, up to rounding, for a run or two: borrows the weights for its life, and packs a block of outputs
/// when it runs, but for a dense layer whose weights already lie as it reads them. Holds no more than that, and takes
/// half the time of packing all and running once, or a tenth.
[[nodiscard]] std::unique_ptr<const Executor> unpacked_executor_of(const NetworkSource& network);
/// An ExecutorFactory.
[[nodiscard]] Result<std::unique_ptr<const Executor>> unpacked_executor(const parameters::ModelSpec& spec,
                                                                        const parameters::ParameterLayout& layout,
                                                                        std::span<const float> parameters);

}  // namespace skerry::node
