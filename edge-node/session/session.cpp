#include "edge-node/session/session.hpp"

#include <algorithm>
#include <utility>

#include "common/base/limits.hpp"

namespace skerry::node {

using Level = Notice::Level;

Result<Session> Session::open(SessionConfig config, const DurableState& durable) {
    wire::KeySet keys = SKERRY_TRY(wire::open_keys(durable.keys, config.root));
    wire::Certificate certificate = SKERRY_TRY(wire::open_certificate(durable.certificate, config.root));
    const auto federation = wire::federation_of(config.root);
    if (keys.federation != federation || certificate.federation != federation ||
        certificate.identity != config.identity || certificate.node != wire::node_of(config.identity)) {
        return fail(ErrorCode::PermissionDenied,
                    "the stored key set or certificate belongs to another federation or node: join again");
    }
    return Session(std::move(config), keys, certificate, durable);
}

Session::Session(SessionConfig config, wire::KeySet keys, wire::Certificate certificate, const DurableState& durable)
    : config_(std::move(config)),
      jitter_(config_.seed),
      keys_(keys),
      certificate_(certificate),
      installed_(durable.installed),
      installed_as_(durable.installed_as),
      next_sequence_(std::max(durable.next_sequence, Sequence{1})),
      steps_(durable.steps),
      spool_(durable.spool),
      newest_known_(durable.installed) {
    for (const SpooledUpdate& update : spool_)
        next_sequence_ = std::max(next_sequence_, update.sequence.next());
    if (const auto manifest = wire::open_manifest(durable.manifest, keys_.signing); manifest && is_ours(*manifest)) {
        if (manifest->version == installed_) installed_weights_ = manifest->digests.back();
    }
    if (durable.arriving) go_on_with(*durable.arriving);
}

Actions Session::handle(const Event& event, TimePoint now) {
    actions_.clear();
    std::visit([&](const auto& what) { on(what, now); }, event);
    if (connected_ && !silent()) ask_what_is_due(now);
    return std::exchange(actions_, {});
}

std::optional<TimePoint> Session::deadline() const {
    if (!connected_ || silent()) return std::nullopt;
    std::optional<TimePoint> first = hello_.due();
    const auto consider = [&first](std::optional<TimePoint> due) {
        if (due && (!first || *due < *first)) first = due;
    };
    if (welcomed_) {
        consider(pull_.due());
        consider(offer_.due());
        consider(lease_.due());
        consider(report_due_);
    }
    return first;
}

void Session::on(const Connected&, TimePoint now) {
    connected_ = true;
    welcomed_ = false;
    if (!silent()) hello_.open(now);
}

void Session::on(const Disconnected&, TimePoint) {
    connected_ = welcomed_ = false;
    hello_.close();
}

void Session::on(const Stopping&, TimePoint) {
    if (connected_ && welcomed_) say(wire::Goodbye{});
    connected_ = welcomed_ = false;
}

void Session::on(const MessageReceived& event, TimePoint now) {
    if (!connected_ || silent()) return;
    heard_ = now;
    std::visit([&](const auto& message) { hear(message, now); }, event.message);
}

void Session::ask_what_is_due(TimePoint now) {
    if (hello_.is_due(now)) {
        hello_.asked(now, config_.backoff, jitter_);
        say(wire::Hello{limits::kProtocolVersion, config_.model, installed_, Sequence{next_sequence_.value - 1},
                        certificate_.not_after, config_.software});
    }
    if (!welcomed_) return;  // until then the coordinator need not know this connection
    if (download_ && pull_.is_due(now)) {
        download_->forget_asked();
        ask_for_chunks(now);
    }
    if (const SpooledUpdate* update = offered(); update != nullptr && !config_.alone) {
        if (!offer_.is_open()) offer_.open(now);
        if (offer_.is_due(now)) {
            offer_.asked(now, config_.backoff, jitter_);
            say(wire::UpdateOffer{update->signed_lease, update->header, update->sealed_bytes, update->content,
                                  update->signature});
        }
    }
    if (!wants_lease()) {
        lease_.close();
    } else {
        if (!lease_.is_open()) lease_.open(std::max(now, lease_not_before_));
        if (lease_.is_due(now)) {
            lease_.asked(now, config_.backoff, jitter_);
            lease_waits_for_.clear();
            say(wire::LeaseRequest{installed_, certificate_.tier});
        }
    }
    if (report_due_ <= now) {
        reported_ = now;
        report_due_ = now + limits::kHeartbeatInterval;
        order(SendReport{});
    }
}

void Session::hear(const wire::Welcome& welcome, TimePoint now) {
    if (!take_keys(welcome.keys)) return;
    if (!welcome.certificate.body.empty()) take_certificate(welcome.certificate);
    if (welcome.accepted >= next_sequence_) {
        next_sequence_ = welcome.accepted.next();
        notice(Level::Warning, "sequence_skipped",
               "the coordinator has accepted updates of this node that its spool does not know: the spool is an old "
               "copy. New updates are numbered above them; restore its folder less often, or join under a new name");
    }
    steps_per_update_ = std::max(welcome.steps_per_update, 1U);
    delta_ = welcome.delta;
    if (!std::exchange(welcomed_, true)) {
        denied_.clear();
        report_due_ = now;
        if (offer_.is_open()) offer_.open(now);  // un-receipted: again after every reconnect
        if (pull_.is_open()) pull_.open(now);
        if (lease_.is_open()) lease_.open(std::max(now, lease_not_before_));
        notice(Level::Info, "welcomed", "the coordinator knows this node");
    }
    hello_.open(now + jitter_.around(config_.refresh));
    hear(welcome.newest, now);
}

void Session::hear(const wire::Denied& denied, TimePoint now) {
    using Reason = wire::Denied::Reason;
    if (denied.reason == Reason::UnknownVersion) {
        // The version that we pull is gone, or the coordinator is older than we: on to the newest that we know of, and
        // hear whether it still is.
        download_.reset();
        pull_.close();
        hello_.open(now + jitter_.around(config_.backoff.first));
        return begin_download(now);
    }
    denied_ = denied.text;
    denial_ = denied.reason;
    welcomed_ = false;
    if (denied.reason == Reason::Revoked) {
        revoked_ = true;
        notice(Level::Error, "revoked",
               denied.text +
                   ". This node goes on serving and learning alone; to share again, join in a new folder with a new "
                   "token.");
        return;
    }
    hello_.open(now + jitter_.around(config_.denied_wait));
    notice(Level::Error, "denied_" + std::string(wire::name_of(denied.reason)), denied.text);
}

bool Session::take_keys(const wire::SignedBytes& bytes) {
    const auto keys = wire::open_keys(bytes, config_.root);
    if (!keys) {
        notice(Level::Error, "untrusted_keys", keys.error().message);
        return false;
    }
    if (keys->federation != keys_.federation || keys->serial < keys_.serial) {
        notice(Level::Error, "untrusted_keys",
               "the coordinator presents an older key set than this node has seen, or another federation's: it was "
               "restored from an old copy, or somebody replays one");
        return false;
    }
    if (keys->serial > keys_.serial) {
        keys_ = *keys;
        order(KeepKeys{bytes, *keys});
    }
    return true;
}

void Session::take_certificate(const wire::SignedBytes& bytes) {
    const auto fresh = wire::open_certificate(bytes, config_.root);
    if (!fresh) return notice(Level::Error, "untrusted_certificate", fresh.error().message);
    if (fresh->federation != certificate_.federation || fresh->identity != certificate_.identity ||
        fresh->node != certificate_.node || fresh->tier != certificate_.tier) {
        // Another tier needs another prefix of everything that this node holds: that is a new enrolment.
        return notice(Level::Error, "untrusted_certificate", "the certificate offered is not for this node and tier");
    }
    if (*fresh == certificate_ || fresh->not_after < certificate_.not_after) return;
    certificate_ = *fresh;
    order(KeepCertificate{bytes, *fresh});
}

void Session::notice(Level level, std::string event, std::string text) {
    order(Notice{level, std::move(event), std::move(text)});
}

SessionStatus Session::status(TimePoint) const {
    using Link = SessionStatus::Link;
    SessionStatus status;
    status.link = revoked_ || !denied_.empty()         ? Link::Denied
                  : silent()                           ? Link::Alone
                  : !connected_                        ? Link::Away
                  : welcomed_ && hello_.attempts() < 4 ? Link::Welcome
                                                       : Link::Greeting;
    status.denied = denied_;
    status.denial = denial_;
    status.heard = heard_;
    status.installed = installed_;
    status.newest = newest_known_;
    status.installed_as = installed_as_;
    status.wanted = config_.encoding;
    if (download_) {
        status.chunks = download_->chunks();
        status.chunks_stored = download_->chunks_stored();
    }
    status.steps = steps_;
    status.steps_per_update = steps_wanted();
    if (const SpooledUpdate* update = offered()) status.offered = update->sequence;
    status.accepted = spool_.size() - (status.offered ? 1 : 0);
    status.last_fate = last_fate_;
    if (wants_lease()) status.waiting = lease_waits_for_;
    return status;
}

}  // namespace skerry::node
