#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "common/wire/token.hpp"
#include "coordinator/federation.hpp"
#include "tests/simulation/crash_clock.hpp"
#include "tests/simulation/evidence.hpp"
#include "tests/simulation/faulty_blob_store.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/simulated_journal.hpp"

namespace skerry::simulation {

/// The coordinator: journal, blobs and keys, which last, and around them a process that can die between any two
/// actions: the real Federation, the events that wait for it, the actions that are not done yet, and the examinations
/// and sums that workers are at. Keeps the shell's side of the contract in federation.hpp, one action a step.
class SimulatedCoordinator {
public:
    using OnJoinReply = std::function<void(const ByteArray<32>& peer, const wire::JoinReply&)>;

    SimulatedCoordinator(World& world, Network& network, Evidence& evidence, OnJoinReply on_join_reply);

    /// `skerry-coordinator init`, then the first start.
    void found();
    /// `skerry token create`: its text, once its event is in the journal.
    [[nodiscard]] std::string create_token(Tier tier);
    /// Unheard while it is down.
    void ask_to_join(const wire::JoinRequest& request);
    void introduce(std::size_t node, const ByteArray<32>& transport) { index_of_[transport] = node; }

    void hear(const ByteArray<32>& transport, wire::FromNode message);
    /// `skerry node revoke`; forgotten if the coordinator is down, or dies before it is written.
    void revoke(const NodeId& node);
    /// `skerry node quarantine` and `release`; likewise.
    void quarantine(const NodeId& node);
    void release(const NodeId& node, bool discard);
    /// `skerry model rollback`, to one of those that it holds, `model pin` and `unpin`; likewise.
    void roll_back(std::size_t which, bool pin, Tier from);
    void pin();
    void unpin();
    void promote();
    void crash();
    /// Somebody who has read that a disk failed starts it again, unless it has done so by itself.
    void heal();
    /// All is over: what the tables say is compared with the journal.
    void compare_tables() { journal_.compare_tables(); }

    [[nodiscard]] const coordinator::Federation* core() const { return core_.get(); }
    [[nodiscard]] std::uint64_t deaths() const { return crash_clock_.deaths(); }
    /// Neither an event nor an action waits, and no worker is busy.
    [[nodiscard]] bool idle() const { return core_ && inbox_.empty() && todo_.empty() && workers_busy_ == 0; }
    [[nodiscard]] const crypto::VerifyKey& root() const { return keys_.root.verify_key(); }

private:
    static constexpr coordinator::Ticket kRollsBack = 4, kPins = 5, kUnpins = 6, kRollsBackAndPins = 7, kPromotes = 8;
    static constexpr coordinator::Ticket kFirstQuarantine = 100;

    void boot();
    [[nodiscard]] Result<> start();
    void disk_failed();
    void tell(coordinator::Event event);
    void plan_step();
    void step();
    void order(coordinator::Actions actions);
    void perform(coordinator::Action& action);
    void write(const coordinator::Action& order);
    void append(const coordinator::Append& order);
    void answered(const coordinator::Answer& order);
    void send_model(const coordinator::SendModel& order);
    void check(const coordinator::CheckUpdate& order);
    void sum(coordinator::SumRound order);
    [[nodiscard]] Result<coordinator::SumReady> sum_now(const coordinator::SumRound& order);
    void erase(const coordinator::EraseVersion& order);
    void erase(const std::vector<Digest>& blobs);
    [[nodiscard]] std::vector<Digest> updates_of(RoundId round) const;
    [[nodiscard]] Result<coordinator::OperatorRollsBack> order_to(coordinator::OperatorRollsBack order, Tier from);
    [[nodiscard]] Result<coordinator::JoinedWeights> join(const coordinator::Federation::Version& old, Tier from);
    /// Puts the mirror of these weights beside them.
    [[nodiscard]] Result<wire::EncodedWeights> encode(const Digest& weights);
    /// Puts what turns these weights into those, for nodes that fetch either; now and then it is of no use.
    [[nodiscard]] Result<std::vector<wire::EncodedDifference>> differences(const Digest& base, const Digest& newest);
    [[nodiscard]] const coordinator::ledger::Events& past() const;
    /// The process's own idea of the time.
    [[nodiscard]] TimePoint clock() const { return world_.time.now() + clock_error_; }
    void note(std::string_view what, std::uint64_t number = 0, std::uint64_t more = 0) {
        world_.note("coordinator", what, number, more);
    }
    template <class Task>
    void after(std::chrono::milliseconds pause, Task task) {
        world_.time.after(pause, [this, life = life_, task = std::move(task)] {
            if (life == life_) task();
        });
    }

    World& world_;
    Network& network_;
    Evidence& evidence_;
    OnJoinReply on_join_reply_;
    Dice dice_;
    Dice disk_dice_;  ///< of its own: a seed without disk faults is what it was before there were any
    CrashClock crash_clock_;
    std::map<ByteArray<32>, std::size_t> index_of_;

    // Lasts.
    coordinator::Keyring keys_;
    SimulatedJournal journal_;
    storage::MemoryBlobStore stored_;
    FaultyBlobStore blobs_;  ///< what the process sees of it

    // Dies with the process.
    std::uint64_t life_ = 0;
    std::chrono::milliseconds clock_error_{0};
    std::unique_ptr<coordinator::Federation> core_;
    coordinator::ExaminedUpdates examined_;
    std::unique_ptr<coordinator::DraftHashes> hashes_;
    std::deque<coordinator::Event> inbox_;
    std::deque<coordinator::Action> todo_;
    bool step_is_planned_ = false;
    bool last_was_durable_ = false;
    unsigned advances_in_place_ = 0;
    std::uint64_t wake_ = 0;
    std::map<coordinator::Ticket, NodeId> quarantines_asked_;
    unsigned workers_busy_ = 0;
    unsigned differences_made_ = 0;
};

}  // namespace skerry::simulation
