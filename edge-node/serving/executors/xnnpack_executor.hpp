#pragma once

#include "edge-node/serving/executors/executor.hpp"
#include "edge-node/serving/executors/network.hpp"

namespace skerry::node {

/// A Packer. XNNPACK's operators with bias and ReLU in them: kernels for ARM's and x86's vector units, where oneDNN has
/// none of its own for ARM. An operator serves one thread at a time, so there are as many sets as threads ever ran at
/// once, and the weights are kept beside them. Runs on the calling thread alone. Internal: XNNPACK cannot run a layer
/// of this model, or this processor. https://github.com/google/XNNPACK
[[nodiscard]] Result<std::unique_ptr<const Executor>> xnnpack_executor(const parameters::ModelSpec&,
                                                                       const NetworkSource& network);

}  // namespace skerry::node
