#pragma once

#include <memory>
#include <utility>
#include <vector>

namespace skerry {

/// The weights of a model, which several hold and nobody changes.
using SharedWeights = std::shared_ptr<const std::vector<float>>;

[[nodiscard]] inline SharedWeights shared(std::vector<float> weights) {
    return std::make_shared<const std::vector<float>>(std::move(weights));
}

}  // namespace skerry
