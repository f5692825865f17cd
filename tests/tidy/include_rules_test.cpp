#include <map>
#include <optional>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/tidy/source_tree.hpp"

namespace skerry::tidy {
namespace {

/// Who may include whom. A folder may always include itself.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"common", {}},
    {"aggregation", {"common"}},
    {"feedback", {"common"}},
    {"coordinator", {"common", "aggregation", "feedback"}},
    {"edge-node", {"common", "aggregation", "feedback"}},
};

/// Where a third party's headers may be included: behind the one door that owns the library.
const std::map<std::string, std::vector<std::string>> kOwners = {
    {"torch/", {"edge-node/learner/"}},
    {"ATen/", {"edge-node/learner/", "tests/bench/"}},
    {"c10/", {"edge-node/learner/", "tests/bench/"}},
    {"oneapi/dnnl/", {"edge-node/serving/executors/"}},
    {"dnnl", {"edge-node/serving/executors/"}},
    {"xnnpack", {"edge-node/serving/executors/"}},
    {"xnnpack", {"edge-node/serving/executors/"}},
    {"zmq", {"common/transport/"}},
    {"openssl/", {"common/crypto/"}},
    {"sqlite3", {"common/storage/"}},
    {"rocksdb/", {"common/storage/"}},
    {"xxhash", {"common/storage/"}},
    {"boost/beast", {"common/http/"}},
    {"toml++/", {"common/config/"}},
    {"spdlog/", {"common/observe/"}},
    {"prometheus/", {"common/observe/"}},
    {"zlib.h", {"common/datasets/", "common/http/"}},
};

std::optional<std::string> included(const std::string& line, char open, char close) {
    const auto directive = line.find_first_not_of(" \t");
    if (directive == std::string::npos || line.compare(directive, 8, "#include") != 0) return std::nullopt;
    const auto first = line.find(open, directive);
    if (first == std::string::npos) return std::nullopt;
    const auto last = line.find(close, first + 1);
    if (last == std::string::npos) return std::nullopt;
    return line.substr(first + 1, last - first - 1);
}

TEST(IncludeRules, FoldersIncludeOnlyWhatTheyMay) {
    for (const auto& [folder, allowed] : kMayInclude) {
        for (const auto& file : sources_below(folder)) {
            for (const auto& line : lines_of(file)) {
                const auto path = included(line, '"', '"');
                if (!path) continue;
                const std::string target = path->substr(0, path->find('/'));
                EXPECT_TRUE(target == folder || allowed.contains(target) || path->find('/') == std::string::npos)
                    << file << " includes " << *path << ": " << folder << "/ may not include " << target << "/";
            }
        }
    }
}

TEST(IncludeRules, ThirdPartyHeadersStayBehindTheirDoor) {
    for (const auto& folder : kFolders) {
        for (const auto& file : sources_below(folder)) {
            for (const auto& line : lines_of(file)) {
                const auto path = included(line, '<', '>');
                if (!path) continue;
                for (const auto& [prefix, owners] : kOwners) {
                    if (path->compare(0, prefix.size(), prefix) != 0) continue;
                    bool owned = false;
                    for (const auto& owner : owners)
                        owned = owned || file.string().compare(0, owner.size(), owner) == 0;
                    EXPECT_TRUE(owned) << file << " includes <" << *path << ">, which belongs to " << owners.front();
                }
            }
        }
    }
}

TEST(IncludeRules, CommandLineParsingStaysInProgramsAndVerbs) {
    for (const auto& folder : kFolders) {
        for (const auto& file : sources_below(folder)) {
            for (const auto& line : lines_of(file)) {
                const auto path = included(line, '<', '>');
                if (!path || path->compare(0, 4, "CLI/") != 0) continue;
                const std::string name = file.string();
                EXPECT_TRUE(file.filename() == "main.cpp" || name.find("/cli/") != std::string::npos ||
                            name.find("/tools/") != std::string::npos)
                    << file << " includes <" << *path << ">: CLI11 belongs to main.cpp, cli/ and tools/";
            }
        }
    }
}

}  // namespace
}  // namespace skerry::tidy
