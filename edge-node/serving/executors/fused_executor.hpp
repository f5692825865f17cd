#pragma once

#include "edge-node/serving/executors/executor.hpp"
#include "edge-node/serving/executors/network.hpp"

namespace skerry::node {

/// A Packer. Our own kernels with fused multiply-add: bias, ReLU and the next layer's zero padding are part of them,
/// and tiles run across rows and samples. Sums are ordered otherwise than the reference's, so the last bits differ.
/// Unavailable: this processor has no fused multiply-add.
[[nodiscard]] Result<std::unique_ptr<const Executor>> fused_executor(const parameters::ModelSpec&,
                                                                     const NetworkSource& network);

}  // namespace skerry::node
