#pragma once

#include <optional>
#include <span>
#include <vector>

#include "aggregation/optimisers/optimiser_spec.hpp"
#include "common/base/bytes.hpp"

namespace skerry::aggregation {

/// Turns the mean Δ of each round into the step that the model takes, and remembers what it needs for the next one.
///
///     none      w ← w + Δ                                       the same bytes as a plain addition
///     momentum  m ← β₁·m + Δ             w ← w + η·m             Hsu et al. 2019, "Measuring the Effects of Non-
///                                                               Identical Data Distribution…" (FedAvgM)
///     adam      m ← β₁·m + (1-β₁)·Δ      w ← w + η·m/(√v + τ)    Reddi et al. 2021, "Adaptive Federated Optimization",
///               v ← β₂·v + (1-β₂)·Δ²                            Algorithm 2, as the next two: m begins at 0, v at τ²,
///     yogi      v ← v - (1-β₂)·Δ²·sign(v - Δ²)                  and so it has no correction of a bias
///     adagrad   v ← v + Δ²
///
/// Each operation is one of IEEE 754 on doubles, m, v and w are rounded to float32 where they are kept: the same bytes
/// on every machine. Memory: 4 or 8 bytes a parameter. Not thread-safe.
class ServerOptimiser {
public:
    /// Whether `bytes` begin like a state of this kind, for so many parameters: what another kind has left is no state
    /// to go on from.
    [[nodiscard]] static bool is_state_of(OptimiserKind kind, std::size_t parameters, ByteView bytes);

    /// `front` with what `back` remembers of the parameters from `first` on, for weights that are joined likewise.
    /// Nothing: they are no states of one kind for more parameters than `first`.
    [[nodiscard]] static std::optional<Bytes> joined(ByteView front, ByteView back, std::size_t first);

    /// As before the first step.
    ServerOptimiser(const OptimiserSpec& spec, std::size_t parameters);
    /// What encode() wrote; the rates of `spec` may be others than they were.
    /// InvalidInput: of another kind or number of parameters, or damaged. Takes no more memory
    /// than a state of `parameters` has, whatever the bytes say.
    [[nodiscard]] static Result<ServerOptimiser> decode(const OptimiserSpec& spec, std::size_t parameters,
                                                        ByteView bytes);

    /// Adds the step to weights [first, last). `mean` and `weights`: shape [parameters], `mean` within
    /// limits::kDeltaMax. What lies outside the range, and what is remembered of it, stays: a caller leaves out the
    /// normaliser's moments, and what no update reached.
    void step(std::span<const float> mean, std::span<float> weights, std::size_t first, std::size_t last);

    /// false: of what it does, nothing but the weights is left.
    [[nodiscard]] bool remembers() const { return spec_.has_first_moment(); }
    /// The state, canonically: kind, parameters, m, v, little-endian.
    [[nodiscard]] Bytes encode() const;
    /// SHA-256 of encode().
    [[nodiscard]] Digest digest() const;

private:
    OptimiserSpec spec_;
    std::size_t parameters_;
    std::vector<float> first_moment_;   ///< m, shape [parameters]; empty without one
    std::vector<float> second_moment_;  ///< v, shape [parameters]; empty without one
};

}  // namespace skerry::aggregation
