#include "feedback/drift/page_hinkley.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::feedback {

bool PageHinkley::add(double value) {
    ++values_;
    mean_ += (value - mean_) / static_cast<double>(values_);
    sum_ = std::max(0.0, config_.memory * sum_ + value - mean_ - config_.tolerated);
    if (values_ < config_.values_min || sum_ <= config_.threshold) return false;
    *this = PageHinkley(config_);
    return true;
}

void PageHinkley::save(ByteWriter& to) const {
    to.put(values_).put(mean_).put(sum_);
}

Result<PageHinkley> PageHinkley::load(ByteReader& from, const Config& config) {
    PageHinkley loaded(config);
    loaded.values_ = from.get<std::uint64_t>();
    loaded.mean_ = from.get<double>();
    loaded.sum_ = from.get<double>();
    if (!from.ok() || !std::isfinite(loaded.mean_) || !std::isfinite(loaded.sum_) || loaded.sum_ < 0) {
        return fail(ErrorCode::InvalidInput, "the drift detector's saved sum is damaged");
    }
    return loaded;
}

}  // namespace skerry::feedback
