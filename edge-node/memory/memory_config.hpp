#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace skerry::node {

struct MemoryConfig {
    /// Bytes that the process and its learners may hold. 0: the limit of the control group where it has one, else
    /// none.
    std::uint64_t budget = 0;
    /// Share of a second in which some task of the machine stalls for memory, above which admissions stop.
    double pressure_max = 0.10;

    /// Everything wrong with these values, in words an operator understands. Empty: usable.
    [[nodiscard]] std::vector<std::string> problems() const;
};

}  // namespace skerry::node
