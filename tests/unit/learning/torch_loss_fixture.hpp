#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "tests/unit/learning/torch_engine_fixture.hpp"

namespace skerry::node::testing {

/// The engine's loss, written down once more.
class TorchLossFixture : public TorchEngineFixture {
protected:
    // engine.hpp's loss, written down from its text in double precision on the engine's own logits.
    double loss(const std::vector<float>& theta) {
        const std::size_t classes = 3;
        const std::size_t exits = static_cast<std::size_t>(*layout_.tier_of_prefix(theta.size())) + 1;
        std::vector<float> logits(kRows * exits * classes);
        EXPECT_TRUE(engine_.forward(theta, rows_, logits));
        double total = 0, weights = 0;
        for (const TrainRow& row : plan_.steps[0])
            weights += double{row.weight};
        for (const TrainRow& row : plan_.steps[0]) {
            for (std::size_t k = 0; k < exits; ++k) {
                const float* z = logits.data() + (row.row * exits + k) * classes;
                double sum = 0;
                for (std::size_t c = 0; c < classes; ++c)
                    sum += std::exp(double{z[c]} + double{plan_.class_log_prior[c]});
                const double p = std::exp(double{z[row.label]} + double{plan_.class_log_prior[row.label]}) / sum;
                const double noise = double{plan_.label_noise};
                const double a = k + 1 == exits ? double{plan_.class_target_share} : 0;
                total += double{plan_.exit_weights[k]} * double{row.weight} / weights *
                         ((1 - a) * -std::log((1 - noise) * p + noise * (1 - p) / 2) +
                          (a > 0 ? a * apart_from_its_class(z, row.label) : 0) +
                          double{plan_.distillation[k]} *
                              distilled(logits.data() + row.row * exits * classes, k, exits, row.label));
            }
            if (!row.target) continue;
            const float* z = logits.data() + (row.row * exits + exits - 1) * classes;
            for (std::size_t c = 0; c < classes; ++c) {
                const double gap = double{z[c]} - double{targets_[*row.target * classes + c]};
                total += double{plan_.logit_weight} * double{row.weight} / weights * gap * gap /
                         static_cast<double>(classes);
            }
        }
        for (std::size_t i = layout_.statistics(); i < theta.size() && plan_.proximal > 0; ++i) {
            total += double{plan_.proximal} / 2 * std::pow(double{theta[i]} - double{anchor_[i]}, 2);
        }
        return total;
    }

    static std::array<double, 3> softened(std::array<double, 3> logits) {
        double sum = 0;
        for (double& value : logits)
            sum += value = std::exp(value / 2);
        for (double& value : logits)
            value /= sum;
        return logits;
    }

    // T²·KL of one row's deepest logits from what its class is like.
    [[nodiscard]] double apart_from_its_class(const float* z, std::uint32_t label) const {
        const auto q = softened({double{z[0]}, double{z[1]}, double{z[2]}});
        double divergence = 0;
        for (std::size_t c = 0; c < 3; ++c) {
            const double p = plan_.class_targets[label * 3 + c];
            if (p > 0) divergence += p * std::log(p / q[c]);
        }
        return 4 * divergence;
    }

    // T²·KL of one row: `z` are its logits, shape [exits, 3].
    static double distilled(const float* z, std::size_t k, std::size_t exits, std::uint32_t label) {
        if (k + 1 == exits) return 0;
        std::array<double, 3> teacher{}, said{};
        for (std::size_t c = 0; c < 3; ++c) {
            for (std::size_t deeper = k + 1; deeper < exits; ++deeper)
                teacher[c] += double{z[deeper * 3 + c]} / static_cast<double>(exits - k - 1);
            said[c] = z[k * 3 + c];
        }
        if (std::max_element(teacher.begin(), teacher.end()) - teacher.begin() != std::ptrdiff_t{label}) return 0;
        const auto p = softened(teacher), q = softened(said);
        double divergence = 0;
        for (std::size_t c = 0; c < 3; ++c)
            divergence += p[c] * std::log(p[c] / q[c]);
        return 4 * divergence;
    }

    // After Adam's first update m = 0.1·g: the gradient that was used.
    std::vector<float> gradient(std::vector<float> theta) {
        std::vector<float> memory(2 * theta.size()), losses(1);
        const auto anchor = std::span(anchor_).first(plan_.proximal > 0 ? theta.size() : 0);
        const auto trained = engine_.train({theta, memory, 0, rows_, targets_, anchor, losses}, plan_, kHere);
        EXPECT_TRUE(trained && trained->finite);
        loss_told_ = losses[0];
        std::vector<float> mean(memory.begin() + static_cast<std::ptrdiff_t>(theta.size()), memory.end());
        for (float& value : mean)
            value *= 10;
        return mean;
    }

    void expect_the_gradient_of_the_loss() {
        const auto computed = gradient(theta_);
        std::size_t compared = 0;
        std::size_t agreed = 0;
        for (std::size_t i = layout_.statistics(); i < theta_.size(); i += 1 + theta_.size() / 150) {
            const float h = 4e-3F;  // large enough for float32 logits
            auto up = theta_, down = theta_;
            up[i] += h;
            down[i] -= h;
            const double numeric = (loss(up) - loss(down)) / double{up[i] - down[i]};
            ++compared;
            if (std::abs(numeric - double{computed[i]}) < 0.02 * std::abs(numeric) + 2e-3) ++agreed;
        }
        EXPECT_GT(compared, 90U);
        EXPECT_GE(agreed, compared * 97 / 100);  // the rest cross a ReLU's corner within h
    }

    float loss_told_ = 0;  ///< by gradient()
};

}  // namespace skerry::node::testing
