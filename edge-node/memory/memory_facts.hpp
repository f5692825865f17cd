#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "edge-node/memory/memory_budget.hpp"

namespace skerry::node {

/// What the status page and the metrics show of memory, at one moment: of the process, and of one of its models.
struct MemoryFacts {
    std::optional<std::uint64_t> budget;  ///< nothing: no limit
    std::uint64_t shared = 0, reserve = 0;
    std::array<std::uint64_t, kMemoryUses> promised{};
    std::array<std::uint64_t, kMemoryUses> refused{};  ///< times since the start; of Batch, requests
    std::optional<double> pressure;                    ///< share of the last second; nothing: the kernel does not tell
    bool short_of_memory = false;

    bool base = false;  ///< the model has fallen back: the light tier, single samples, no learner
    std::uint64_t base_need = 0, enhanced_need = 0;
    std::optional<std::uint64_t> base_slots, enhanced_slots;  ///< how many more such tasks fit; nothing: any number
    std::string waits;                                        ///< what the model waits for memory with; empty: nothing
};

}  // namespace skerry::node
