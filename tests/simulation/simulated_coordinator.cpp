#include "tests/simulation/simulated_coordinator.hpp"

#include <utility>

#include "common/base/limits.hpp"
#include "coordinator/blob_orders.hpp"
#include "tests/simulation/mirrored.hpp"
#include "tests/simulation/mutation.hpp"
#include "tests/simulation/overload.hpp"

namespace skerry::simulation {

using namespace std::chrono_literals;
using coordinator::Action;
using coordinator::Actions;
namespace ledger = coordinator::ledger;

namespace {

constexpr unsigned kAdvancesInPlaceMax = 200;
constexpr coordinator::Ticket kFirstQuarantine = 100;
constexpr unsigned kSpoilsOneDifferenceIn = 5;

bool is_durable(const Action& action) {
    return coordinator::is_blob_order(action) || std::holds_alternative<coordinator::Append>(action) ||
           std::holds_alternative<coordinator::EraseVersion>(action) ||
           std::holds_alternative<coordinator::EraseUpdates>(action);
}

}  // namespace

const ledger::Events& SimulatedCoordinator::past() const {
    return journal_.events(ledger::kFederationStream);
}

void SimulatedCoordinator::hear(const ByteArray<32>& transport, wire::FromNode message) {
    if (!core_) return;
    note("hears", index_of_.at(transport), message.index());
    tell(coordinator::NodeSpoke{transport, std::move(message)});
}

void SimulatedCoordinator::revoke(const NodeId& node) {
    if (core_) tell(coordinator::OperatorRevokesNode{2, node, "simulated"});
}

void SimulatedCoordinator::quarantine(const NodeId& node) {
    if (!core_) return;
    const coordinator::Ticket ticket = kFirstQuarantine + quarantines_asked_.size();
    quarantines_asked_[ticket] = node;
    evidence_.suspected.insert(node);
    tell(coordinator::OperatorQuarantinesNode{ticket, node, "simulated"});
}

void SimulatedCoordinator::release(const NodeId& node, bool discard) {
    if (core_) tell(coordinator::OperatorReleasesNode{3, node, discard});
}

void SimulatedCoordinator::roll_back(std::size_t which, bool pin) {
    if (!core_) return;
    const auto& held = core_->versions();
    const auto version = std::next(held.begin(), static_cast<std::ptrdiff_t>(which % held.size()));
    coordinator::OperatorRollsBack order{4, version->first, "simulated", pin};
    if (core_->restorable(order.to, pin)) {
        order.encodings.push_back(encode(version->second.weights));
        order.differences = differences(core_->newest().weights, version->second.weights);
    }
    tell(std::move(order));
}

void SimulatedCoordinator::pin() {
    if (core_) tell(coordinator::OperatorPinsVersion{5, "simulated"});
}

void SimulatedCoordinator::unpin() {
    if (core_) tell(coordinator::OperatorUnpinsVersion{6});
}

void SimulatedCoordinator::begin_storm() {
    if (world_.plan.mutation == Mutation::NeverSyncs) journal_.stop_syncing();
}

void SimulatedCoordinator::boot() {
    SKERRY_ASSERT(!core_);
    if (world_.storm && world_.conditions.policy_changes) {
        world_.conditions.policy = draw_policy(world_.plan, world_.conditions.nodes, dice_);
    }
    note("boots", past().size());
    if (world_.storm && world_.conditions.clocks_wrong) clock_error_ = dice_.between(0ms, 48h) - 24h;
    core_ = std::make_unique<coordinator::Federation>(
        keys_, world_.conditions.policy, [this] { return dice_.bytes<16>(); }, journal_);
    for (const ledger::Event& event : remembered(world_.plan.mutation, past()))
        core_->apply(event);
    core_->offer({encode(core_->newest().weights)}, core_->newest().version);
    if (const auto& held = core_->versions(); held.size() > 1) {
        const auto& before = std::prev(held.end(), 2)->second;
        core_->offer(differences(before.weights, core_->newest().weights), core_->newest().version, before.version);
    }
    SKERRY_ASSERT(coordinator::restore_drafts(*core_, blobs_).has_value());
    world_.counters.drafts += core_->transfers().interrupted();
    order(resumed(world_.plan.mutation, core_->resume(clock())));
    network_.coordinator_came();
    plan_step();
}

void SimulatedCoordinator::crash() {
    note("crashes");
    ++world_.counters.crashes;
    ++life_;
    core_.reset();
    inbox_.clear();
    todo_.clear();
    quarantines_asked_.clear();
    step_is_planned_ = last_was_durable_ = false;
    advances_in_place_ = 0;
    workers_busy_ = 0;
    journal_.crash();
    lose_ends_of_drafts();
    begin_storm();
    network_.coordinator_went();
    world_.time.after(crash_clock_.pause(), [this] { boot(); });
}

void SimulatedCoordinator::tell(coordinator::Event event) {
    inbox_.push_back(std::move(event));
    plan_step();
}

void SimulatedCoordinator::plan_step() {
    if (step_is_planned_) return;
    const auto due = core_->deadline();
    if (!todo_.empty() || !inbox_.empty() || (due && *due <= clock())) {
        step_is_planned_ = true;
        ++wake_;
        after(dice_.between(0ms, 5ms), [this] { step(); });
    } else if (due) {
        world_.time.at(*due - clock_error_, [this, life = life_, serial = ++wake_] {
            if (life != life_ || serial != wake_) return;
            advances_in_place_ = 0;
            plan_step();
        });
    }
}

// Actions of one event first, then whatever the time demands, then the next event. A shell that commits in groups lets
// its core run ahead, and only what it does waits for the disk.
void SimulatedCoordinator::step() {
    step_is_planned_ = false;
    const bool durable = !todo_.empty() && is_durable(todo_.front());
    if (crash_clock_.strikes(durable || last_was_durable_)) return crash();
    last_was_durable_ = durable;
    const TimePoint now = clock();
    const auto due = core_->deadline();
    const bool late = due && *due <= now;
    const bool runs_ahead = world_.conditions.groups && (late || !inbox_.empty()) && dice_.chance(0.5);
    if (!todo_.empty() && !runs_ahead) {
        Action action = std::move(todo_.front());
        todo_.pop_front();
        perform(action);
        if (!core_) return;
    } else if (late) {
        if (++advances_in_place_ > kAdvancesInPlaceMax) {
            return world_.broken("cores_come_to_rest", "the coordinator asks for advance() again and again");
        }
        order(core_->advance(now));
    } else if (!inbox_.empty()) {
        advances_in_place_ = 0;
        const coordinator::Event event = std::move(inbox_.front());
        inbox_.pop_front();
        order(core_->handle(event, now));
    }
    plan_step();
}

void SimulatedCoordinator::order(Actions actions) {
    mutate(world_.plan.mutation, actions, past());
    for (Action& action : actions) {
        if (auto* append = std::get_if<coordinator::Append>(&action); append && world_.conditions.groups) {
            for (const ledger::Event& event : append->events)
                core_->apply(event);
        }
        todo_.push_back(std::move(action));
    }
}

void SimulatedCoordinator::perform(Action& action) {
    std::visit(Overload{
                   [&](coordinator::KeepPiece&) { write(action); },
                   [&](coordinator::StoreBlob&) { write(action); },
                   [&](coordinator::DropDraft&) { write(action); },
                   [&](coordinator::Append& order) { append(order); },
                   [&](coordinator::Send& order) {
                       network_.to_node(index_of_.at(order.transport), std::move(order.message));
                   },
                   [&](coordinator::SendModel& order) { send_model(order); },
                   [&](coordinator::ReplyToJoin& order) {
                       const auto arrived = wire::decode_join_reply(wire::encode(order.reply));
                       SKERRY_ASSERT(arrived.has_value());
                       on_join_reply_(order.peer, *arrived);
                   },
                   [&](coordinator::CheckUpdate& order) { check(order); },
                   [&](coordinator::SumRound& order) { sum(std::move(order)); },
                   [&](coordinator::EraseVersion& order) { erase(order); },
                   [&](coordinator::EraseUpdates& order) { erase_updates(order.round); },
                   [&](coordinator::Answer& order) {
                       note("answers", order.ticket, order.outcome ? 1 : 0);
                       const auto asked = quarantines_asked_.find(order.ticket);
                       if (asked != quarantines_asked_.end() && order.outcome)
                           evidence_.quarantined.push_back(asked->second);
                   },
                   [&](coordinator::Ignored& order) { note("ignores", static_cast<std::uint64_t>(order.why)); },
               },
               action);
}

SimulatedCoordinator::Journal::Disk SimulatedCoordinator::next_append() {
    if (!world_.storm || !dice_.chance(world_.conditions.disk_fails)) return Journal::Disk::Works;
    return dice_.chance(0.5) ? Journal::Disk::FailsBefore : Journal::Disk::FailsAfter;
}

void SimulatedCoordinator::append(const coordinator::Append& order) {
    const bool works = journal_.append(ledger::kFederationStream, past().size(), order.events).has_value();
    for (const ledger::Event& event : order.events)
        note(ledger::name_of(event), works ? 1 : 0);
    if (!works) {
        // Nobody knows whether it is written: the journal will tell, after a restart.
        crash_clock_.count_death();
        return crash();
    }
    if (world_.conditions.groups) return;
    for (const ledger::Event& event : order.events)
        core_->apply(event);
}

void SimulatedCoordinator::send_model(const coordinator::SendModel& order) {
    for (std::uint32_t index = order.first; index < order.first + order.count; ++index) {
        const std::uint64_t offset = std::uint64_t{index} * limits::kChunkBytes;
        const auto count = std::min<std::uint64_t>(limits::kChunkBytes, order.prefix_bytes - offset);
        auto bytes = blobs_.get_range(order.weights, offset, static_cast<std::size_t>(count));
        if (!bytes) return note("finds no weights", order.version.value);
        network_.to_node(
            index_of_.at(order.transport),
            wire::ModelChunk{order.version, order.tier, index, *std::move(bytes), order.encoding, order.base});
    }
}

void SimulatedCoordinator::write(const coordinator::Action& order) {
    SKERRY_ASSERT(coordinator::perform_blob_order(order, blobs_).has_value());
}

// What the disk did not have yet of each draft is gone. One draw for all: names are hashes, so their order is no
// seed's.
void SimulatedCoordinator::lose_ends_of_drafts() {
    const std::uint64_t kept = dice_.chance(0.5) ? 100 : dice_.below(100);
    const auto drafts = blobs_.drafts();
    for (const Digest& draft : *drafts)
        blobs_.cut_draft(draft, *blobs_.drafted(draft) * kept / 100);
}

void SimulatedCoordinator::check(const coordinator::CheckUpdate& order) {
    ++workers_busy_;
    after(dice_.between(0ms, world_.conditions.work_max), [this, order] {
        --workers_busy_;
        auto examined = coordinator::examine(order.what, blobs_, core_->model(), keys_.seal);
        SKERRY_ASSERT(examined.has_value());
        tell(coordinator::UpdateChecked{order.update, order.what.content, *std::move(examined)});
    });
}

void SimulatedCoordinator::sum(coordinator::SumRound order) {
    ++workers_busy_;
    after(dice_.between(0ms, world_.conditions.work_max), [this, order = std::move(order)] {
        const auto parent = blobs_.get(order.parent_weights);
        if (!parent) return world_.broken("no_version_without_its_weights", "a sum has no parent to start from");
        coordinator::RoundTerms terms{order.recipe, order.seed};
        if (order.optimiser) {
            const auto remembered = blobs_.get(*order.optimiser);
            if (!remembered) return world_.broken("no_version_without_its_weights", "the optimiser's memory is gone");
            terms.optimiser = *remembered;
        }
        const auto load = [&]() -> Result<std::vector<float>> { return floats_of(*parent); };
        const auto sum = coordinator::sum_round(order.set, load, core_->model(), terms, blobs_, keys_.seal);
        if (!sum) return world_.broken("no_accepted_update_without_its_bytes", sum.error().message);
        SKERRY_ASSERT(blobs_.put(sum->digests.back(), std::as_bytes(std::span(sum->weights))).has_value());
        coordinator::SumReady ready{order.round, sum->sum, sum->digests, {encode(sum->digests.back())}};
        if (!sum->optimiser.empty()) {
            ready.optimiser = crypto::sha256(ByteView(sum->optimiser));
            SKERRY_ASSERT(blobs_.put(*ready.optimiser, sum->optimiser).has_value());
        }
        ready.differences = differences(order.parent_weights, sum->digests.back());
        // The process may die here, between the bytes and the word about them.
        after(dice_.between(0ms, 50ms), [this, ready = std::move(ready)] {
            --workers_busy_;
            tell(ready);
        });
    });
}

wire::EncodedWeights SimulatedCoordinator::encode(const Digest& weights) {
    const auto bytes = blobs_.get(weights);
    // A planted bug may have let the weights go: then there is nothing to offer, and the laws say so.
    const Bytes mirror = mirrored(bytes ? *bytes : Bytes(core_->model().values.back() * sizeof(float)));
    const wire::EncodedWeights record = record_of(mirror, weights, core_->model());
    SKERRY_ASSERT(blobs_.put(record.digests.back(), mirror).has_value());
    return record;
}

std::vector<wire::EncodedDifference> SimulatedCoordinator::differences(const Digest& base, const Digest& newest) {
    const auto from = blobs_.get(base);
    const auto to = blobs_.get(newest);
    if (!from || !to) return {};
    wire::EncodedDifference record;
    record.weights = newest;
    record.base_weights = base;
    Bytes bytes = difference_of(floats_of(*from), floats_of(*to), core_->model(), record);
    if (++differences_made_ % kSpoilsOneDifferenceIn == 0) {
        bytes.back() ^= std::byte{1};
        record.digests.back() = crypto::sha256(bytes);
    }
    SKERRY_ASSERT(blobs_.put(record.digests.back(), bytes).has_value());
    std::vector<wire::EncodedDifference> both{record, record};
    both.back().encoding = kMirrored;
    return both;
}

void SimulatedCoordinator::erase(const coordinator::EraseVersion& order) {
    for (const Digest& encoding : order.encodings)
        SKERRY_ASSERT(blobs_.erase(encoding).has_value());
    for (const auto& blob : {order.weights, order.optimiser})
        if (blob) SKERRY_ASSERT(blobs_.erase(*blob).has_value());
    if (order.round.value != 0) erase_updates(order.round);
}

void SimulatedCoordinator::erase_updates(RoundId round) {
    std::map<UpdateId, Digest> content;
    for (const ledger::Event& event : past()) {
        if (const auto* accepted = std::get_if<ledger::UpdateAccepted>(&event)) {
            content[accepted->update] = accepted->content;
        } else if (const auto* frozen = std::get_if<ledger::RoundFrozen>(&event); frozen && frozen->round == round) {
            for (const UpdateId& update : frozen->set)
                SKERRY_ASSERT(blobs_.erase(content.at(update)).has_value());
        }
    }
}

}  // namespace skerry::simulation
