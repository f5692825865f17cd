#pragma once

#include "edge-node/serving/executors/calibration_rows.hpp"
#include "edge-node/serving/executors/lineup.hpp"

namespace skerry::node {

/// The stages behind the light one in integers, on oneDNN: unsigned activations with one scale a layer, signed weights
/// with one scale an output channel. The light stage reads signed input, and heads are small: both stay float32, on the
/// executor that `exact` makes. Only for throughput: it does not promise the reference's numbers.
///
/// Without VNNI the processor's instruction adds pairs of products in 16 bits, so activations have 7 bits there.
/// Scales are part of the compiled code, so each snapshot is compiled anew. Executors run on the calling thread alone.
/// Unavailable: no rows. Internal: oneDNN cannot run a layer of this model.
/// https://oneapi-src.github.io/oneDNN/v2.6/dev_guide_inference_int8.html
[[nodiscard]] ExecutorFactory int8_executor(Packer exact, CalibrationRows rows);

}  // namespace skerry::node
