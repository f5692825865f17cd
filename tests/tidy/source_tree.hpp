#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace skerry::tidy {

inline const std::filesystem::path kRoot = SKERRY_SOURCE_DIR;
inline const std::vector<std::string> kFolders = {"common", "aggregation", "feedback", "coordinator", "edge-node"};

/// Every C++ file of ours below `folder`, as paths relative to the root.
inline std::vector<std::filesystem::path> sources_below(const std::string& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(kRoot / folder)) {
        const auto extension = entry.path().extension();
        if (extension == ".cpp" || extension == ".hpp") files.push_back(entry.path().lexically_relative(kRoot));
    }
    return files;
}

inline std::vector<std::string> lines_of(const std::filesystem::path& file) {
    std::ifstream stream(kRoot / file);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    return lines;
}

}  // namespace skerry::tidy
