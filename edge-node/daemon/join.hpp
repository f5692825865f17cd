#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "common/base/ids.hpp"
#include "edge-node/spool/enrolment.hpp"

namespace skerry::node {

struct JoinOptions {
    std::filesystem::path dir;
    std::string token;  ///< sk1.…; never logged
    std::string name;   ///< for people; empty: the host's name
    Tier tier = Tier::Heavy;
    std::chrono::milliseconds patience{30'000};  ///< until the coordinator has answered
};

struct Joined {
    Enrolment enrolment;
    NodeId node;
    Tier tier = Tier::Light;
    std::string model_name;
    bool before = false;  ///< it had joined already: nothing was asked
};

/// Enrols this node: makes its keys, proves the token, believes nothing before root and proof are checked, and stores
/// what it learned in DIR/node.db. After any failure it may simply be called again: the keys stay, and the coordinator
/// gives the same identity the same certificate. Blocks; runs a loop of its own.
/// InvalidInput: no token, a folder into which every user may write, or a model too large for a node's database.
/// PermissionDenied: refused, or not the coordinator that the token pins. Unavailable: no
/// answer in time. Conflict: the folder is in use, or belongs to another federation. Each says what to do.
[[nodiscard]] Result<Joined> join(const JoinOptions& options);

}  // namespace skerry::node
