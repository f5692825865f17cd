#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace skerry::node {

struct ServingConfig {
    /// What the metadata of the server says; some clients of other servers insist on a name.
    std::string server_name = "skerry-node";
    /// Threads that run the network. One leaves the second core of a small device to learning.
    std::size_t workers = 1;
    /// Requests that may wait; more are refused with 503 at once, so that those accepted are answered soon.
    std::size_t queue_requests_max = 256;
    /// Bytes of samples that may wait: what a full queue of large batches may cost.
    std::size_t queue_bytes_max = std::size_t{64} << 20U;
    /// Samples of one request; more are refused.
    std::size_t request_samples_max = 64;
    /// Samples of several requests go through a stage together where they wait for it. Off: each by itself.
    bool batching = true;
    /// Samples that a stage takes at once, at most. Processors gain little beyond 8.
    std::size_t batch_max = 16;
    /// How long an answer may take without a deadline of its own: batches grow as long as each stage keeps a third of
    /// it, and older requests become more urgent.
    std::chrono::microseconds latency_budget{10'000};
    /// A stage that takes less is run by the loop's own thread: handing it to a worker would cost more. 0: never.
    std::chrono::microseconds inline_below{100};
    /// "auto": the fastest of each stage, by the tournament at the start; or the one that is named here.
    std::string executor = "auto";
    /// Lets the tournament choose 8-bit integers too: faster, and not quite the model's numbers.
    bool int8 = false;

    /// Everything wrong with these values, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
};

}  // namespace skerry::node
