#include "tests/simulation/simulated_coordinator.hpp"

#include <utility>

#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
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
constexpr unsigned kSpoilsOneDifferenceIn = 5;

bool is_durable(const Action& action) {
    return coordinator::is_blob_order(action) || std::holds_alternative<coordinator::Append>(action) ||
           std::holds_alternative<coordinator::EraseVersion>(action) ||
           std::holds_alternative<coordinator::EraseUpdates>(action);
}

}  // namespace

const ledger::Events& SimulatedCoordinator::past() const {
    return journal_.known().events(ledger::kFederationStream);
}

void SimulatedCoordinator::hear(const ByteArray<32>& transport, wire::FromNode message) {
    if (!core_) return;
    note("hears", index_of_.at(transport), message.index());
    tell(coordinator::NodeSpoke{transport, std::move(message)});
}

// The log of the real one says blobs_not_erased: they are at its next start.
void SimulatedCoordinator::heal() {
    if (core_ && blobs_.refuses()) disk_failed();
}

void SimulatedCoordinator::boot() {
    SKERRY_ASSERT(!core_);
    if (world_.storm && world_.conditions.policy_changes) {
        world_.conditions.policy = draw_policy(world_.plan, world_.conditions.nodes, dice_);
        if (world_.conditions.trials) world_.conditions.policy.release = draw_release(world_.plan.seed);
    }
    if (world_.storm && world_.conditions.clocks_wrong) clock_error_ = dice_.between(0ms, 48h) - 24h;
    if (!start()) return disk_failed();
    note("boots", past().size());
    evidence_.started = world_.time.now();
    world_.counters.drafts += core_->transfers().interrupted();
    order(resumed(world_.plan.mutation, core_->resume(clock())));
    network_.coordinator_came();
    plan_step();
}

Result<> SimulatedCoordinator::start() {
    if (!journal_.open()) return fail(ErrorCode::Unavailable, "the journal cannot be read");
    examined_ = {};
    hashes_ = std::make_unique<coordinator::DraftHashes>();
    core_ = std::make_unique<coordinator::Federation>(
        keys_, world_.conditions.policy, [this] { return dice_.bytes<16>(); }, journal_.known());
    for (const ledger::Event& event : remembered(world_.plan.mutation, past()))
        core_->apply(event);
    if (const auto& trial = core_->trial()) {
        const auto& before = core_->versions().at(trial->began().against);
        core_->offer({SKERRY_TRY(encode(before.weights))}, before.version);
    }
    core_->offer({SKERRY_TRY(encode(core_->newest().weights))}, core_->newest().version);
    if (const auto& held = core_->versions(); held.size() > 1) {
        const auto& before = std::prev(held.end(), 2)->second;
        core_->offer(SKERRY_TRY(differences(before.weights, core_->newest().weights)), core_->newest().version,
                     before.version);
    }
    if (world_.plan.mutation != Mutation::ForgetsErasures) {
        ledger::NeededBlobs needed;
        for (const ledger::Event& event : past())
            needed.apply(event);
        SKERRY_TRY(coordinator::erase_strays(*core_, needed, blobs_));
    }
    return coordinator::restore_drafts(*core_, blobs_);
}

// As the service does, whatever it was at: what is true is read back at the next start.
void SimulatedCoordinator::disk_failed() {
    note("has a disk that fails");
    crash_clock_.count_death();
    crash();
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
    const bool power = world_.storm && world_.plan.faults.disk && disk_dice_.chance(0.5);
    journal_.crash(power);
    blobs_.crash(power, dice_.chance(0.5) ? 100 : dice_.below(100));
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
        after(dice_.between(0ms, world_.conditions.action_max), [this] { step(); });
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
                   [&](coordinator::EraseUpdates& order) { erase(updates_of(order.round)); },
                   [&](coordinator::Answer& order) { answered(order); },
                   [&](coordinator::Ignored& order) { note("ignores", static_cast<std::uint64_t>(order.why)); },
               },
               action);
}

void SimulatedCoordinator::answered(const coordinator::Answer& order) {
    note("answers", order.ticket, order.outcome ? 1 : 0);
    if (!order.outcome) return;
    const auto asked = quarantines_asked_.find(order.ticket);
    if (asked != quarantines_asked_.end()) evidence_.quarantined.push_back(asked->second);
    if (order.ticket == kPins || order.ticket == kRollsBackAndPins) ++evidence_.pins;
}

void SimulatedCoordinator::append(const coordinator::Append& order) {
    const bool faulty = world_.storm && dice_.chance(2 * world_.conditions.disk_fails);
    const bool works = journal_.append(order.events, faulty);
    for (const ledger::Event& event : order.events)
        note(ledger::name_of(event), works ? 1 : 0);
    if (!works) return disk_failed();
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
    if (!coordinator::perform_blob_order(order, blobs_, *hashes_)) disk_failed();
}

void SimulatedCoordinator::check(const coordinator::CheckUpdate& order) {
    ++workers_busy_;
    after(dice_.between(0ms, world_.conditions.work_max), [this, order] {
        --workers_busy_;
        auto examined = coordinator::examine(order.what, blobs_, core_->model(), keys_.seal, *hashes_);
        if (!examined) return disk_failed();
        if (const auto* const sound = std::get_if<coordinator::Sound>(&*examined))
            examined_.note(order.what.content, order.what.header, sound->norms);
        tell(coordinator::UpdateChecked{order.update, order.what.content, *std::move(examined)});
    });
}

void SimulatedCoordinator::sum(coordinator::SumRound order) {
    ++workers_busy_;
    after(dice_.between(0ms, world_.conditions.work_max), [this, order = std::move(order)] {
        auto ready = sum_now(order);
        if (!ready && ready.error().code == ErrorCode::Unavailable) return disk_failed();
        if (!ready) return world_.broken("what_a_sum_needs_is_there", ready.error().message);
        // The process may die here, between the bytes and the word about them.
        after(dice_.between(0ms, 50ms), [this, ready = *std::move(ready)] {
            --workers_busy_;
            tell(ready);
        });
    });
}

Result<coordinator::SumReady> SimulatedCoordinator::sum_now(const coordinator::SumRound& order) {
    const Bytes parent = SKERRY_TRY(blobs_.get(order.parent_weights));
    coordinator::RoundTerms terms{order.recipe, order.seed};
    terms.examined = &examined_;
    if (order.optimiser) terms.optimiser = SKERRY_TRY(blobs_.get(*order.optimiser));
    const auto load = [&]() -> Result<std::vector<float>> { return floats_of(parent); };
    const auto sum = SKERRY_TRY(sum_round(order.set, load, core_->model(), terms, blobs_, keys_.seal));
    examined_.forget(order.set);
    coordinator::SumReady ready{order.round, sum.sum, sum.digests};
    if (order.sketch_key) ready.sketches = sketches_of(sum.weights, core_->model(), order.sketch_key);
    if (!sum.optimiser.empty()) {
        ready.optimiser = crypto::sha256(ByteView(sum.optimiser));
        SKERRY_TRY(blobs_.put(*ready.optimiser, sum.optimiser));
    }
    SKERRY_TRY(blobs_.put(sum.digests.back(), std::as_bytes(std::span(sum.weights))));
    ready.encodings.push_back(SKERRY_TRY(encode(sum.digests.back())));
    ready.differences = SKERRY_TRY(differences(order.parent_weights, sum.digests.back()));
    return ready;
}

// Encodings are kept in memory, in truth; the disk has no part in them.
Result<wire::EncodedWeights> SimulatedCoordinator::encode(const Digest& weights) {
    const auto bytes = blobs_.get(weights);
    if (!bytes && bytes.error().code != ErrorCode::NotFound) return tl::unexpected(bytes.error());
    // A planted bug may have let the weights go: then there is nothing to offer, and the laws say so.
    const Bytes mirror = mirrored(bytes ? *bytes : Bytes(core_->model().values.back() * sizeof(float)));
    const wire::EncodedWeights record = record_of(mirror, weights, core_->model());
    SKERRY_TRY(stored_.put(record.digests.back(), mirror));
    return record;
}

Result<std::vector<wire::EncodedDifference>> SimulatedCoordinator::differences(const Digest& base,
                                                                               const Digest& newest) {
    const auto from = blobs_.get(base);
    const auto to = blobs_.get(newest);
    for (const auto* const blob : {&from, &to}) {
        if (*blob) continue;
        // As in encode().
        if (blob->error().code == ErrorCode::NotFound) return std::vector<wire::EncodedDifference>();
        return tl::unexpected(blob->error());
    }
    wire::EncodedDifference record;
    record.weights = newest;
    record.base_weights = base;
    Bytes bytes = difference_of(floats_of(*from), floats_of(*to), core_->model(), record);
    if (++differences_made_ % kSpoilsOneDifferenceIn == 0) {
        bytes.back() ^= std::byte{1};
        record.digests.back() = crypto::sha256(bytes);
    }
    SKERRY_TRY(stored_.put(record.digests.back(), bytes));
    std::vector<wire::EncodedDifference> both{record, record};
    both.back().encoding = kMirrored;
    return both;
}

void SimulatedCoordinator::erase(const coordinator::EraseVersion& order) {
    std::vector<Digest> blobs = order.encodings;
    for (const auto& blob : {order.weights, order.optimiser})
        if (blob) blobs.push_back(*blob);
    if (order.round.value != 0) {
        const std::vector<Digest> updates = updates_of(order.round);
        blobs.insert(blobs.end(), updates.begin(), updates.end());
    }
    erase(blobs);
}

// As the service does, goes on without: a restart will erase what is left.
void SimulatedCoordinator::erase(const std::vector<Digest>& blobs) {
    for (const Digest& blob : blobs)
        if (!blobs_.erase(blob)) return note("cannot erase");
}

std::vector<Digest> SimulatedCoordinator::updates_of(RoundId round) const {
    std::map<UpdateId, Digest> content;
    std::vector<Digest> found;
    for (const ledger::Event& event : past()) {
        if (const auto* accepted = std::get_if<ledger::UpdateAccepted>(&event)) {
            content[accepted->update] = accepted->content;
        } else if (const auto* frozen = std::get_if<ledger::RoundFrozen>(&event); frozen && frozen->round == round) {
            for (const UpdateId& update : frozen->set)
                found.push_back(content.at(update));
        }
    }
    return found;
}

}  // namespace skerry::simulation
