#include "edge-node/router/audit_window.hpp"

#include <algorithm>

namespace skerry::node {
namespace {

// Faded below this an audit only costs time.
constexpr float kWeightMin = 0.01F;

}  // namespace

void AuditWindow::add(const Audit& audit) {
    if (audits_.size() < kCapacity) {
        audits_.push_back(audit);
        return;
    }
    audits_[next_] = audit;
    next_ = (next_ + 1) % kCapacity;
}

void AuditWindow::fade(float factor) {
    std::rotate(audits_.begin(), audits_.begin() + static_cast<std::ptrdiff_t>(next_), audits_.end());
    next_ = 0;
    for (Audit& audit : audits_)
        audit.weight *= factor;
    std::erase_if(audits_, [](const Audit& audit) { return !(audit.weight >= kWeightMin); });
}

double AuditWindow::effective() const {
    double sum = 0;
    double squares = 0;
    for (const Audit& audit : audits_) {
        const double weight = static_cast<double>(audit.weight);
        sum += weight;
        squares += weight * weight;
    }
    return squares > 0 ? sum * sum / squares : 0;
}

AuditWindow::Disagreement AuditWindow::disagreement() const {
    double sum = 0;
    double lost = 0;
    for (const Audit& audit : audits_) {
        sum += static_cast<double>(audit.weight);
        lost += audit.lost() ? static_cast<double>(audit.weight) : 0;
    }
    if (!(sum > 0)) return {};
    const double trials = effective();
    return {lost / sum, clopper_pearson(lost / sum * trials, trials, 0.95)};
}

}  // namespace skerry::node
