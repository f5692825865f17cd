#include "edge-node/serving/serving_config.hpp"

namespace skerry::node {

std::vector<std::string> ServingConfig::problems() const {
    std::vector<std::string> problems;
    const auto check = [&](const char* name, std::size_t value, std::size_t max) {
        if (value < 1 || value > max) problems.push_back(std::string(name) + " must be 1 to " + std::to_string(max));
    };
    check("workers", workers, 64);
    check("queue_requests_max", queue_requests_max, 65'536);
    check("queue_bytes_max", queue_bytes_max, std::size_t{4} << 30U);
    check("batch_max", batch_max, 4096);
    return problems;
}

}  // namespace skerry::node
