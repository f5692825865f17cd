#include "coordinator/round/fleet_soft_labels.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "common/base/limits.hpp"

namespace skerry::coordinator {
namespace {

using wire::SoftLabels;

// Rows are at most those of a round's updates, and as many again from all versions before, each halved; the largest
// product is that of their shares with the whole.
static_assert(2 * limits::kRoundUpdatesMax <=
              (1ULL << 62U) / FleetSoftLabels::kRowsMax / SoftLabels::kWhole / SoftLabels::kWhole);

/// Rows as far as they count, in their proportion to each other.
void moderate(std::vector<std::uint32_t>& rows) {
    std::uint64_t sum = 0;
    for (std::uint32_t& of_class : rows) {
        of_class = std::min(of_class, FleetSoftLabels::kRowsMax);
        sum += of_class;
    }
    if (sum <= FleetSoftLabels::kVoiceRowsMax) return;
    for (std::uint32_t& of_class : rows)
        of_class = static_cast<std::uint32_t>(of_class * FleetSoftLabels::kVoiceRowsMax / sum);
}

}  // namespace

void FleetSoftLabels::halve(Sum& sum) {
    const std::size_t classes = sum.rows.size();
    for (std::size_t truth = 0; truth < classes; ++truth) {
        // Nothing is left of the last row, so nothing may be left of its shares.
        const bool gone = sum.rows[truth] < 2;
        sum.rows[truth] /= 2;
        for (std::uint64_t& share : std::span(sum.shares).subspan(truth * classes, classes))
            share = gone ? 0 : share / 2;
    }
}

void FleetSoftLabels::add(Sum& sum, const SoftLabels& voice) {
    const std::size_t classes = voice.classes();
    sum.rows.resize(classes);
    sum.shares.resize(classes * classes);
    for (std::size_t i = 0; i < voice.shares.size(); ++i)
        sum.shares[i] += std::uint64_t{voice.rows[i / classes]} * voice.shares[i];
    for (std::size_t truth = 0; truth < classes; ++truth)
        sum.rows[truth] += voice.rows[truth];
}

SoftLabels FleetSoftLabels::announced(const Sum& sum) {
    const bool nothing = std::all_of(sum.rows.begin(), sum.rows.end(), [](std::uint64_t rows) { return rows == 0; });
    if (nothing) return {};
    const std::size_t classes = sum.rows.size();
    SoftLabels labels;
    for (std::size_t truth = 0; truth < classes; ++truth) {
        labels.rows.push_back(static_cast<std::uint32_t>(sum.rows[truth]));
        const auto shares = std::span(sum.shares).subspan(truth * classes, classes);
        std::uint64_t whole = 0;
        for (const std::uint64_t share : shares)
            whole += share;
        for (const std::uint64_t share : shares)
            labels.shares.push_back(static_cast<std::uint16_t>(whole == 0 ? 0 : share * SoftLabels::kWhole / whole));
    }
    return labels;
}

void FleetSoftLabels::apply(const ledger::UpdateAccepted& event) {
    if (event.soft_labels.empty()) return;
    SoftLabels voice = event.soft_labels;
    moderate(voice.rows);
    waiting_[event.update] = std::move(voice);
}

void FleetSoftLabels::apply(const ledger::UpdateSetAside& event) {
    waiting_.erase(event.update);
}

void FleetSoftLabels::count(const std::vector<Contribution>& set) {
    known_ = sum_with(set);
    for (const Contribution& counted : set)
        waiting_.erase(counted.update);
}

FleetSoftLabels::Sum FleetSoftLabels::sum_with(const std::vector<Contribution>& set) const {
    Sum sum = known_;
    bool news = false;
    for (const Contribution& counted : set) {
        const auto found = waiting_.find(counted.update);
        if (found == waiting_.end()) continue;
        if (!std::exchange(news, true)) halve(sum);
        add(sum, found->second);
    }
    return sum;
}

}  // namespace skerry::coordinator
