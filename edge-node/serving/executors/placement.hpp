#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/serving/executors/lineup.hpp"

namespace skerry::node {

/// Something that runs batches one after the other: a CPU executor, a GPU, an accelerator.
struct Device {
    std::string name;
    std::size_t memory_bytes = 0;
    std::chrono::nanoseconds transfer_time{0};  ///< to begin one copy of a map to it; zero where memory is shared
    double transfer_bytes_per_ns = 0;           ///< 0: memory is shared, nothing is copied
};

/// One batch at one stage or head.
struct PlacementRequest {
    std::size_t unit = 0;
    std::size_t batch = 1;
    std::size_t map_bytes = 0;                          ///< of what it reads
    std::optional<std::size_t> lies_on = std::nullopt;  ///< the device whose memory the map is in; nothing: the host's
    std::size_t memory_bytes = 0;                       ///< that it holds while it runs
};

/// Decides which device runs a batch: the one that is predicted to finish it first,
///
///     argmin over devices with room of  backlog + transfer + cost(unit, batch)
///
/// with costs learned from what batches took (an exponential mean for each unit and timed batch size). A device that
/// was never measured at something is tried with one batch, so that it can prove itself. Pure: no clock, no device.
/// Topcuoglu et al. 2002, "Performance-effective and low-complexity task scheduling for heterogeneous computing"
/// (HEFT).
class Placement {
public:
    struct Placed {
        std::size_t device = 0;
        std::chrono::nanoseconds starts{0};    ///< when the device is predicted to come to it, transfer included
        std::chrono::nanoseconds finishes{0};  ///< predicted
        PlacementRequest request;
    };

    explicit Placement(std::vector<Device> devices);

    /// What is known beforehand, as from a tournament: of a whole batch of a timed size.
    void expect_cost(std::size_t device, std::size_t unit, std::size_t timed, std::chrono::nanoseconds cost);

    /// Takes the device's memory and time. Nothing: no device has room now; ask again after a finished().
    [[nodiscard]] std::optional<Placed> place(const PlacementRequest& request, std::chrono::nanoseconds now);
    /// `took`: the computation alone. Gives the memory back and learns the cost. Once for each place().
    void finished(const Placed& placed, std::chrono::nanoseconds took, std::chrono::nanoseconds now);

    [[nodiscard]] std::size_t memory_free(std::size_t device) const { return states_[device].memory_free; }
    /// Of a whole batch; nothing: never measured.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> cost(std::size_t device, std::size_t unit,
                                                               std::size_t batch) const;

private:
    struct Cost {
        double nanoseconds_a_sample = 0;
        bool known = false;
        bool on_trial = false;  ///< its first batch is under way
    };
    struct State {
        Device device;
        std::size_t memory_free = 0;
        std::chrono::nanoseconds free_at{0};
        std::size_t running = 0;
        std::array<std::array<Cost, kTimedBatches.size()>, kUnits> costs{};
    };
    [[nodiscard]] std::optional<Placed> placed_on(std::size_t device, const PlacementRequest& request,
                                                  std::chrono::nanoseconds now) const;

    std::vector<State> states_;
};

}  // namespace skerry::node
