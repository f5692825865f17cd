#include "feedback/counterexamples/variation.hpp"

#include <algorithm>
#include <cmath>

#include "common/base/error.hpp"

namespace skerry::feedback {
namespace {

using parameters::InputSpec;

struct Movement {
    double shift_x = 0;
    double shift_y = 0;
    double sine = 0;
    double cosine = 1;
};

/// The value at a place between pixels, by the four around it; beyond the border it is the border's.
float value_at(std::span<const float> image, std::size_t height, std::size_t width, double y, double x) {
    const double top = std::clamp(y, 0.0, static_cast<double>(height - 1));
    const double left = std::clamp(x, 0.0, static_cast<double>(width - 1));
    const auto y0 = static_cast<std::size_t>(top);
    const auto x0 = static_cast<std::size_t>(left);
    const std::size_t y1 = std::min(y0 + 1, height - 1);
    const std::size_t x1 = std::min(x0 + 1, width - 1);
    const double down = top - static_cast<double>(y0);
    const double right = left - static_cast<double>(x0);
    const auto pixel = [&](std::size_t row, std::size_t column) { return double{image[row * width + column]}; };
    return static_cast<float>((1 - down) * ((1 - right) * pixel(y0, x0) + right * pixel(y0, x1)) +
                              down * ((1 - right) * pixel(y1, x0) + right * pixel(y1, x1)));
}

std::vector<float> moved(const InputSpec& input, std::span<const float> row, const Movement& movement) {
    const std::size_t height = input.shape[1];
    const std::size_t width = input.shape[2];
    const double middle_y = static_cast<double>(height - 1) / 2;
    const double middle_x = static_cast<double>(width - 1) / 2;
    std::vector<float> made;
    made.reserve(row.size());
    for (std::size_t channel = 0; channel < input.shape[0]; ++channel) {
        const auto image = row.subspan(channel * height * width, height * width);
        for (std::size_t y = 0; y < height; ++y) {
            for (std::size_t x = 0; x < width; ++x) {
                const double dy = static_cast<double>(y) - middle_y - movement.shift_y;
                const double dx = static_cast<double>(x) - middle_x - movement.shift_x;
                made.push_back(value_at(image, height, width, middle_y + movement.cosine * dy - movement.sine * dx,
                                        middle_x + movement.sine * dy + movement.cosine * dx));
            }
        }
    }
    return made;
}

std::vector<float> with_noise(const InputSpec& input, std::span<const float> row, std::span<const float> deviations,
                              double noise, Random& random) {
    const std::size_t a_channel = input.values() / input.channels();
    std::vector<float> made(row.begin(), row.end());
    for (std::size_t i = 0; i < made.size(); ++i)
        made[i] += static_cast<float>(noise * double{deviations[i / a_channel]} * random.bell());
    return made;
}

}  // namespace

std::vector<float> varied(const parameters::ModelSpec& spec, std::span<const float> row,
                          std::span<const float> deviations, const VariationLimits& limits, Random& random) {
    SKERRY_ASSERT(row.size() == spec.input.values() && deviations.size() == spec.input.channels());
    if (spec.modality == parameters::Modality::Tabular) {
        return with_noise(spec.input, row, deviations, limits.jitter, random);
    }
    if (random.below(3) == 0) return with_noise(spec.input, row, deviations, limits.noise, random);
    Movement movement;
    movement.shift_x = random.uniform(-limits.shift, limits.shift);
    movement.shift_y = random.uniform(-limits.shift, limits.shift);
    // By the tangent of half the angle: roots and products alone give the same bits everywhere.
    const double half = random.uniform(-limits.turn, limits.turn) / 2;
    movement.sine = 2 * half / (1 + half * half);
    movement.cosine = (1 - half * half) / (1 + half * half);
    return moved(spec.input, row, movement);
}

}  // namespace skerry::feedback
