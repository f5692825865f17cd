#pragma once

#include <filesystem>
#include <string>

namespace skerry::node {

/// Where the node of a folder answers: its Unix socket.
[[nodiscard]] inline std::string socket_address(const std::filesystem::path& dir) {
    return "unix:" + std::filesystem::absolute(dir / "infer.sock").string();
}

}  // namespace skerry::node
