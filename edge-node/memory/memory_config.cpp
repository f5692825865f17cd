#include "edge-node/memory/memory_config.hpp"

namespace skerry::node {

std::vector<std::string> MemoryConfig::problems() const {
    constexpr std::uint64_t kSmallest = 16'000'000;
    std::vector<std::string> problems;
    if (budget != 0 && budget < kSmallest) {
        problems.emplace_back("memory.budget must be at least 16MB, less than which no node runs in, or 0B for none");
    }
    if (!(pressure_max > 0 && pressure_max <= 1)) {
        problems.emplace_back("memory.pressure must be above 0 and at most 1: a share of time");
    }
    return problems;
}

}  // namespace skerry::node
