#pragma once

#include <memory>
#include <span>

#include "common/parameters/layout.hpp"

namespace skerry::bench {

/// Which exits one pass computes.
enum class Path { LightAlone, HeavyAlone, HeavyWithAllHeads };

/// The same network in LibTorch eager, as an application would write it: weights in tensors, an operator a layer, in
/// inference mode on one thread.
class TorchPeer {
public:
    TorchPeer(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
              std::span<const float> parameters);
    ~TorchPeer();

    /// `input`: normalised, shape [batch, input.values()]. `logits`: shape [exits of the path, batch, classes].
    /// `onednn`: LibTorch's own switch; small layers are faster without.
    void run(Path path, bool onednn, std::span<const float> input, std::size_t batch, std::span<float> logits) const;

private:
    struct Network;
    std::unique_ptr<const Network> network_;
};

}  // namespace skerry::bench
