#include "coordinator/release/trial.hpp"

#include <algorithm>

#include "coordinator/release/sequential_test.hpp"

namespace skerry::coordinator {

namespace {

constexpr std::chrono::milliseconds kSayAgain{60'000};

/// What is true whichever canary is left out.
struct Consensus {
    Shown answers = Shown::Nothing;
    Shown cost = Shown::Nothing;
    bool better = false;  ///< the answers are
    std::uint64_t samples = 0;
};

struct View {
    Shown answers, cost;
    bool better;
    std::uint64_t samples;
};

View view_of(const wire::TrialCounts& counts) {
    return {shown_by(counts.better, counts.worse), shown_by(counts.cheaper, counts.dearer),
            shown_by(counts.worse, counts.better) == Shown::Worse, counts.samples};
}

wire::TrialCounts without(const wire::TrialCounts& all, const wire::TrialCounts& one) {
    wire::TrialCounts rest = all;
    rest.samples -= one.samples;
    rest.better -= one.better;
    rest.worse -= one.worse;
    rest.cheaper -= one.cheaper;
    rest.dearer -= one.dearer;
    return rest;
}

Consensus consensus_of(const std::map<NodeId, wire::TrialCounts>& heard, const wire::TrialCounts& all) {
    if (heard.empty()) return {};
    const View whole = view_of(all);
    Consensus agreed{whole.answers, whole.cost, whole.better, whole.samples};
    for (const auto& [node, counts] : heard) {
        const View rest = view_of(without(all, counts));
        if (rest.answers != agreed.answers) agreed.answers = Shown::Nothing;
        if (rest.cost != agreed.cost) agreed.cost = Shown::Nothing;
        agreed.better = agreed.better && rest.better;
        agreed.samples = std::min(agreed.samples, rest.samples);
    }
    return agreed;
}

std::string of_samples(const char* what, std::uint64_t count, const wire::TrialCounts& all) {
    return what + std::to_string(count) + " of " + std::to_string(all.samples) + " samples";
}

}  // namespace

void Trial::count_from(TimePoint now) {
    deadline_ = std::clamp(began_.deadline, now + kSayAgain,
                           now + std::max<std::chrono::milliseconds>(kSayAgain, began_.deadline - began_.at));
}

bool Trial::is_canary(const NodeId& node) const {
    return std::binary_search(began_.canaries.begin(), began_.canaries.end(), node);
}

bool Trial::hear(const NodeId& node, const wire::TrialCounts& counts) {
    if (counts.version != began_.version || !is_canary(node)) return false;
    heard_[node] = counts;
    return true;
}

wire::TrialCounts Trial::total() const {
    wire::TrialCounts all;
    for (const auto& [node, counts] : heard_)
        all += counts;
    all.version = began_.version;
    return all;
}

std::optional<Trial::Verdict> Trial::verdict(TimePoint now) const {
    using Outcome = ledger::TrialOutcome;
    const auto refused =
        std::count_if(heard_.begin(), heard_.end(), [](const auto& one) { return one.second.refused; });
    if (refused >= 2) {
        return Verdict{Outcome::Withdrawn, "it fails the self-test of " + std::to_string(refused) + " of " +
                                               std::to_string(began_.canaries.size()) + " canaries"};
    }
    const wire::TrialCounts all = total();
    const Consensus agreed = consensus_of(heard_, all);
    const std::string answers = of_samples("only the version before is right on ", all.worse, all) +
                                ", only this one on " + std::to_string(all.better);
    if (agreed.answers == Shown::Worse) return Verdict{Outcome::Withdrawn, "its answers are worse: " + answers};
    if (agreed.cost == Shown::Worse && !agreed.better) {
        return Verdict{Outcome::Withdrawn, "it costs more, and its answers are not better: " +
                                               of_samples("it asks a deeper exit on ", all.dearer, all) +
                                               ", a lighter one on " + std::to_string(all.cheaper) + "; " + answers};
    }
    const bool cost_is_settled = agreed.cost == Shown::NotWorse || agreed.better;
    if (agreed.answers == Shown::NotWorse && cost_is_settled) {
        return Verdict{Outcome::Published, "its answers are no worse: " + answers};
    }
    if (agreed.samples >= began_.samples_max) {
        return Verdict{Outcome::Published, "nothing was shown against it: " + answers};
    }
    if (now >= deadline_)
        return Verdict{Outcome::Published, "its time was up, with nothing shown against it: " + answers};
    return std::nullopt;
}

}  // namespace skerry::coordinator
