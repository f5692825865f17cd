#include <gtest/gtest.h>

#include "tests/tidy/source_tree.hpp"

namespace skerry::tidy {
namespace {

constexpr std::size_t kLinesMax = 350;

TEST(Rooms, NoFileIsCrowded) {
    for (const auto& folder : kFolders) {
        for (const auto& file : sources_below(folder)) {
            EXPECT_LE(lines_of(file).size(), kLinesMax) << file << " is crowded: rebuild the room, not the file";
        }
    }
}

TEST(Rooms, EachFolderOpensWithAReadme) {
    for (const auto& folder : kFolders) {
        EXPECT_TRUE(std::filesystem::exists(kRoot / folder / "README.md")) << folder << "/ has no README.md";
        for (const auto& entry : std::filesystem::directory_iterator(kRoot / folder)) {
            if (!entry.is_directory()) continue;
            const auto room = entry.path().lexically_relative(kRoot);
            EXPECT_TRUE(std::filesystem::exists(entry.path() / "README.md")) << room << "/ has no README.md";
        }
    }
}

TEST(Rooms, EveryHeaderIsIncludedOnce) {
    for (const auto& folder : kFolders) {
        for (const auto& file : sources_below(folder)) {
            if (file.extension() != ".hpp") continue;
            const auto lines = lines_of(file);
            ASSERT_FALSE(lines.empty()) << file;
            EXPECT_EQ(lines.front(), "#pragma once") << file;
        }
    }
}

}  // namespace
}  // namespace skerry::tidy
