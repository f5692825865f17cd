#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/error.hpp"

namespace skerry::aggregation {

enum class OptimiserKind : std::uint8_t { None = 0, Momentum = 1, Adam = 2, Yogi = 3, Adagrad = 4 };

/// How a mean becomes a step. Names are those of Reddi et al. 2021, Algorithm 2; what a kind does not use stays as it
/// is here.
struct OptimiserSpec {
    OptimiserKind kind = OptimiserKind::None;
    double rate = 1;  ///< η
    double tau = 0;   ///< τ: how far the second moment adapts; added to its root, so never 0 where there is one
    double beta1 = 0;
    double beta2 = 0;

    [[nodiscard]] bool has_first_moment() const { return kind != OptimiserKind::None; }
    [[nodiscard]] bool has_second_moment() const { return has_first_moment() && kind != OptimiserKind::Momentum; }
};

/// "none", "momentum(rate, beta1)", "adam(rate, tau, beta1, beta2)", "yogi(…)" likewise, "adagrad(rate, tau, beta1)".
/// What is left out from the right is as the paper's experiments have it: rate 0.03 (momentum 1), τ 0.001, β₁ 0.9
/// (adagrad 0), β₂ 0.99.
/// InvalidInput: anything else; the message lists what there is.
[[nodiscard]] Result<OptimiserSpec> parse_optimiser(std::string_view text);

/// As parse_optimiser reads it, with every number.
[[nodiscard]] std::string text_of(const OptimiserSpec& spec);

}  // namespace skerry::aggregation
