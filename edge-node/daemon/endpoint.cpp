#include "edge-node/daemon/endpoint.hpp"

namespace skerry::node {

std::string reachable_endpoint(std::string_view said, std::string_view reached_at) {
    constexpr std::string_view kScheme = "tcp://";
    for (const std::string_view everywhere : {"tcp://*:", "tcp://0.0.0.0:", "tcp://[::]:"}) {
        if (said.substr(0, everywhere.size()) != everywhere || reached_at.substr(0, kScheme.size()) != kScheme)
            continue;
        const std::string_view port = said.substr(everywhere.size());
        const std::string_view host = reached_at.substr(0, reached_at.rfind(':'));
        return std::string(host) + ':' + std::string(port);
    }
    return std::string(said);
}

}  // namespace skerry::node
