#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace skerry::bench {

/// Images of 28×28 grey values in 0 … 1, and their classes.
struct Images {
    std::vector<float> pixels;  ///< shape [count, 784]
    std::vector<std::uint32_t> labels;

    [[nodiscard]] std::size_t count() const { return labels.size(); }
};

inline constexpr std::size_t kPixels = 784;
inline constexpr std::size_t kDigits = 10;
/// A row of ten for each pixel, then the biases.
inline constexpr std::size_t kSoftmaxValues = (kPixels + 1) * kDigits;

struct LocalTraining {
    std::size_t samples = 0;  ///< drawn of the client's own; 0: all of them once
    std::size_t batch = 32;
    float rate = 0.1F;
    bool flips_labels = false;  ///< learns 9 - label
};

/// Logistic regression, one pass of mini-batch SGD over samples of `own`. Gives what the weights change by.
[[nodiscard]] std::vector<float> train(const Images& images, std::span<const std::uint32_t> own,
                                       std::span<const float> weights, const LocalTraining& how,
                                       std::mt19937_64& random);

/// The share of images whose class has the largest score.
[[nodiscard]] double accuracy(const Images& images, std::span<const float> weights);

}  // namespace skerry::bench
