#pragma once

#include <deque>
#include <optional>
#include <string>

#include "edge-node/learning/alarm_book.hpp"
#include "edge-node/session/session.hpp"
#include "tests/simulation/crash_clock.hpp"
#include "tests/simulation/evidence.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/node_disk.hpp"
#include "tests/simulation/simulated_spool.hpp"

namespace skerry::simulation {

/// A node: its disk, which lasts, and around it a process that can die between any two actions: the real Session, the
/// orders that it has given and nobody has carried out yet, the chunks of a version on its way, and a toy learner that
/// adds known multiples of 1/256 to the weights.
class SimulatedNode {
public:
    SimulatedNode(World& world, Network& network, Evidence& evidence, std::size_t index, const crypto::VerifyKey& root);

    // ---- Joining, before the storm ----

    [[nodiscard]] wire::JoinRequest ask_to_join(const std::string& token, Tier tier);
    /// Believes nothing that the token does not prove, as skerry-node join does.
    void joined(const wire::JoinReply& reply, const coordinator::ModelShape& model);

    // ---- Living ----

    void boot();
    void crash();
    void hear(wire::FromCoordinator message);
    void link_changed();
    void stop_learning() { learning_ = false; }

    [[nodiscard]] bool running() const { return session_.has_value(); }
    [[nodiscard]] std::uint64_t deaths() const { return crash_clock_.deaths(); }
    [[nodiscard]] const NodeDisk& disk() const { return disk_; }
    [[nodiscard]] NodeId id() const { return wire::node_of(identity_.verify_key()); }
    [[nodiscard]] const ByteArray<32>& transport() const { return transport_; }
    /// Nothing is on its way out of this node, and it has `newest`.
    [[nodiscard]] bool settled(ModelVersion newest, bool its_update_waits) const;

private:
    void tell(const node::Event& event);
    void wake();
    void step();
    void plan_step();
    void plan_learning();
    void learn();
    bool raise_alarms();
    bool compare_versions(std::uint64_t examples);
    void perform(node::Action& action);
    void take(const node::TakeUpdate& order);
    void record(const node::TakeUpdate& order, const node::DurableState& found);
    [[nodiscard]] Bytes chunk(const NodeDisk::Entry& entry, std::uint32_t index);
    void install(const node::InstallVersion& order);
    [[nodiscard]] std::optional<std::vector<float>> fetched(const node::InstallVersion& order) const;
    void retreat(Sequence sequence, bool drops);
    void retreated(Sequence sequence, bool drops);
    /// A change of the disk: of the model alone, or first of the real spool. False: this process has ended.
    bool durably(const std::function<SimulatedSpool::Steps()>& steps, SimulatedSpool::Follow follow);
    void answer_later(node::Event event);
    /// The process's own idea of the time.
    [[nodiscard]] TimePoint clock() const { return world_.time.now() + clock_error_; }
    void note(std::string_view what, std::uint64_t number = 0, std::uint64_t more = 0) {
        world_.note(name_, what, number, more);
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
    std::size_t index_;
    std::string name_;
    Dice dice_;
    CrashClock crash_clock_;
    Dice drift_dice_;
    bool learning_ = true;
    bool sends_overtake_ = false;  ///< this shell sends at once, while its storage is still at work

    // Lasts.
    crypto::SigningKey identity_;
    ByteArray<32> transport_{};
    crypto::VerifyKey root_;
    wire::JoinRequest request_;
    crypto::Secret<32> proof_key_;
    coordinator::ModelShape model_;
    NodeDisk disk_;
    std::unique_ptr<SimulatedSpool> spool_;  ///< null: the disk is a model

    // Dies with the process.
    std::uint64_t life_ = 0;
    std::optional<node::Session> session_;
    node::AlarmBook alarms_;
    std::optional<wire::TrialCounts> trial_;
    std::deque<node::Action> todo_;
    bool step_is_planned_ = false;
    bool last_was_durable_ = false;
    std::uint64_t wake_ = 0;
    TimePoint busy_at_;
    unsigned wakes_in_place_ = 0;
    std::chrono::milliseconds clock_error_{0};
};

}  // namespace skerry::simulation
