#pragma once

#include <string_view>
#include <vector>

#include "common/base/error.hpp"

namespace skerry::bench {

/// What hostile clients send in place of what they have learned.
enum class Attack {
    None,
    SignFlip,   ///< -Δ
    Scaling,    ///< 100·Δ, clipped to the lease's norm as an honest node's would be
    Nan,        ///< not a number
    LabelFlip,  ///< learned from 9 - label
    Alie,       ///< μ - 1.5·σ of the honest, by coordinate. Baruch et al. 2019, "A Little Is Enough"
    Ipm,        ///< -5·μ of the honest: 4 of 20 turn the mean round. Xie et al. 2020, "Fall of Empires"
};

/// "sign_flip". InvalidInput: another name; the message lists those that exist.
[[nodiscard]] Result<Attack> attack_named(std::string_view name);

/// The hostile update. `own`: what the client would send if it were honest (after a LabelFlip it is hostile already);
/// `honest`: what all honest clients of the round send, which colluders are taken to know.
[[nodiscard]] std::vector<float> hostile_update(Attack attack, std::vector<float> own,
                                                const std::vector<std::vector<float>>& honest, float norm_max);

}  // namespace skerry::bench
