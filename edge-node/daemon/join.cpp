#include "edge-node/daemon/join.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <unistd.h>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/crypto/random.hpp"
#include "common/parameters/layout.hpp"
#include "common/transport/dealer.hpp"
#include "common/wire/codec.hpp"
#include "common/wire/signed.hpp"
#include "common/wire/token.hpp"
#include "edge-node/daemon/endpoint.hpp"
#include "edge-node/daemon/node_keys.hpp"
#include "edge-node/spool/spool.hpp"

namespace skerry::node {

namespace {

constexpr std::chrono::milliseconds kRepeat{1000};

std::string host_name() {
    std::array<char, 65> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "node";
    return name.data();
}

/// Asks over one connection until an answer comes; one use.
class Enquiry {
public:
    Enquiry(const wire::JoinToken& token, const transport::CurveKeyPair& keys, wire::JoinRequest request)
        : token_(token), keys_(keys), request_(std::move(request)) {}

    Result<wire::JoinReply> ask(std::chrono::milliseconds patience) {
        transport::DealerOptions options;
        options.keys = keys_;
        options.server.value = token_.transport;
        options.reconnect_max = std::chrono::milliseconds(4000);
        dealer_ = SKERRY_TRY(transport::Dealer::open(context_, std::move(options),
                                                     {[this](transport::Frames frames) { on_message(frames); },
                                                      [this] { send(); },
                                                      {},
                                                      [this](const transport::HandshakeFailure& failure) {
                                                          failure_ = failure.reason;
                                                          if (failure.refused) loop_.stop();
                                                      }}));
        SKERRY_TRY(dealer_->connect(token_.enrol_endpoint));
        deadline_.expires_after(patience);
        deadline_.async_wait([this](boost::system::error_code failure) {
            if (!failure) loop_.stop();
        });
        loop_.run();
        if (reply_) return std::move(*reply_);
        if (broken_) return tl::unexpected(std::move(*broken_));
        return fail(ErrorCode::Unavailable,
                    "no answer from " + token_.enrol_endpoint +
                        (failure_.empty() ? std::string() : " (" + failure_ + ")") +
                        ": is the coordinator running there, and does it still hold the key that this token pins? "
                        "If it was set up anew, ask for a new token ('skerry token create')");
    }

private:
    void send() {
        if (dealer_->connected()) static_cast<void>(dealer_->send(wire::encode(request_)));
        repeat_.expires_after(kRepeat);
        repeat_.async_wait([this](boost::system::error_code failure) {
            if (!failure) send();
        });
    }
    void on_message(const transport::Frames& frames) {
        auto reply = wire::decode_join_reply(frames);
        if (reply) {
            reply_ = std::move(*reply);
        } else {
            broken_ = std::move(reply).error().within("reading the coordinator's answer");
        }
        loop_.stop();
    }

    const wire::JoinToken& token_;
    const transport::CurveKeyPair& keys_;
    const wire::JoinRequest request_;
    boost::asio::io_context loop_;
    transport::Context context_{loop_};
    boost::asio::steady_timer repeat_{loop_};
    boost::asio::steady_timer deadline_{loop_};
    std::optional<wire::JoinReply> reply_;
    std::optional<Error> broken_;
    std::string failure_;
    std::unique_ptr<transport::Dealer> dealer_;  // last: its callbacks use all of the above
};

/// Nothing of `reply` is believed before its root is the pinned one and its proof holds.
Result<Enrolment> checked(const wire::JoinReply& reply, const wire::JoinRequest& request, const wire::JoinToken& token,
                          const crypto::Secret<32>& proof_key) {
    if (!reply.admitted) {
        return fail(ErrorCode::PermissionDenied, "the coordinator refuses this node: " + reply.text);
    }
    if (reply.root != token.root.value) {
        return fail(ErrorCode::PermissionDenied,
                    "the coordinator's root key is not the one that the token pins: this is another federation, or "
                    "somebody in between. Do not go on; ask the operator for a new token over a channel you trust");
    }
    if (!wire::check(reply, request, proof_key)) {
        return fail(ErrorCode::PermissionDenied,
                    "the answer does not prove knowledge of the token: somebody answers in the coordinator's place. "
                    "Do not go on; ask the operator for a new token over a channel you trust");
    }
    const wire::KeySet keys = SKERRY_TRY(wire::open_keys(reply.keys, token.root));
    const wire::Certificate certificate = SKERRY_TRY(wire::open_certificate(reply.certificate, token.root));
    const auto federation = wire::federation_of(token.root);
    if (keys.federation != federation || certificate.federation != federation ||
        certificate.identity.value != request.identity || certificate.transport != request.transport) {
        return fail(ErrorCode::PermissionDenied, "the certificate that came is for another node: ask for a new token");
    }
    return Enrolment{token.root,  request.name,
                     reply.model, reachable_endpoint(reply.fleet_endpoint, token.enrol_endpoint),
                     reply.keys,  reply.certificate};
}

Result<Joined> joined_as(Enrolment enrolment, bool before) {
    const wire::Certificate certificate = SKERRY_TRY(wire::open_certificate(enrolment.certificate, enrolment.root));
    const parameters::ModelSpec spec = SKERRY_TRY(parameters::parse_model(enrolment.model));
    SKERRY_TRY(parameters::ParameterLayout::of(spec));
    return Joined{std::move(enrolment), certificate.node, certificate.tier, spec.name, before};
}

}  // namespace

Result<Joined> join(const JoinOptions& options) {
    const std::string name = options.name.empty() ? host_name() : options.name;
    const bool printable = std::all_of(name.begin(), name.end(), [](char byte) { return byte > ' ' && byte < 127; });
    if (name.size() > 64 || !printable) {
        return fail(ErrorCode::InvalidInput, "the name must be 1 to 64 visible ASCII characters: give another --name");
    }
    const wire::JoinToken token = SKERRY_TRY(wire::parse_token(options.token));
    SKERRY_TRY(make_node_folder(options.dir));
    const DirectoryLock lock = SKERRY_TRY(lock_node_folder(options.dir));
    Spool spool = SKERRY_TRY(Spool::open(options.dir / "node.db"));
    if (std::optional<Enrolment> enrolment = SKERRY_TRY(spool.enrolment())) {
        if (enrolment->root == token.root) {
            Joined joined = SKERRY_TRY(joined_as(std::move(*enrolment), true));
            SKERRY_TRY(read_keys_of(
                options.dir, SKERRY_TRY(wire::open_certificate(joined.enrolment.certificate, joined.enrolment.root))));
            return joined;
        }
        return fail(ErrorCode::Conflict, options.dir.string() +
                                             " belongs to a node of another federation: join with "
                                             "another --dir, or remove the folder first");
    }

    const NodeKeys keys = SKERRY_TRY(read_or_make_node_keys(options.dir));
    wire::JoinRequest request;
    request.token = token.id;
    request.identity = keys.identity.verify_key().value;
    request.transport = keys.transport.public_key.value;
    request.name = name;
    request.tier = options.tier;
    request.nonce = crypto::random_bytes<32>();
    const crypto::Secret<32> proof_key = wire::proof_key(wire::secret_hash(token));
    wire::prove(request, proof_key, keys.identity);

    const wire::JoinReply reply = SKERRY_TRY(Enquiry(token, keys.transport, request).ask(options.patience));
    Joined joined = SKERRY_TRY(joined_as(SKERRY_TRY(checked(reply, request, token, proof_key)), false));
    SKERRY_TRY(spool.enrol(joined.enrolment));
    return joined;
}

}  // namespace skerry::node
