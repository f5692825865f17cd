#include "tests/bench/fleet/softmax_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace skerry::bench {
namespace {

using Scores = std::array<float, kDigits>;

std::span<const float> image(const Images& images, std::size_t index) {
    return std::span(images.pixels).subspan(index * kPixels, kPixels);
}

Scores scores_of(std::span<const float> pixels, std::span<const float> weights) {
    Scores scores;
    std::copy_n(weights.data() + kPixels * kDigits, kDigits, scores.begin());
    for (std::size_t i = 0; i < kPixels; ++i) {
        if (pixels[i] == 0) continue;  // four of five
        for (std::size_t c = 0; c < kDigits; ++c)
            scores[c] += pixels[i] * weights[i * kDigits + c];
    }
    return scores;
}

// weights ← weights - rate·(softmax - one hot)·(pixels, 1)
void descend(std::span<const float> pixels, const Scores& error, float rate, std::span<float> weights) {
    for (std::size_t i = 0; i < kPixels; ++i) {
        if (pixels[i] == 0) continue;
        for (std::size_t c = 0; c < kDigits; ++c)
            weights[i * kDigits + c] -= rate * pixels[i] * error[c];
    }
    for (std::size_t c = 0; c < kDigits; ++c)
        weights[kPixels * kDigits + c] -= rate * error[c];
}

Scores error_of(Scores scores, std::uint32_t label) {
    const float top = *std::max_element(scores.begin(), scores.end());
    float sum = 0;
    for (float& score : scores)
        sum += score = std::exp(score - top);
    for (float& score : scores)
        score /= sum;
    scores[label] -= 1;
    return scores;
}

}  // namespace

std::vector<float> train(const Images& images, std::span<const std::uint32_t> own, std::span<const float> weights,
                         const LocalTraining& how, std::mt19937_64& random) {
    std::vector<std::uint32_t> order(own.begin(), own.end());
    std::shuffle(order.begin(), order.end(), random);
    if (how.samples != 0) order.resize(std::min(how.samples, order.size()));
    std::vector<float> learned(weights.begin(), weights.end());
    std::vector<Scores> errors;
    for (std::size_t first = 0; first < order.size(); first += how.batch) {
        const std::size_t last = std::min(first + how.batch, order.size());
        errors.clear();
        for (std::size_t k = first; k < last; ++k) {
            const std::uint32_t label = images.labels[order[k]];
            errors.push_back(
                error_of(scores_of(image(images, order[k]), learned), how.flips_labels ? 9 - label : label));
        }
        const float rate = how.rate / static_cast<float>(last - first);
        for (std::size_t k = first; k < last; ++k)
            descend(image(images, order[k]), errors[k - first], rate, learned);
    }
    for (std::size_t i = 0; i < learned.size(); ++i)
        learned[i] -= weights[i];
    return learned;
}

double accuracy(const Images& images, std::span<const float> weights) {
    std::size_t right = 0;
    for (std::size_t k = 0; k < images.count(); ++k) {
        const Scores scores = scores_of(image(images, k), weights);
        const auto best = static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
        right += best == images.labels[k];
    }
    return static_cast<double>(right) / static_cast<double>(images.count());
}

}  // namespace skerry::bench
