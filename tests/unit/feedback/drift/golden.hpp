#pragma once

#include <cstdint>
#include <vector>

// Printed by golden.py.
namespace skerry::feedback::golden {

struct Cut {
    std::size_t at;
    bool rose;
    std::uint64_t size;
};
struct Distance {
    std::size_t at;
    double distance;
};

// Error bits from Random(11), by the errors' rates: 3000 at 0.10, 1500 at 0.25, 1500 at 0.10, 2000 at 0.60, 2000 at
// 0.15.
inline const std::vector<Cut> kAdwin = {{3099, true, 540},  {3199, true, 512},  {3299, true, 548},  {3699, true, 820},
                                        {4799, false, 640}, {4899, false, 612}, {5399, false, 984}, {6099, true, 148},
                                        {8099, false, 132}, {8199, false, 200}};
inline const std::vector<std::size_t> kPageHinkley = {3218, 6115};
inline const std::vector<std::size_t> kDdmDrifts = {39, 3192, 6089};
inline constexpr std::size_t kDdmWarnings = 3434;
inline constexpr std::size_t kDdmFirstWarning = 98;
// Uniform numbers from Random(12), 2000 as they are, then 2000 of their square roots; tested each 100.
inline const std::vector<Distance> kKswin = {{2099, 0.31}};

}  // namespace skerry::feedback::golden
