#include "common/transport/router.hpp"

#include <algorithm>

#include "common/transport/curve_socket.hpp"
#include "common/transport/door.hpp"
#include "common/transport/route_table.hpp"

namespace skerry::transport {

namespace {
constexpr std::size_t kBacklogMin = 8;
constexpr std::size_t kBacklogMax = 512;
constexpr int kZapEnforceDomain = 93;  // zmq.h names it only for draft builds; 4.3.4 takes it in every build
}  // namespace

struct Router::State {
    State(Context::State& owner, RouterOptions given, OnMessage handler)
        : context(owner),
          options(std::move(given)),
          on_message(std::make_shared<const OnMessage>(std::move(handler))),
          routes(options.connections_max) {}
    ~State() {
        door.reset();
        socket.reset();
        context.domains.erase(options.domain);
    }

    Context::State& context;
    RouterOptions options;
    std::shared_ptr<const OnMessage> on_message;  ///< shared: it may destroy us while it runs
    RouteTable routes;
    std::string endpoint;
    std::unique_ptr<SocketWatcher> socket;
    std::unique_ptr<Door> door;

    void receive(std::vector<zmq::message_t>& parts) {
        // ZAP has put the proven key there; libzmq delivers nothing of a peer before.
        const char* user_id = parts.size() > 1 ? parts.back().gets("User-Id") : nullptr;
        if (user_id == nullptr) return;
        const auto key = CurvePublicKey::parse(user_id);
        if (!key) return;
        Frames frames;
        frames.reserve(parts.size() - 1);
        for (std::size_t i = 1; i < parts.size(); ++i)
            frames.push_back(copy_of(view_of(parts[i])));
        const Sender sender{*key, routes.heard_from(*key, view_of(parts[0]))};
        const auto handler = on_message;
        (*handler)(sender, std::move(frames));
    }

    bool send(const CurvePublicKey& peer, Frames frames, SharedBytes* last) {
        const Bytes* route = routes.route_to(peer);
        if (route == nullptr) return false;
        std::vector<zmq::message_t> parts;
        parts.reserve(frames.size() + 2);
        parts.emplace_back(route->data(), route->size());
        for (Bytes& frame : frames)
            parts.push_back(message_of(std::move(frame)));
        if (last != nullptr) parts.push_back(message_of(std::move(*last)));
        const SocketWatcher::Sent sent = socket->send(parts);
        // Without the route, an older connection that is still alive may take its place with its next message.
        if (sent == SocketWatcher::Sent::NoSuchPeer) routes.forget(peer);
        return sent == SocketWatcher::Sent::Queued;
    }
};

std::size_t backlog_of(std::size_t connections_max) {
    return std::clamp(connections_max / 8, kBacklogMin, kBacklogMax);
}

Router::Router(std::unique_ptr<State> state) : state_(std::move(state)) {}
Router::~Router() = default;

Result<std::unique_ptr<Router>> Router::open(Context& context, RouterOptions options, OnMessage on_message) try {
    SKERRY_ASSERT(on_message != nullptr && options.connections_max > 0);
    Context::State& shared = context.state();
    SKERRY_TRY(shared.serve_domain(options.domain, options.admit));
    auto state = std::make_unique<State>(shared, std::move(options), std::move(on_message));
    const RouterOptions& own = state->options;
    zmq::socket_t socket = make_curve_socket(shared, zmq::socket_type::router,
                                             {.keys = &own.keys,
                                              .frame_bytes_max = own.bounds.frame_bytes_max,
                                              .receive_queue = own.receive_queue,
                                              .send_queue = own.send_queue,
                                              .handshake_time = own.handshake_time,
                                              .linger = own.linger});
    socket.set(zmq::sockopt::curve_server, true);
    socket.set(zmq::sockopt::zap_domain, own.domain);
    // A second lock on the same door: our handler is bound for as long as the context lives, so a failure is harmless.
    constexpr int kEnforce = 1;
    static_cast<void>(zmq_setsockopt(socket.handle(), kZapEnforceDomain, &kEnforce, sizeof kEnforce));
    socket.set(zmq::sockopt::router_mandatory, true);
    socket.set(zmq::sockopt::backlog, static_cast<int>(backlog_of(own.connections_max)));
    SKERRY_TRY(check_curve(socket));
    SKERRY_ASSERT(shared.zap != nullptr);
    state->socket = std::make_unique<SocketWatcher>(
        shared.loop, std::move(socket), SocketWatcher::Envelope::RoutingId, own.bounds,
        [raw = state.get()](std::vector<zmq::message_t>& parts) { raw->receive(parts); });
    state->door = std::make_unique<Door>(shared, state->socket->socket(), own.connections_max, own.on_full);
    return std::unique_ptr<Router>(new Router(std::move(state)));
} catch (const zmq::error_t& error) {
    return fail(ErrorCode::Internal, std::string("opening the router: ") + error.what());
}

Result<> Router::bind(const std::string& endpoint) try {
    zmq::socket_t& socket = state_->socket->socket();
    SKERRY_TRY(check_curve(socket));
    socket.set(zmq::sockopt::ipv6, endpoint.find('[') != std::string::npos);
    socket.bind(endpoint);
    state_->endpoint = socket.get(zmq::sockopt::last_endpoint);
    state_->socket->look();
    return {};
} catch (const zmq::error_t& error) {
    return tl::unexpected<Error>(endpoint_error(error, "listening on", endpoint));
}

std::string Router::bound_endpoint() const {
    return state_->endpoint;
}

bool Router::send(const CurvePublicKey& peer, Frames frames) {
    return !frames.empty() && state_->send(peer, std::move(frames), nullptr);
}

bool Router::send(const CurvePublicKey& peer, Frames frames, SharedBytes last) {
    return state_->send(peer, std::move(frames), &last);
}

std::size_t Router::connections() const {
    return state_->door->connections();
}
std::uint64_t Router::refused_messages() const {
    return state_->socket->refused_messages();
}

}  // namespace skerry::transport
