#include "edge-node/learning/replay_share.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::node {
namespace {

constexpr std::size_t kFewest = 20;
constexpr double kShareDeviations = 2;
constexpr double kMove = 1.2;
constexpr double kReturn = 0.1;
constexpr double kShareLeast = 0.5, kShareMost = 2;

struct Share {
    double mean = 0;
    double variance = 0;  ///< of the mean
};

// Of a share of 0 or 1 the variance is not 0: one error more is assumed either way (Agresti, Coull 1998).
Share share_of(const std::vector<bool>& errors) {
    const auto count = static_cast<double>(errors.size());
    const auto wrong = static_cast<double>(std::count(errors.begin(), errors.end(), true));
    const double assumed = (wrong + 1) / (count + 2);
    return {wrong / count, assumed * (1 - assumed) / count};
}

}  // namespace

void ReplayShare::observe(const std::vector<bool>& errors_now, const std::vector<bool>& errors_of_past) {
    if (errors_now.size() < kFewest || errors_of_past.size() < kFewest) return;
    const Share now = share_of(errors_now), past = share_of(errors_of_past);
    const double t = (past.mean - now.mean) / std::sqrt(now.variance + past.variance);
    if (std::abs(t) <= kShareDeviations) {
        factor_ = std::pow(factor_, 1 - kReturn);
    } else {
        factor_ = std::clamp(t > 0 ? factor_ * kMove : factor_ / kMove, kShareLeast, kShareMost);
    }
}

std::size_t ReplayShare::rows(std::size_t configured) const {
    return static_cast<std::size_t>(std::lround(static_cast<double>(configured) * factor_));
}

std::size_t ReplayShare::rows_max(std::size_t configured) {
    return static_cast<std::size_t>(std::lround(static_cast<double>(configured) * kShareMost));
}

Result<> ReplayShare::load(ByteReader& from) {
    factor_ = from.get<double>();
    if (!from.ok() || !(factor_ >= kShareLeast && factor_ <= kShareMost)) {
        return fail(ErrorCode::InvalidInput, "the saved share of replay is damaged");
    }
    return {};
}

}  // namespace skerry::node
