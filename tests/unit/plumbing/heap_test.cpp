#include "common/base/heap.hpp"

#include <cmath>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace skerry {
namespace {

std::size_t resident_file_kb() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        std::size_t kb = 0;
        if (word == "RssFile:" && status >> kb) return kb;
    }
    return 0;
}

TEST(Heap, GivesBackTheCodeThatOnlyStartingHasUsedAndRunsOn) {
    const std::size_t before = resident_file_kb();
    give_back_startup_memory();
    const std::size_t after = resident_file_kb();
    EXPECT_LT(after, before);
    EXPECT_EQ(std::to_string(std::lround(std::sqrt(1764.0))), "42") << "from libraries whose pages were dropped";
}

}  // namespace
}  // namespace skerry
