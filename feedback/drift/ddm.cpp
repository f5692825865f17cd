#include "feedback/drift/ddm.hpp"

#include <cmath>

namespace skerry::feedback {

Ddm::Level Ddm::add(bool error) {
    ++bits_;
    if (error) ++errors_;
    const auto bits = static_cast<double>(bits_);
    const double rate = static_cast<double>(errors_) / bits;
    const double deviation = std::sqrt(rate * (1 - rate) / bits);
    if (bits_ < config_.errors_min) return Level::Stable;
    if (!has_best_ || rate + deviation <= best_rate_ + best_deviation_) {
        has_best_ = true;
        best_rate_ = rate;
        best_deviation_ = deviation;
    }
    if (rate + deviation > best_rate_ + config_.drift_deviations * best_deviation_) {
        *this = Ddm(config_);
        return Level::Drift;
    }
    return rate + deviation > best_rate_ + config_.warning_deviations * best_deviation_ ? Level::Warning
                                                                                        : Level::Stable;
}

void Ddm::save(ByteWriter& to) const {
    to.put(bits_).put(errors_).put(static_cast<std::uint8_t>(has_best_ ? 1 : 0)).put(best_rate_).put(best_deviation_);
}

Result<Ddm> Ddm::load(ByteReader& from, const Config& config) {
    Ddm loaded(config);
    loaded.bits_ = from.get<std::uint64_t>();
    loaded.errors_ = from.get<std::uint64_t>();
    const auto has_best = from.get<std::uint8_t>();
    loaded.has_best_ = has_best == 1;
    loaded.best_rate_ = from.get<double>();
    loaded.best_deviation_ = from.get<double>();
    const bool whole = from.ok() && has_best <= 1 && loaded.errors_ <= loaded.bits_ && loaded.best_rate_ >= 0 &&
                       loaded.best_rate_ <= 1 && loaded.best_deviation_ >= 0 && loaded.best_deviation_ <= 1;
    if (!whole) return fail(ErrorCode::InvalidInput, "the drift detector's saved rates are damaged");
    return loaded;
}

}  // namespace skerry::feedback
