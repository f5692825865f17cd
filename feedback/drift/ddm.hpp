#pragma once

#include <cstdint>

#include "common/base/bytes.hpp"

namespace skerry::feedback {

/// Compares the error rate since the last drift with the best that it ever was. Warns before it alarms, so that samples
/// can be kept from the warning on. A few numbers of memory. Not thread-safe.
/// Gama et al. 2004, "Learning with drift detection" (DDM).
class Ddm {
public:
    enum class Level : std::uint8_t { Stable, Warning, Drift };

    struct Config {
        std::uint64_t errors_min = 30;  ///< bits before it may speak
        double warning_deviations = 2;  ///< above the best rate, in its own deviations
        double drift_deviations = 3;
    };

    explicit Ddm(const Config& config) : config_(config) {}
    Ddm() : Ddm(Config{}) {}

    /// Drift: it begins anew with the next bit.
    Level add(bool error);

    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote.
    [[nodiscard]] static Result<Ddm> load(ByteReader& from, const Config& config);

private:
    Config config_;
    std::uint64_t bits_ = 0;
    std::uint64_t errors_ = 0;
    bool has_best_ = false;
    double best_rate_ = 0;
    double best_deviation_ = 0;
};

}  // namespace skerry::feedback
