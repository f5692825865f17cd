#include "edge-node/daemon/fleet_link.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "common/observe/log.hpp"
#include "common/wire/codec.hpp"

namespace skerry::node {

namespace log = observe::log;

namespace {

/// The coordinator knows us and refuses our key: ZeroMQ does not dial again by itself, an operator may change his mind.
constexpr std::chrono::milliseconds kRefusedPause{60'000};

}  // namespace

FleetLink::FleetLink(boost::asio::io_context& loop, Session session, transport::CurveKeyPair keys, std::string endpoint,
                     std::string model, Perform perform)
    : session_(std::move(session)),
      keys_(std::move(keys)),
      endpoint_(std::move(endpoint)),
      model_(std::move(model)),
      perform_(std::move(perform)),
      timer_(loop),
      redial_(loop),
      context_(loop) {}

Result<> FleetLink::start() {
    return dial();
}

Result<> FleetLink::dial() {
    transport::DealerOptions options;
    options.keys = keys_;
    options.server.value = session_.keys().transport;
    // Nodes that lost their coordinator in one moment drift apart while it is away.
    options.reconnect_max = std::chrono::seconds(45 + std::random_device()() % 31);
    transport::DealerEvents events;
    events.on_message = [this](transport::Frames frames) {
        auto message = wire::decode_from_coordinator(frames);
        if (!message) {
            log::warning("message_dropped", {{"reason", message.error().message}, {"model", model_}});
            return;
        }
        tell(MessageReceived{std::move(*message)});
    };
    events.on_connected = [this] {
        handshake_failure_.clear();
        log::info("connected", {{"endpoint", endpoint_}, {"model", model_}});
        tell(Connected{});
    };
    events.on_disconnected = [this] {
        log::info("disconnected", {{"endpoint", endpoint_}, {"model", model_}});
        tell(Disconnected{});
    };
    events.on_handshake_failed = [this](const transport::HandshakeFailure& failure) {
        if (handshake_failure_ != failure.reason) {
            log::warning("handshake_failed", {{"endpoint", endpoint_}, {"reason", failure.reason}, {"model", model_}});
        }
        handshake_failure_ = failure.reason;
        if (failure.refused) try_again_later(kRefusedPause);
    };
    dealer_ = SKERRY_TRY(transport::Dealer::open(context_, std::move(options), std::move(events)));
    return dealer_->connect(endpoint_);
}

void FleetLink::reconnect() {
    // Not from here: a callback of the dealer may be below us on the stack.
    try_again_later(std::chrono::milliseconds(0));
}

void FleetLink::try_again_later(std::chrono::milliseconds pause) {
    redial_.expires_after(pause);
    redial_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code failure) {
        if (failure || alive.expired()) return;
        if (dealer_->connected()) tell(Disconnected{});
        dealer_.reset();
        if (const auto dialled = dial(); !dialled) {
            log::error("cannot_dial",
                       {{"endpoint", endpoint_}, {"reason", dialled.error().message}, {"model", model_}});
            try_again_later(kRefusedPause);
        }
    });
}

bool FleetLink::send(wire::FromNode message) {
    return dealer_ && dealer_->send(wire::encode(message));
}

void FleetLink::tell(Event event) {
    events_.push_back(std::move(event));
    if (!working_) work_through();
}

void FleetLink::work_through() {
    working_ = true;
    while (!events_.empty()) {
        const Event event = std::move(events_.front());
        events_.pop_front();
        for (Action& action : session_.handle(event, Clock::now())) {
            if (auto* message = std::get_if<Send>(&action)) {
                send(std::move(message->message));
            } else {
                perform_(std::move(action));
            }
        }
    }
    working_ = false;
    arm();
}

void FleetLink::arm() {
    const auto deadline = session_.deadline();
    if (!deadline) {
        timer_.cancel();
        return;
    }
    timer_.expires_after(std::max(*deadline - Clock::now(), std::chrono::milliseconds(0)));
    timer_.async_wait([this, alive = std::weak_ptr<bool>(alive_)](boost::system::error_code failure) {
        if (!failure && !alive.expired()) tell(TimePassed{});
    });
}

}  // namespace skerry::node
