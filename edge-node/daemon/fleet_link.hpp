#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/transport/dealer.hpp"
#include "edge-node/session/session.hpp"

namespace skerry::node {

/// The shell of a Session: its socket, its clock and its timer. Actions that concern the node's own state are handed
/// on, in their order, to `perform`; what became of them comes back through tell(). Loop thread only.
class FleetLink {
public:
    /// Called for every action but Send; never while another call of it runs.
    using Perform = std::function<void(Action)>;

    /// `model`: its name, for the log.
    FleetLink(boost::asio::io_context& loop, Session session, transport::CurveKeyPair keys, std::string endpoint,
              std::string model, Perform perform);

    /// Begins to dial. Internal, InvalidInput: as transport::Dealer.
    [[nodiscard]] Result<> start();

    void tell(Event event);
    /// False: there is no connection, or its queue is full; the session will be asked again.
    bool send(wire::FromNode message);
    /// The coordinator's transport key has changed: dials anew with it.
    void reconnect();

    [[nodiscard]] const Session& session() const { return session_; }
    /// Why the last handshake failed; empty while connected.
    [[nodiscard]] const std::string& handshake_failure() const { return handshake_failure_; }
    [[nodiscard]] bool connected() const { return dealer_ && dealer_->connected(); }

private:
    [[nodiscard]] Result<> dial();
    void work_through();
    void arm();
    void try_again_later(std::chrono::milliseconds pause);

    Session session_;
    transport::CurveKeyPair keys_;
    std::string endpoint_;
    std::string model_;
    Perform perform_;
    std::deque<Event> events_;
    bool working_ = false;
    std::string handshake_failure_;
    boost::asio::steady_timer timer_;
    boost::asio::steady_timer redial_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    transport::Context context_;
    std::unique_ptr<transport::Dealer> dealer_;  // last: its callbacks use all of the above
};

}  // namespace skerry::node
