#pragma once

#include <map>
#include <memory>
#include <string>

#include <zmq.hpp>

#include "common/transport/context.hpp"
#include "common/transport/socket_watcher.hpp"

namespace skerry::transport {

/// What the sockets of this folder share. Only for its .cpp files.
struct Context::State {
    State(boost::asio::io_context& io, int io_threads) : loop(io), context(io_threads) {}

    boost::asio::io_context& loop;
    zmq::context_t context;
    std::map<std::string, Admit, std::less<>> domains;
    std::unique_ptr<SocketWatcher> zap;  ///< bound with the first Router
    std::uint64_t monitors = 0;          ///< made so far: names their endpoints

    /// Binds the ZAP handler unless it is, and enters the domain. Internal: it cannot be bound.
    [[nodiscard]] Result<> serve_domain(const std::string& domain, Admit admit);
};

/// What ZAP answers to a request of libzmq's; `request` and the answer begin with the routing id and an empty frame.
/// RFC 27. Empty: not a request.
[[nodiscard]] std::vector<zmq::message_t> zap_answer(const Context::State& state,
                                                     const std::vector<zmq::message_t>& request);

}  // namespace skerry::transport
