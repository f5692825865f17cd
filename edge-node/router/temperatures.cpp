#include "edge-node/router/temperatures.hpp"

#include <algorithm>
#include <cmath>

#include "edge-node/router/auroc.hpp"

namespace skerry::node {
namespace {

constexpr std::size_t kLogitsMax = 150'000;

/// Of the mean cross entropy in β = 1/T, which is convex in β.
struct Derivatives {
    double first = 0;
    double second = 0;
};

void add_derivatives(std::span<const float> logits, std::uint32_t label, double beta, Derivatives& sum) {
    const double largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
    double total = 0, mean = 0, square = 0;
    for (const float logit : logits) {
        const double z = static_cast<double>(logit) - largest;
        const double share = std::exp(beta * z);
        total += share;
        mean += share * z;
        square += share * z * z;
    }
    mean /= total;
    sum.first += mean - (static_cast<double>(logits[label]) - largest);
    sum.second += square / total - mean * mean;
}

std::size_t predicted_by(std::span<const float> logits) {
    return static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace

void LabelledReadings::add(std::span<const float> logits, std::span<const std::uint32_t> labels, std::size_t classes) {
    SKERRY_ASSERT(classes >= 2 && logits.size() == labels.size() * kTiers * classes);
    if (classes != classes_) {
        rows_.clear();
        next_ = 0;
        heavy_right_ = 0;
        classes_ = classes;
        capacity_ = std::clamp(kLogitsMax / (kTiers * classes), kReadingsMin, kReadingsMax);
    }
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const auto values = logits.subspan(row * kTiers * classes, kTiers * classes);
        const bool finite = std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
        if (!finite || labels[row] >= classes) continue;
        Row reading{labels[row], std::vector<float>(values.begin(), values.end())};
        reading.heavy_right = predicted_by(logits_of(reading, kTiers - 1)) == reading.label;
        heavy_right_ += reading.heavy_right ? 1 : 0;
        ++seen_;
        if (rows_.size() < capacity_) {
            rows_.push_back(std::move(reading));
        } else {
            heavy_right_ -= rows_[next_].heavy_right ? 1 : 0;
            rows_[next_] = std::move(reading);
            next_ = (next_ + 1) % capacity_;
        }
    }
}

std::span<const float> LabelledReadings::logits_of(const Row& row, std::size_t exit) const {
    return std::span(row.logits).subspan(exit * classes_, classes_);
}

Router::Temperatures LabelledReadings::fitted(Router::Temperatures from) const {
    if (rows_.empty()) return {1, 1, 1};
    Router::Temperatures temperatures = from;
    for (std::size_t exit = 0; exit < kTiers; ++exit) {
        double low = 1.0 / static_cast<double>(kTemperatureMax);
        double high = 1.0 / static_cast<double>(kTemperatureMin);
        double beta = std::clamp(1 / static_cast<double>(from[exit]), low, high);
        for (int i = 0; i < 20; ++i) {
            Derivatives sum;
            for (const Row& row : rows_)
                add_derivatives(logits_of(row, exit), row.label, beta, sum);
            (sum.first > 0 ? high : low) = beta;
            // Newton's step where it stays inside what the sign has left, bisection else.
            double next = sum.second > 0 ? beta - sum.first / sum.second : (low + high) / 2;
            if (!(next > low && next < high)) next = (low + high) / 2;
            const bool settled = std::abs(next - beta) < 1e-4 * beta;
            beta = next;
            if (settled) break;
        }
        temperatures[exit] = std::clamp(static_cast<float>(1 / beta), kTemperatureMin, kTemperatureMax);
    }
    return temperatures;
}

std::optional<double> LabelledReadings::heavy_accuracy() const {
    if (rows_.empty()) return std::nullopt;
    return static_cast<double>(heavy_right_) / static_cast<double>(rows_.size());
}

std::optional<double> LabelledReadings::gate_auroc(const Router& router) const {
    std::vector<ScoredEvent> events;
    for (const Row& row : rows_) {
        const ExitReading light = router.read(Tier::Light, logits_of(row, 0));
        const bool helps = light.predicted != row.label && row.heavy_right;
        events.push_back({1.0 - static_cast<double>(light.margin), helps, 1});
    }
    return auroc(std::move(events));
}

}  // namespace skerry::node
