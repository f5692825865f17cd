#include <algorithm>

#include "aggregation/rules/rule_spec.hpp"
#include "coordinator/federation.hpp"

// From the pool to a version, and the fold that makes all state from the ledger.
namespace skerry::coordinator {
namespace {

constexpr TimePoint kAtOnce{};

}  // namespace

ledger::RoundOpened Federation::opening(TimePoint now) const {
    return {now,
            last_round_.next(),
            policy_.rounds.goal,
            policy_.rounds.quorum,
            now + policy_.rounds.deadline,
            policy_.rounds.recipe};
}

Digest Federation::draw_seed() const {
    if (const auto rule = aggregation::parse_rule(open_->recipe().rule); !rule || !rule->draws()) return {};
    ByteWriter drawn;
    drawn.put(ByteView(random_id_())).put(ByteView(random_id_()));
    Digest seed{};
    std::copy_n(drawn.bytes().begin(), seed.size(), seed.begin());
    return seed;
}

SumRound Federation::sum_order() const {
    const auto parent = held_.find(frozen_->frozen()->parent);
    SKERRY_ASSERT(parent != held_.end());
    return {frozen_->id(),           parent->second.weights,   pool_.frozen(), frozen_->recipe(),
            frozen_->frozen()->seed, parent->second.optimiser, sketch_key_};
}

Actions Federation::resume(TimePoint now) {
    Actions actions;
    pool_.forget_expired(now);
    if (open_) open_->count_from(now);
    if (trial_) trial_->count_from(now);
    if (frozen_) actions.push_back(sum_order());
    return actions;
}

std::optional<TimePoint> Federation::deadline() const {
    // While one round is summed the next one only gathers.
    const bool summing = frozen_.has_value();
    if (trial_ && trial_->verdict(kAtOnce)) return kAtOnce;
    if (held_.size() > policy_.versions_kept && !summing && !trial_) return kAtOnce;
    if (!summing && retention_.due(policy_.retention, kAtOnce)) return kAtOnce;
    std::optional<TimePoint> first = transfers_.deadline();
    if (trial_ && (!first || trial_->deadline() < *first)) first = trial_->deadline();
    if (!summing && !rounds_are_held()) {
        const std::uint64_t waiting = pool_.waiting().size();
        if (!open_ && waiting >= policy_.rounds.quorum) return kAtOnce;
        if (open_ && waiting >= open_->goal()) return kAtOnce;
        if (open_ && (!first || open_->deadline() < *first)) first = open_->deadline();
    }
    return first;
}

Actions Federation::advance(TimePoint now) {
    Actions actions;
    pool_.forget_expired(now);
    start_waiting(actions, now);
    if (frozen_) return actions;

    if (const auto verdict = trial_ ? trial_->verdict(now) : std::nullopt) {
        Actions ended = end_trial(*verdict, now);
        std::move(ended.begin(), ended.end(), std::back_inserter(actions));
        return actions;
    }
    // What a trial compares with may be the oldest that is held.
    if (held_.size() > policy_.versions_kept && !trial_) {
        actions.push_back(Append{{ledger::VersionDropped{now, held_.begin()->first}}});
        const Version& oldest = held_.begin()->second;
        const auto shared = [&](auto Version::*blob) {
            return std::any_of(std::next(held_.begin()), held_.end(),
                               [&](const auto& other) { return other.second.*blob == oldest.*blob; });
        };
        actions.push_back(EraseVersion{
            oldest.version, oldest.round, shared(&Version::weights) ? std::nullopt : std::optional(oldest.weights),
            offered_only_of(oldest.version), shared(&Version::optimiser) ? std::nullopt : oldest.optimiser});
        return actions;
    }
    if (auto erased = retention_.due(policy_.retention, now)) {
        actions.push_back(Append{{*erased}});
        actions.push_back(EraseUpdates{erased->round});
        return actions;
    }
    if (rounds_are_held()) return actions;
    const std::uint64_t waiting = pool_.waiting().size();
    if (!open_) {
        // Left over from an abandoned round under a larger quorum, or from a set that had reached its limits.
        if (waiting >= policy_.rounds.quorum) actions.push_back(Append{{opening(now)}});
        return actions;
    }
    switch (open_->due(waiting, now)) {
        case Round::Due::Nothing:
            break;
        case Round::Due::Freeze: {
            const ledger::RoundFrozen frozen{now, open_->id(), newest().version, pool_.next_set(open_->updates_max()),
                                             draw_seed()};
            SumRound order{open_->id(), newest().weights,   {},         open_->recipe(),
                           frozen.seed, newest().optimiser, sketch_key_};
            for (const Contribution& waits : pool_.waiting()) {
                if (std::binary_search(frozen.set.begin(), frozen.set.end(), waits.update)) order.set.push_back(waits);
            }
            std::sort(order.set.begin(), order.set.end(),
                      [](const Contribution& a, const Contribution& b) { return a.update < b.update; });
            actions.push_back(Append{{frozen}});
            actions.push_back(std::move(order));
            break;
        }
        case Round::Due::Abandon: {
            const auto took = std::chrono::duration_cast<std::chrono::seconds>(now - open_->opened()).count();
            actions.push_back(Append{{ledger::RoundAbandoned{
                now, open_->id(),
                std::to_string(waiting) + " of the " + std::to_string(open_->quorum()) +
                    " updates that the quorum asks for came in " + std::to_string(took) + " s"}}});
            break;
        }
    }
    return actions;
}

Actions Federation::on(const SumReady& event, TimePoint now) {
    Actions actions;
    if (!frozen_ || frozen_->id() != event.round) {
        actions.push_back(Ignored{Ignored::Why::Unexpected});
        return actions;
    }
    const std::vector<Contribution>& set = pool_.frozen();
    wire::Manifest manifest;
    manifest.federation = id_;
    manifest.parent = frozen_->frozen()->parent;
    manifest.version = manifest.parent.next();
    manifest.round = event.round;
    manifest.model = model_.identity;
    std::copy(model_.values.begin(), model_.values.end(), manifest.values.begin());
    manifest.digests = event.digests;
    manifest.updates = static_cast<std::uint32_t>(set.size());
    manifest.sum = event.sum;
    manifest.contributors = contributors_digest(set);
    manifest.published = now;

    ledger::VersionPublished published;
    published.at = now;
    published.round = event.round;
    published.version = manifest.version;
    published.parent = manifest.parent;
    published.updates = manifest.updates;
    for (const Contribution& counted : set)
        published.weight += counted.weight;
    published.sum = event.sum;
    published.weights = event.digests.back();
    published.manifest = wire::sign(manifest, keys_.signing);
    published.optimiser = event.optimiser;

    if (!event.sketches.back().empty()) {
        movements_.published(event.digests.back(), event.sketches, opposition_.share_of(set.size()));
    }
    offer(event.encodings, published.version);
    offer(event.differences, published.version, published.parent);
    const auto trial = trial_of(published, now);
    Actions announcements = announcements_of(published, trial, now);
    ledger::Events events = {std::move(published)};
    if (trial) events.push_back(*trial);
    actions.push_back(Append{std::move(events)});
    std::move(announcements.begin(), announcements.end(), std::back_inserter(actions));
    return actions;
}

void Federation::apply(const ledger::Event& event) {
    std::visit([this](const auto& happened) { fold(happened); }, event);
}

void Federation::fold(const ledger::FederationCreated& event) {
    created_ = event;
    id_ = wire::federation_of(event.root);
    model_.identity = event.identity;
    std::copy(event.values.begin(), event.values.end(), model_.values.begin());
    model_.statistics = static_cast<std::size_t>(event.statistics);
}

void Federation::fold(const ledger::RoundOpened& event) {
    SKERRY_ASSERT(!open_ && event.round == last_round_.next());
    last_round_ = event.round;
    open_.emplace(event);
    if (drift_.is_early(event.round)) open_->hurry();
}

void Federation::fold(const ledger::UpdateAccepted& event) {
    pool_.apply(event);
    retention_.apply(event);
    norms_.apply(event);
    opposition_.apply(event);
    fleet_audits_.apply(event);
    fleet_soft_labels_.apply(event);
    fleet_errors_.apply(event);
}

void Federation::fold(const ledger::UpdateRefused& event) {
    pool_.apply(event);
    strikes_.apply(event);
}

void Federation::fold(const ledger::UpdateSetAside& event) {
    pool_.apply(event);
    retention_.apply(event);
    norms_.apply(event);
    fleet_audits_.apply(event);
    fleet_soft_labels_.apply(event);
    fleet_errors_.apply(event);
}

void Federation::fold(const ledger::NodeRevoked& event) {
    registry_.apply(event);
    if (trial_) trial_->forget(event.node);
}

void Federation::fold(const ledger::NodeQuarantined& event) {
    registry_.apply(event);
    if (trial_) trial_->forget(event.node);
    pool_.apply(event);
    norms_.apply(event);
    opposition_.apply(event);
}

void Federation::fold(const ledger::NodeReleased& event) {
    registry_.apply(event);
    pool_.apply(event);
    strikes_.apply(event);
    norms_.apply(event);
    opposition_.apply(event);
}

void Federation::fold(const ledger::RoundFrozen& event) {
    SKERRY_ASSERT(open_ && open_->id() == event.round && !frozen_ && event.parent == newest().version);
    pool_.apply(event);
    retention_.apply(event);
    frozen_ = std::exchange(open_, std::nullopt);
    frozen_->freeze(event.parent, event.set, event.seed);
}

void Federation::fold(const ledger::RoundAbandoned& event) {
    SKERRY_ASSERT(open_ && open_->id() == event.round);
    open_->abandon();
    open_.reset();
}

void Federation::fold(const ledger::VersionPublished& event) {
    SKERRY_ASSERT(!event.restores || !frozen_);
    if (event.restores) movements_.restored();
    if (event.round.value != 0) {
        SKERRY_ASSERT(frozen_ && frozen_->id() == event.round && event.parent == newest().version);
        frozen_->publish(event.version);
        frozen_.reset();
        fleet_audits_.count(pool_.frozen());
        fleet_soft_labels_.count(pool_.frozen());
        fleet_errors_.count(pool_.frozen());
        counted_before_.clear();
        for (const Contribution& update : pool_.frozen())
            counted_before_[update.update.node] = pool_.of(update.update.node).counted;
        pool_.apply(event);
    }
    retention_.apply(event);
    held_[event.version] =
        Version{event.version, event.round, event.weights, event.at, event.manifest, event.optimiser};
}

void Federation::fold(const ledger::VersionDropped& event) {
    if (held_.erase(event.version) == 0) return;
    movements_.keep([this](const Digest& weights) {
        return std::any_of(held_.begin(), held_.end(),
                           [&](const auto& held) { return held.second.weights == weights; });
    });
    retention_.apply(event);
    encodings_.erase(event.version);
    differences_.erase(event.version);
}

void Federation::fold(const ledger::UpdatesErased& event) {
    retention_.apply(event);
}

}  // namespace skerry::coordinator
