#include "common/transport/context.hpp"

#include "common/transport/context_state.hpp"

namespace skerry::transport {

namespace {

constexpr const char* kZapEndpoint = "inproc://zeromq.zap.01";
constexpr std::size_t kZapFrames = 9;  // routing id, empty, version, request, domain, address, identity, mechanism, key

struct Verdict {
    const char* code;
    const char* text;
    std::string user_id;
};

Verdict judge(const Context::State& state, const std::vector<zmq::message_t>& request) {
    const auto domain = state.domains.find(request[4].to_string_view());
    if (domain == state.domains.end()) return {"400", "no such domain", ""};
    if (request[7].to_string_view() != "CURVE" || request[8].size() != 32) return {"400", "only CURVE is served", ""};
    CurvePublicKey key;
    std::memcpy(key.value.data(), request[8].data(), key.value.size());
    const Admit& admit = domain->second;
    if (admit && !admit(key)) return {"400", "this key is not admitted", ""};
    return {"200", "OK", key.to_text()};
}

}  // namespace

std::vector<zmq::message_t> zap_answer(const Context::State& state, const std::vector<zmq::message_t>& request) {
    std::vector<zmq::message_t> answer;
    if (request.size() != kZapFrames || request[2].to_string_view() != "1.0") return answer;
    const Verdict verdict = judge(state, request);
    answer.emplace_back(request[0].data(), request[0].size());
    answer.emplace_back();
    answer.emplace_back(std::string_view("1.0"));
    answer.emplace_back(request[3].data(), request[3].size());
    answer.emplace_back(std::string_view(verdict.code));
    answer.emplace_back(std::string_view(verdict.text));
    answer.emplace_back(verdict.user_id);
    answer.emplace_back();  // no metadata
    return answer;
}

Result<> Context::State::serve_domain(const std::string& domain, Admit admit) try {
    SKERRY_ASSERT(!domain.empty() && !domains.contains(domain));
    if (!zap) {
        zmq::socket_t handler(context, zmq::socket_type::router);
        handler.set(zmq::sockopt::linger, 0);
        handler.bind(kZapEndpoint);
        const MessageBounds bounds{.frames_max = kZapFrames, .frame_bytes_max = 4096, .message_bytes_max = 16'384};
        zap = std::make_unique<SocketWatcher>(loop, std::move(handler), SocketWatcher::Envelope::None, bounds,
                                              [this](std::vector<zmq::message_t>& request) {
                                                  auto answer = zap_answer(*this, request);
                                                  // A connection that died while it waited needs no answer.
                                                  if (!answer.empty()) static_cast<void>(zap->send(answer));
                                              });
    }
    domains.emplace(domain, std::move(admit));
    return {};
} catch (const zmq::error_t& error) {
    return fail(ErrorCode::Internal, std::string("binding the ZAP handler: ") + error.what());
}

Context::Context(boost::asio::io_context& loop, int io_threads) : state_(std::make_unique<State>(loop, io_threads)) {}
Context::~Context() = default;

}  // namespace skerry::transport
