#include "edge-node/serving/executors/placement.hpp"

#include <algorithm>
#include <utility>

namespace skerry::node {

using std::chrono::nanoseconds;

namespace {

constexpr double kNewShare = 0.2;  ///< of the newest measurement in the mean

nanoseconds transfer(const Device& device, std::size_t index, const PlacementRequest& request) {
    if (device.transfer_bytes_per_ns <= 0 || request.lies_on == index) return nanoseconds(0);
    const double copying = static_cast<double>(request.map_bytes) / device.transfer_bytes_per_ns;
    return device.transfer_time + nanoseconds(static_cast<nanoseconds::rep>(copying));
}

nanoseconds of_batch(double nanoseconds_a_sample, std::size_t batch) {
    return nanoseconds(static_cast<nanoseconds::rep>(nanoseconds_a_sample * static_cast<double>(batch)));
}

}  // namespace

Placement::Placement(std::vector<Device> devices) {
    for (Device& device : devices) {
        State& state = states_.emplace_back();
        state.memory_free = device.memory_bytes;
        state.device = std::move(device);
    }
}

void Placement::expect_cost(std::size_t device, std::size_t unit, std::size_t timed, nanoseconds cost) {
    states_[device].costs[unit][timed] = {static_cast<double>(cost.count()) / static_cast<double>(kTimedBatches[timed]),
                                          true, false};
}

std::optional<nanoseconds> Placement::cost(std::size_t device, std::size_t unit, std::size_t batch) const {
    const Cost& cost = states_[device].costs[unit][timed_batch_of(batch)];
    if (!cost.known) return std::nullopt;
    return of_batch(cost.nanoseconds_a_sample, batch);
}

std::optional<Placement::Placed> Placement::placed_on(std::size_t device, const PlacementRequest& request,
                                                      nanoseconds now) const {
    const State& state = states_[device];
    if (request.memory_bytes > state.memory_free) return std::nullopt;
    const Cost& known = state.costs[request.unit][timed_batch_of(request.batch)];
    if (!known.known && known.on_trial) return std::nullopt;
    const nanoseconds starts = std::max(state.free_at, now) + transfer(state.device, device, request);
    return Placed{device, starts, starts + of_batch(known.nanoseconds_a_sample, request.batch), request};
}

std::optional<Placement::Placed> Placement::place(const PlacementRequest& request, nanoseconds now) {
    std::optional<Placed> first;
    for (std::size_t device = 0; device < states_.size(); ++device) {
        const auto placed = placed_on(device, request, now);
        if (placed && (!first || placed->finishes < first->finishes)) first = placed;
    }
    if (!first) return std::nullopt;
    State& state = states_[first->device];
    state.memory_free -= request.memory_bytes;
    state.free_at = first->finishes;
    ++state.running;
    Cost& cost = state.costs[request.unit][timed_batch_of(request.batch)];
    if (!cost.known) cost.on_trial = true;
    return first;
}

void Placement::finished(const Placed& placed, nanoseconds took, nanoseconds now) {
    State& state = states_[placed.device];
    SKERRY_ASSERT(state.running > 0);
    state.memory_free += placed.request.memory_bytes;
    const nanoseconds late = now - placed.finishes;
    --state.running;
    // What waits behind it moves with it; an idle device owes nothing.
    state.free_at = state.running == 0 ? now : std::max(now, state.free_at + late);
    Cost& cost = state.costs[placed.request.unit][timed_batch_of(placed.request.batch)];
    const double each = static_cast<double>(took.count()) / static_cast<double>(placed.request.batch);
    cost.nanoseconds_a_sample =
        cost.known ? cost.nanoseconds_a_sample + kNewShare * (each - cost.nanoseconds_a_sample) : each;
    cost.known = true;
    cost.on_trial = false;
}

}  // namespace skerry::node
