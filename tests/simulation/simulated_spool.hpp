#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "edge-node/spool/spool.hpp"
#include "tests/simulation/faulty_disk.hpp"
#include "tests/simulation/node_disk.hpp"
#include "tests/simulation/world.hpp"

namespace skerry::simulation {

/// A node's spool, the real one, in SQLite and files on a disk that fails as the seed says; and beside it the
/// checkpoint, whose every writing is whole or not at all. NodeDisk says what they must hold: whoever opens them
/// compares. Here is the law the_spool_holds_what_it_told.
class SimulatedSpool {
public:
    /// What a change has left, for the model to follow.
    using Follow = std::function<void(const node::DurableState& found)>;
    /// A change is some steps, as node::LocalModel takes them: each is tried again where there was no room for it.
    using Steps = std::vector<std::function<Result<>()>>;

    /// `model`: what it must hold; it outlives this. Empty at first.
    SimulatedSpool(World& world, std::uint64_t seed, NodeDisk& model);

    /// A process starts, finishes what another has begun, and compares. False: the disk has failed, and it must end.
    [[nodiscard]] bool open();
    /// Once, before the storm, as skerry-node join does.
    [[nodiscard]] bool open_anew(const node::Enrolment& enrolment);
    /// Then `follow` is called: now, where all went well; else at the next start, if the change is found done. False:
    /// the process must end.
    [[nodiscard]] bool perform(const Steps& steps, Follow follow);
    /// The process is gone. `power`: and so is that of the machine.
    void crash(bool power);

    // ---- Changes ----

    /// `sealed`: what was taken, or nothing.
    [[nodiscard]] Steps take(const node::TakeUpdate& order, const crypto::SigningKey& identity,
                             std::shared_ptr<std::optional<node::SpooledUpdate>> sealed);
    [[nodiscard]] Steps keep_receipt(Sequence sequence, const wire::SignedBytes& receipt);
    [[nodiscard]] Steps keep_keys(const wire::SignedBytes& keys);
    [[nodiscard]] Steps keep_certificate(const wire::SignedBytes& certificate);
    [[nodiscard]] Steps put_back(Sequence sequence);
    [[nodiscard]] Steps drop_progress(Sequence sequence);
    [[nodiscard]] Steps install(const node::InstallVersion& order, SharedWeights weights);
    /// A step of the learner, whole: the checkpoint is what the model has.
    void learned();

    [[nodiscard]] Bytes chunk(Sequence sequence, std::uint32_t index);

private:
    struct Checkpoint {
        ModelVersion version;
        std::vector<float> weights;
        node::Totals totals;
    };

    /// A version that was begun, and is not finished by this process yet.
    struct Begun {
        ModelVersion version;
        std::vector<float> weights;
        bool committed = false;  ///< a step has written its checkpoint
    };

    /// These steps, once what was begun is finished.
    [[nodiscard]] Steps settled(Steps steps);
    [[nodiscard]] Result<> settle();
    [[nodiscard]] Result<> reopen();
    [[nodiscard]] Result<> finish_unfinished();
    [[nodiscard]] Result<> attempt(const std::function<Result<>()>& step);
    [[nodiscard]] bool refused(const Error& error, bool fault_happened);
    void arm(std::uint64_t writes);
    [[nodiscard]] bool died() const { return disk_.life() != life_; }
    /// Where they differ; empty: nowhere.
    [[nodiscard]] Result<std::string> difference(const NodeDisk& model);
    void compare();

    World& world_;
    Dice dice_;
    FaultyDisk disk_;
    NodeDisk& model_;
    node::Sharing sharing_;
    Checkpoint checkpoint_;
    std::optional<Begun> begun_;
    std::optional<node::Spool> spool_;
    std::uint64_t life_ = 0;
    Follow in_doubt_;  ///< of the change that failed
};

/// In the spool's terms.
[[nodiscard]] node::Totals totals_of(const Totals& totals);

}  // namespace skerry::simulation
