#pragma once

#include <string>
#include <string_view>

namespace skerry::node {

/// "tcp://*:7000" as a coordinator that listens everywhere may call itself, seen from a node that reached it at
/// "tcp://gateway.example:7001": "tcp://gateway.example:7000". Any other endpoint stays as it is.
[[nodiscard]] std::string reachable_endpoint(std::string_view said, std::string_view reached_at);

}  // namespace skerry::node
