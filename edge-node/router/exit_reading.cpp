#include "edge-node/router/exit_reading.hpp"

#include <algorithm>
#include <cmath>

#include "common/base/error.hpp"

namespace skerry::node {

ExitReading read_exit(std::span<const float> logits, float temperature) {
    SKERRY_ASSERT(logits.size() >= 2 && temperature > 0);
    const std::size_t best = static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
    ExitReading reading;
    reading.predicted = static_cast<std::uint32_t>(best);
    reading.probabilities.resize(logits.size());
    float sum = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        reading.probabilities[i] = std::exp((logits[i] - logits[best]) / temperature);
        sum += reading.probabilities[i];
    }
    if (!std::isfinite(sum)) {
        const float share = 1.0F / static_cast<float>(logits.size());
        std::fill(reading.probabilities.begin(), reading.probabilities.end(), share);
        reading.predicted = 0;
        reading.probability = share;
        return reading;
    }
    float second = 0;
    for (std::size_t i = 0; i < logits.size(); ++i) {
        reading.probabilities[i] /= sum;
        if (i != best) second = std::max(second, reading.probabilities[i]);
    }
    reading.probability = reading.probabilities[best];
    reading.margin = reading.probability - second;
    return reading;
}

}  // namespace skerry::node
