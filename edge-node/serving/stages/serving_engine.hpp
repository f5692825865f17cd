#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "edge-node/serving/serving_config.hpp"
#include "edge-node/serving/stages/staged_request.hpp"

namespace boost::asio {
class io_context;
}

namespace skerry::node {

class StageWorkers;

/// What one stage has done since the start, and how it is now.
struct StageNumbers {
    std::uint64_t batches = 0;
    std::uint64_t rows = 0;
    std::chrono::nanoseconds busy{0};  ///< of all threads together
    std::size_t waiting = 0;           ///< rows
    std::size_t batch_rows = 1;        ///< what a batch may hold now
    std::chrono::nanoseconds p95{0};   ///< of a batch; 0: none has run lately
};

/// Answers the requests of one model: bounded stage queues in front of the workers, which the loop's own thread
/// relieves of what costs less than handing it over. All calls on the loop's thread, also the destructor, which waits
/// for the stages being run and drops all else without answered().
///
/// Deadlines: an answer leaves in time if the light stage alone can be run in time. When a deadline comes near, what
/// has been found so far is answered, whatever its rows are waiting for or being run through; a light stage that would
/// have to wait for busy workers is run by the loop.
///
/// Idle class: audits are run when no worker has work and a processor has nothing else to do, one sample at a time.
class ServingEngine {
public:
    using Exits = std::array<std::optional<std::vector<float>>, kTiers>;
    using OnExits = std::function<void(Exits)>;

    /// Both borrowed.
    ServingEngine(boost::asio::io_context& loop, StageWorkers& workers, const ServingConfig& config);
    ServingEngine(const ServingEngine&) = delete;
    ServingEngine& operator=(const ServingEngine&) = delete;
    ~ServingEngine();

    /// False: full or draining, and nothing was taken. A request larger than queue_bytes_max is taken when there is no
    /// other. answered() runs inside this call when the loop has run all its stages, else later. Keeps the loop running
    /// until then.
    [[nodiscard]] bool submit(const std::shared_ptr<StagedRequest>& request);

    /// A request of no bytes would be taken now.
    [[nodiscard]] bool has_room() const;

    /// The logits of every exit for one checked sample, from idle time; `done` is called on the loop's thread, or never
    /// when the engine goes before. False: enough wait already. Bounded in samples and bytes.
    [[nodiscard]] bool audit(std::shared_ptr<const Snapshot> snapshot, Bytes sample, OnExits done);

    /// Refuses from now on and calls `on_empty` from the loop once the last accepted request is answered.
    void drain(std::function<void()> on_empty);

    /// Accepted requests that are not answered.
    [[nodiscard]] std::size_t pending() const;
    /// Audits taken and not carried out.
    [[nodiscard]] std::size_t audits_pending() const;
    [[nodiscard]] std::array<StageNumbers, kTiers> numbers() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace skerry::node
