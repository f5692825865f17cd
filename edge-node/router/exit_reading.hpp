#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skerry::node {

/// What the logits of one exit say about one sample.
struct ExitReading {
    std::vector<float> probabilities;  ///< softmax, shape [classes]
    std::uint32_t predicted = 0;       ///< the most probable class; of equals the first
    float probability = 0;             ///< of that class
    float margin = 0;                  ///< p₁ − p₂: 1 certain, 0 a tie
};

/// What is kept of an exit that was read: enough to compare it with a deeper one.
struct ExitGlance {
    std::uint32_t predicted = 0;
    float margin = 0;
};

/// `logits`: shape [classes], at least two. `temperature`: above 0; it flattens (above 1) or sharpens the softmax and
/// never changes the predicted class. Guo et al. 2017, "On Calibration of Modern Neural Networks", §4.2. Logits that
/// are not finite read as a tie of all classes, which sends the sample on to a deeper exit.
[[nodiscard]] ExitReading read_exit(std::span<const float> logits, float temperature = 1);

}  // namespace skerry::node
