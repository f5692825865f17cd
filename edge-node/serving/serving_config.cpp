#include "edge-node/serving/serving_config.hpp"

#include <algorithm>

namespace skerry::node {

std::vector<std::string> ServingConfig::problems() const {
    std::vector<std::string> problems;
    const auto check = [&](const char* name, std::size_t value, std::size_t max) {
        if (value < 1 || value > max) problems.push_back(std::string(name) + " must be 1 to " + std::to_string(max));
    };
    const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
    if (server_name.empty() || !std::all_of(server_name.begin(), server_name.end(), printable)) {
        problems.emplace_back("server_name must be one or more printable ASCII characters");
    }
    check("workers", workers, 64);
    check("queue_requests_max", queue_requests_max, 65'536);
    check("queue_bytes_max", queue_bytes_max, std::size_t{4} << 30U);
    check("request_samples", request_samples_max, 4096);
    check("batch_max", batch_max, 256);
    if (latency_budget < std::chrono::microseconds(100)) problems.emplace_back("latency_budget must be at least 100us");
    if (executor == "int8" && !int8) problems.emplace_back("executor \"int8\" needs int8 = true");
    return problems;
}

}  // namespace skerry::node
