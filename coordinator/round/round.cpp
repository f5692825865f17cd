#include "coordinator/round/round.hpp"

#include <algorithm>
#include <cmath>

#include "aggregation/optimisers/optimiser_spec.hpp"
#include "aggregation/rules/rule_spec.hpp"
#include "common/base/limits.hpp"

namespace skerry::coordinator {

std::vector<std::string> RoundPolicy::problems() const {
    std::vector<std::string> found;
    if (quorum < 1) found.emplace_back("rounds.quorum must be at least 1");
    if (goal < quorum)
        found.emplace_back("rounds.goal must not be below rounds.quorum: a round that reaches it closes");
    if (goal > limits::kRoundUpdatesMax) {
        found.push_back("rounds.goal must be at most " + std::to_string(limits::kRoundUpdatesMax));
    }
    if (overcommit != 0 && !(overcommit >= 1 && overcommit <= 10)) {
        found.emplace_back(
            "rounds.overcommit must be 0 (whoever comes counts) or 1 to 10 (times the goal that is invited)");
    }
    if (recipe.tier_quorum < 1 || recipe.tier_quorum > limits::kRoundUpdatesMax) {
        found.push_back("rounds.tier_quorum must be 1 to " + std::to_string(limits::kRoundUpdatesMax));
    }
    if (deadline < std::chrono::milliseconds(100)) found.emplace_back("rounds.deadline must be at least 100ms");
    if (early_interval < std::chrono::seconds(1) || early_interval > wire::DriftNotice::kLastsMax) {
        found.emplace_back("rounds.early_interval must be 1s to 24h");
    }
    const auto rule = aggregation::parse_rule(recipe.rule);
    if (!rule) {
        found.push_back("rounds.rule: " + rule.error().message);
    } else {
        if (quorum >= 1 && quorum < rule->updates_min()) {
            found.push_back("rounds.quorum must be at least " + std::to_string(rule->updates_min()) +
                            ", because rounds.rule = \"" + recipe.rule + "\" promises nothing for fewer updates");
        }
        if (rule->compares() && goal > aggregation::kComparedUpdatesMax) {
            found.push_back("rounds.goal must be at most " + std::to_string(aggregation::kComparedUpdatesMax) +
                            ": rounds.rule = \"" + recipe.rule + "\" compares each update with each");
        }
    }
    if (const auto optimiser = aggregation::parse_optimiser(recipe.optimiser); !optimiser) {
        found.push_back("rounds.optimiser: " + optimiser.error().message);
    }
    return found;
}

std::size_t RoundPolicy::cohort() const {
    return static_cast<std::size_t>(std::ceil(static_cast<double>(goal) * overcommit));
}

Round::Round(const ledger::RoundOpened& opened)
    : id_(opened.round),
      goal_(opened.goal),
      quorum_(opened.quorum),
      opened_(opened.at),
      deadline_(opened.deadline),
      recipe_(opened.recipe),
      phase_(Open{}) {}

Round::Due Round::due(std::uint64_t waiting, TimePoint now) const {
    if (!open()) return Due::Nothing;
    if (waiting >= goal_) return Due::Freeze;
    if (now < deadline_) return Due::Nothing;
    return waiting >= quorum_ ? Due::Freeze : Due::Abandon;
}

std::size_t Round::updates_max() const {
    const auto rule = aggregation::parse_rule(recipe_.rule);
    return rule && rule->compares() ? aggregation::kComparedUpdatesMax : limits::kRoundUpdatesMax;
}

void Round::count_from(TimePoint now) {
    if (now >= opened_) return;
    deadline_ = now + (deadline_ - opened_);
    opened_ = now;
}

void Round::freeze(ModelVersion parent, std::vector<UpdateId> set, const Digest& seed) {
    SKERRY_ASSERT(open() && std::is_sorted(set.begin(), set.end()));
    phase_ = Frozen{parent, std::move(set), seed};
}

void Round::publish(ModelVersion version) {
    SKERRY_ASSERT(frozen() != nullptr);
    phase_ = Published{version};
}

void Round::abandon() {
    SKERRY_ASSERT(open());
    phase_ = Abandoned{};
}

}  // namespace skerry::coordinator
