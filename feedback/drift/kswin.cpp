#include "feedback/drift/kswin.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace skerry::feedback {
namespace {

// Both sorted. Equal numbers move both functions before they are compared.
double largest_distance(const std::vector<double>& a, const std::vector<double>& b) {
    double distance = 0;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        const double value = std::min(a[i], b[j]);
        while (i < a.size() && a[i] == value)
            ++i;
        while (j < b.size() && b[j] == value)
            ++j;
        distance = std::max(distance, std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                               static_cast<double>(j) / static_cast<double>(b.size())));
    }
    return distance;
}

}  // namespace

void Kswin::add(double value) {
    values_.push_back(value);
    if (values_.size() > config_.window) values_.pop_front();
}

std::optional<double> Kswin::check() {
    if (values_.size() < config_.window) return std::nullopt;
    const auto cut = values_.end() - static_cast<std::ptrdiff_t>(config_.newest);
    std::vector<double> older(values_.begin(), cut);
    std::vector<double> newest(cut, values_.end());
    std::sort(older.begin(), older.end());
    std::sort(newest.begin(), newest.end());
    const auto n = static_cast<double>(older.size());
    const auto m = static_cast<double>(newest.size());
    // The limit law's tail, 2·exp(−2·d²·n·m/(n+m)), solved for d.
    const double bound = std::sqrt(std::log(2 / config_.confidence) * (n + m) / (2 * n * m));
    const double distance = largest_distance(older, newest);
    if (distance <= bound) return std::nullopt;
    values_.erase(values_.begin(), values_.end() - static_cast<std::ptrdiff_t>(config_.newest));
    return distance;
}

void Kswin::save(ByteWriter& to) const {
    to.put(static_cast<std::uint32_t>(values_.size()));
    for (const double value : values_)
        to.put(value);
}

Result<Kswin> Kswin::load(ByteReader& from, const Config& config) {
    const auto damaged = [] { return fail(ErrorCode::InvalidInput, "the drift detector's saved window is damaged"); };
    Kswin loaded(config);
    const auto size = from.get<std::uint32_t>();
    if (!from.ok() || size > config.window || from.remaining() < size * sizeof(double)) return damaged();
    for (std::uint32_t i = 0; i < size; ++i) {
        loaded.values_.push_back(from.get<double>());
        if (!std::isfinite(loaded.values_.back())) return damaged();
    }
    return loaded;
}

}  // namespace skerry::feedback
