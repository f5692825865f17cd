#pragma once

#include <cstdint>

#include "common/base/ids.hpp"
#include "common/parameters/layout.hpp"

namespace skerry::node {

/// What one kind of task needs: its measured peak and a margin of 15 %, because the next may be larger than all that
/// were seen. Before the first measurement the peak is what the sizes of its tensors add up to.
class TaskNeed {
public:
    explicit TaskNeed(std::uint64_t accounted) : peak_(accounted) {}

    /// The most that one such task was seen to hold. The first replaces what was accounted; later ones only raise it.
    void measured(std::uint64_t peak);
    /// In bytes.
    [[nodiscard]] std::uint64_t bytes() const;

private:
    std::uint64_t peak_;
    bool measured_ = false;
};

/// The tensors of the tasks of one model on a node that holds `held`, in bytes.
struct TensorAccount {
    std::uint64_t sample = 0;    ///< answering one sample: its values, two maps and the logits of each exit
    std::uint64_t snapshot = 0;  ///< one version for serving: the vector, and as packed by its executor
    std::uint64_t install = 0;   ///< the version fetched, the weights rebased on it with one Δ, and the next snapshot
    /// The learner with LibTorch, the weights with their gradient and the optimiser's memory, one mini-step's maps, and
    /// the snapshot of the step.
    std::uint64_t learning = 0;
};

/// A mini-step as far as memory goes.
struct StepShape {
    std::size_t rows = 0;
    std::size_t optimiser_vectors = 0;  ///< as long as the parameters
};

/// Sums of sizes that ModelSpec::problems() has bounded.
[[nodiscard]] TensorAccount account_of(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
                                       Tier held, const StepShape& step);

}  // namespace skerry::node
