#include "edge-node/learning/row_losses.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::node {
namespace {

double cross_entropy(std::span<const float> logits, std::span<const float> log_prior, std::uint32_t label) {
    const auto adjusted = [&](std::size_t c) {
        return double{logits[c]} + (log_prior.empty() ? 0.0 : double{log_prior[c]});
    };
    double highest = adjusted(0);
    for (std::size_t c = 1; c < logits.size(); ++c)
        highest = std::max(highest, adjusted(c));
    double sum = 0;
    for (std::size_t c = 0; c < logits.size(); ++c)
        sum += std::exp(adjusted(c) - highest);
    return highest + std::log(sum) - adjusted(label);
}

}  // namespace

std::vector<float> row_losses(const ForwardResult& answers, std::size_t first, std::span<const std::uint32_t> labels,
                              const std::array<float, kTiers>& exit_weights, std::span<const float> log_prior) {
    double total = 0;
    for (std::size_t k = 0; k < answers.exits; ++k)
        total += exit_weights[k];
    std::vector<float> losses;
    losses.reserve(labels.size());
    for (std::size_t i = 0; i < labels.size(); ++i) {
        double loss = 0;
        for (std::size_t k = 0; k < answers.exits; ++k) {
            loss += exit_weights[k] / total * cross_entropy(answers.logits_of(first + i, k), log_prior, labels[i]);
        }
        losses.push_back(static_cast<float>(loss));
    }
    return losses;
}

std::vector<bool> row_errors(const ForwardResult& answers, std::size_t first, std::span<const std::uint32_t> labels) {
    std::vector<bool> errors;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto logits = answers.logits_of(first + i, answers.exits - 1);
        errors.push_back(std::max_element(logits.begin(), logits.end()) - logits.begin() != std::ptrdiff_t{labels[i]});
    }
    return errors;
}

double mean_of(std::span<const float> values) {
    double sum = 0;
    for (const float value : values)
        sum += value;
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

}  // namespace skerry::node
