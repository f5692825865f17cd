#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/ids.hpp"
#include "common/datasets/dataset.hpp"
#include "edge-node/tools/stop_signal.hpp"

namespace skerry::node {

struct LoadOptions {
    std::string node;  ///< "http://127.0.0.1:8000" or "unix:DIR/infer.sock"
    std::string data;  ///< as datasets::open_source; its first kLoadSamplesMax are asked over and over
    datasets::SourceOptions source{};
    /// Requests a second, at random times (a Poisson process) that do not depend on the answers. Nothing: each
    /// connection asks again as soon as it has its answer, which gives the most that the node can do.
    std::optional<double> rate{};
    std::chrono::milliseconds time{10'000};
    std::size_t connections = 16;
    bool json = false;  ///< tensors as JSON instead of binary
    std::optional<Tier> tier_max{};
    std::optional<std::chrono::microseconds> deadline{};
    std::uint64_t seed = 1;  ///< of the schedule
};
inline constexpr std::size_t kLoadSamplesMax = 1000;
inline constexpr std::size_t kLoadConnectionsMax = 256;  ///< what a node takes

struct LoadNumbers {
    /// Of each answer, rising. From the time at which its request was due, not from when it could be sent: a node that
    /// falls behind cannot hide that from its own load. Without a rate: from when it was sent.
    std::vector<std::chrono::nanoseconds> latencies;
    std::array<std::uint64_t, kTiers> answered_by{};
    std::uint64_t anytime = 0;            ///< answers cut short by their deadline
    std::uint64_t late = 0;               ///< answers that came after their deadline, seen from here
    std::uint64_t refused = 0;            ///< 503: too many were waiting
    std::uint64_t errors = 0;             ///< any other answer
    std::string first_error{};            ///< its sentence
    std::chrono::nanoseconds elapsed{0};  ///< to the last answer

    [[nodiscard]] double rate() const;
    /// 0 ≤ share ≤ 1; 0 where nothing was answered.
    [[nodiscard]] std::chrono::nanoseconds quantile(double share) const;
};

/// Asks a node for answers at a given rate and takes the times. Blocks until the last answer, or until `stop` is raised
/// and what is under way is answered. Uses a whole core at high rates: give it one of its own.
/// InvalidInput: the node or the data are not what they must be. Unavailable: the node went away, or did not answer
/// for 30 s.
[[nodiscard]] Result<LoadNumbers> run_load(const LoadOptions& options, const StopSignal& stop);

}  // namespace skerry::node
