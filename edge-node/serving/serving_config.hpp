#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace skerry::node {

struct ServingConfig {
    /// Threads that run the network. One leaves the second core of a small device to learning.
    std::size_t workers = 1;
    /// Requests that may wait; more are refused with 503 at once, so that those accepted are answered soon.
    std::size_t queue_requests_max = 256;
    /// Bytes of samples that may wait: what a full queue of large batches may cost.
    std::size_t queue_bytes_max = std::size_t{64} << 20U;
    /// Samples of one request.
    std::size_t batch_max = 64;

    /// Everything wrong with these values, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
};

}  // namespace skerry::node
