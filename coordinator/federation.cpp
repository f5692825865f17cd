#include "coordinator/federation.hpp"

#include <algorithm>

#include "common/base/limits.hpp"
#include "common/wire/token.hpp"
#include "coordinator/sends.hpp"

namespace skerry::coordinator {
namespace {

using namespace std::chrono_literals;

// A node whose update waits hears of the next version by itself; asking is for when that message was lost.
constexpr std::chrono::milliseconds kWaitMin = 1s;
constexpr std::chrono::milliseconds kWaitMax = 30s;
constexpr std::chrono::milliseconds kSilentAfter = 45s;  // a node reports every 15 s: three have not come

std::string over_budget() {
    return "this node has sent as much as [limits] node_updates_per_minute and node_bytes_per_hour of the coordinator "
           "let one node send";
}

Actions deny(const Node& node, wire::Denied::Reason reason, std::string text) {
    return only(to(node, wire::Denied{reason, std::move(text)}));
}

}  // namespace

std::string behind_its_nodes(ModelVersion installed, ModelVersion newest) {
    return "the node holds version " + std::to_string(installed.value) + ", but the coordinator's history ends at " +
           std::to_string(newest.value) + ": it was restored from an old copy; stop it and restore a newer one";
}

std::string has_expired(const Node& node) {
    return "the certificate of this node ran out at " + to_text(node.certificate_expires) +
           ", because it did not come to renew it: join it again in a new folder with a new token "
           "('skerry token create'); if the coordinator's clock is wrong, set that right instead";
}

std::string is_quarantined(const Node& node) {
    const Quarantine& quarantine = *node.quarantine;
    return "in quarantine since " + to_text(quarantine.since) + " (" + std::string(ledger::name_of(quarantine.by)) +
           "): " + quarantine.reason;
}

std::string_view name_of(Ignored::Why why) {
    switch (why) {
        case Ignored::Why::UnknownPeer:
            return "unknown_peer";
        case Ignored::Why::Repeated:
            return "repeated";
        case Ignored::Why::Unexpected:
            return "unexpected";
        case Ignored::Why::Silenced:
            return "silenced";
        case Ignored::Why::Unreadable:
            return "unreadable";
        case Ignored::Why::Limited:
            return "limited";
    }
    return "unexpected";
}

Federation::Federation(const Keyring& keys, Policy policy, RandomId random_id, const ledger::LedgerView& past)
    : keys_(keys),
      policy_(std::move(policy)),
      random_id_(std::move(random_id)),
      past_(past),
      opposition_(policy_.admission.opposition),
      budgets_(policy_.budgets),
      transfers_(policy_.transfers) {
    // Until the next start: what was sketched before is not kept.
    if (policy_.admission.opposition > 0) sketch_key_ = SketchKey::drawn_from(random_id_());
}

Actions Federation::handle(const Event& event, TimePoint now) {
    SKERRY_ASSERT(!held_.empty());  // the journal's first events are applied
    return std::visit([this, now](const auto& happened) { return on(happened, now); }, event);
}

Actions Federation::on(const NodeSpoke& event, TimePoint now) {
    const Node* const node = registry_.node_by_transport(event.transport);
    if (node == nullptr) return only(Ignored{Ignored::Why::UnknownPeer});
    if (node->revoked) {
        return deny(*node, wire::Denied::Reason::Revoked,
                    "this node was revoked: ask the operator; it can join again only with new keys");
    }
    // Also on a connection that was admitted before: it is renewed with any Hello in the last third of its life.
    if (node->expired(now)) return deny(*node, wire::Denied::Reason::Expired, has_expired(*node));
    Presence& presence = presence_[node->id];
    presence.last_seen = now;
    presence.present = true;
    return std::visit([&](const auto& message) { return hear(*node, message, now); }, event.message);
}

Actions Federation::hear(const Node& node, const wire::Hello& hello, TimePoint now) {
    if (hello.protocol != limits::kProtocolVersion) {
        return deny(node, wire::Denied::Reason::Protocol,
                    "this coordinator speaks protocol " + std::to_string(limits::kProtocolVersion) + ", the node " +
                        std::to_string(hello.protocol) + ": upgrade the older of the two");
    }
    if (hello.model != model_.identity) {
        return deny(node, wire::Denied::Reason::Model,
                    "the node runs another declared model than this federation: join it again in a new directory");
    }
    Presence& presence = presence_[node.id];
    presence.installed = hello.installed;
    presence.software = hello.software.substr(0, limits::kTextMax);
    if (hello.installed > newest().version) {
        // It would wait for ever: no lease is granted on a base that was never published here.
        return deny(node, wire::Denied::Reason::Model, behind_its_nodes(hello.installed, newest().version));
    }

    Actions actions;
    wire::Welcome welcome;
    welcome.keys = created_.keys;
    if (node.certificate_expires - now < policy_.certificate_life / 3) {
        const TimePoint expires = now + policy_.certificate_life;
        const wire::SignedBytes certificate =
            certify({id_, node.id, node.identity, node.transport, node.tier, now, expires});
        actions.push_back(Append{{ledger::CertificateRenewed{now, node.id, certificate, expires}}});
        welcome.certificate = certificate;
    } else if (hello.certificate_expires < node.certificate_expires) {
        welcome.certificate = node.certificate;  // renewed before, but it never arrived
    }
    welcome.accepted = pool_.of(node.id).decided;
    welcome.steps_per_update = policy_.steps_per_update;
    welcome.delta = policy_.delta;
    welcome.newest = announcement_for(node.id, now);
    actions.push_back(to(node, std::move(welcome)));
    return actions;
}

Actions Federation::hear(const Node& node, const wire::LeaseRequest& request, TimePoint now) {
    using Reason = wire::LeaseDenied::Reason;
    if (request.tier > node.tier) return only(to(node, wire::LeaseDenied{Reason::TierTooHigh, kWaitMax, {}}));
    if (const Contribution* const held = pool_.held_of(node.id)) {
        return only(
            to(node, wire::LeaseDenied{Reason::Wait, kWaitMax,
                                       "this node is " + is_quarantined(node) + "; its update " +
                                           std::to_string(held->update.sequence.value) +
                                           " is kept and counts nowhere until the operator releases the node"}));
    }
    if (pool_.waits(node.id)) {
        const auto wait = open_ && !frozen_ && !rounds_are_held() ? open_->deadline() - now : kWaitMax;
        return only(to(node, wire::LeaseDenied{
                                 Reason::Wait, std::clamp<std::chrono::milliseconds>(wait, kWaitMin, kWaitMax), {}}));
    }
    if (check_base(request.base, newest_for(node.id).version, policy_.rounds.behind_max())) {
        return only(to(node, wire::LeaseDenied{Reason::StaleBase, kWaitMin, {}}));
    }
    if (policy_.rounds.synchronous() && !invites(node, now)) {
        return only(to(node, wire::LeaseDenied{Reason::Wait, kWaitMax,
                                               "round " + std::to_string(round_now().value) + " invites " +
                                                   std::to_string(cohort_.members().size()) +
                                                   " nodes, and this is none of them"}));
    }
    if (const auto wait = budgets_.limit(node.id, sealed_bytes_max(model_, request.tier), now)) {
        Actions actions = only(to(node, wire::LeaseDenied{Reason::Wait, std::max(*wait, kWaitMin), over_budget()}));
        actions.push_back(Ignored{Ignored::Why::Limited});
        return actions;
    }
    wire::Lease lease;
    lease.federation = id_;
    lease.id = LeaseId{random_id_()};
    lease.node = node.id;
    lease.model = model_.identity;
    lease.base = request.base;
    lease.tier = request.tier;
    lease.examples_max = policy_.leases.examples_max;
    lease.sealed_bytes_max = sealed_bytes_max(model_, request.tier);
    lease.norm_max = policy_.leases.norm_max;
    lease.expires = now + policy_.leases.life;
    return only(to(node, wire::LeaseGrant{wire::sign(lease, keys_.signing)}));
}

bool Federation::invites(const Node& node, TimePoint now) {
    // Whoever contributed on the version that is being summed on would come too late.
    if (frozen_ || node.quarantine) return false;
    const Cohort::Call call{newest().version, round_now(), policy_.rounds.cohort()};
    if (!cohort_.answers(call) || (!open_ && now >= cohort_.until())) {
        std::vector<NodeId> present;
        for (const Node* const other : heard_lately(now)) {
            if (!other->quarantine) present.push_back(other->id);
        }
        cohort_.draw(call, now + policy_.rounds.deadline, present, random_id_);
    }
    return cohort_.invites(node.id);
}

Actions Federation::hear(const Node& node, const wire::ModelPull& pull, TimePoint) {
    const auto version = held_.find(pull.version);
    const ModelVersion newest_allowed = newest_for(node.id).version;
    if (version == held_.end() || pull.version > newest_allowed) {
        return deny(node, wire::Denied::Reason::UnknownVersion,
                    "version " + std::to_string(pull.version.value) + " is not held; the newest is " +
                        std::to_string(newest_allowed.value));
    }
    if (pull.tier > node.tier) {
        return deny(node, wire::Denied::Reason::UnknownVersion,
                    "the certificate allows the " + std::string(skerry::name_of(node.tier)) + " tier at most");
    }
    std::uint64_t bytes = std::uint64_t{model_.prefix(pull.tier)} * sizeof(float);
    Digest blob = version->second.weights;
    if (pull.base.value != 0) {
        const wire::EncodedDifference* const difference = difference_for(pull);
        if (difference == nullptr) {
            return deny(node, wire::Denied::Reason::UnknownVersion,
                        "version " + std::to_string(pull.version.value) +
                            " is not offered as a difference to version " + std::to_string(pull.base.value));
        }
        bytes = difference->bytes[static_cast<std::size_t>(pull.tier)];
        blob = difference->digests.back();
    } else if (pull.encoding != WeightEncoding::Float32) {
        const auto offered = encodings(pull.version);
        const auto found = std::find_if(offered.begin(), offered.end(), [&pull](const Encoding& encoding) {
            return encoding.what.encoding == pull.encoding;
        });
        if (found == offered.end()) {
            return deny(node, wire::Denied::Reason::UnknownVersion,
                        "version " + std::to_string(pull.version.value) + " is not offered as " +
                            std::string(skerry::name_of(pull.encoding)));
        }
        bytes = found->what.bytes[static_cast<std::size_t>(pull.tier)];
        blob = found->what.digests.back();
    }
    const std::uint64_t chunks = (bytes + limits::kChunkBytes - 1) / limits::kChunkBytes;
    if (pull.first >= chunks || pull.count == 0) return only(Ignored{Ignored::Why::Unexpected});
    const auto count = std::min<std::uint64_t>({pull.count, limits::kChunkCredit, chunks - pull.first});
    return only(SendModel{node.id, node.transport, pull.version, pull.tier, pull.first,
                          static_cast<std::uint32_t>(count), bytes, blob, pull.encoding, pull.base});
}

Actions Federation::hear(const Node& node, const wire::Goodbye&, TimePoint now) {
    presence_[node.id].present = false;
    Actions actions;
    transfers_.interrupt(node.id);
    start_waiting(actions, now);
    return actions;
}

Actions Federation::on(const PeerAskedToJoin& event, TimePoint now) {
    const wire::JoinRequest& request = event.request;
    Actions actions;
    wire::JoinReply reply;
    const Token* const token = registry_.token(request.token);
    if (const auto wait = join_limits_.knock(token ? std::optional(token->id) : std::nullopt, now)) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(*wait).count();
        reply.text = "too many attempts to join: try again in " + std::to_string(seconds) + " s";
        return only(ReplyToJoin{event.peer, std::move(reply), ReplyToJoin::Outcome::Limited});
    }
    // The same work and the same sentence, whether the token or only its secret is unknown.
    const auto proof_key = wire::proof_key(token ? token->secret_hash : Digest{});
    const bool proven = wire::check(request, proof_key).has_value() && token != nullptr;
    if (!proven && token != nullptr) join_limits_.wrong_secret(token->id, now);
    const crypto::VerifyKey identity{request.identity};
    const NodeId id = wire::node_of(identity);

    Result<const Node*> admission =
        fail(ErrorCode::PermissionDenied,
             "this coordinator has made no such token, or its secret is wrong: copy the whole token, as it was "
             "printed, or ask the operator for another ('skerry token create')");
    // What the token is worth is told only to who proves to have it.
    if (proven) admission = registry_.admission_of(request, id, now);
    if (!admission) {
        reply.text = admission.error().message;
    } else {
        reply.admitted = true;
        reply.root = keys_.root.verify_key().value;
        reply.keys = created_.keys;
        reply.model = created_.model;
        reply.fleet_endpoint = policy_.fleet_endpoint;
        if (*admission != nullptr) {
            reply.certificate = (*admission)->certificate;
        } else {
            const Tier tier = std::min(request.tier, token->tier);
            const TimePoint expires = now + policy_.certificate_life;
            reply.certificate = certify({id_, id, identity, request.transport, tier, now, expires});
            actions.push_back(Append{{ledger::NodeEnrolled{now, token->id, id, identity, request.transport,
                                                           request.name, tier, reply.certificate, expires}}});
        }
    }
    wire::prove(reply, request, proof_key);
    const auto outcome = reply.admitted ? ReplyToJoin::Outcome::Admitted : ReplyToJoin::Outcome::Refused;
    actions.push_back(ReplyToJoin{event.peer, std::move(reply), outcome});
    return actions;
}

Actions Federation::on(const OperatorCreatesToken& event, TimePoint) {
    if (registry_.token(event.token.id) != nullptr) {
        return only(Answer{event.ticket, fail(ErrorCode::Conflict, "this token exists already")});
    }
    Actions actions;
    actions.push_back(Append{{event.token}});
    actions.push_back(Answer{event.ticket, {}});
    return actions;
}

wire::SignedBytes Federation::certify(const wire::Certificate& certificate) const {
    return wire::sign(certificate, keys_.root);
}

std::vector<const Node*> Federation::present_nodes(TimePoint now) const {
    std::vector<const Node*> nodes;
    for (const auto& [id, presence] : presence_) {
        const Node* const node = registry_.node(id);
        if (presence.present && node != nullptr && !node->revoked && !node->expired(now)) nodes.push_back(node);
    }
    return nodes;
}

std::vector<const Node*> Federation::heard_lately(TimePoint now) const {
    std::vector<const Node*> nodes = present_nodes(now);
    std::erase_if(nodes, [&](const Node* node) { return now - presence_.at(node->id).last_seen > kSilentAfter; });
    return nodes;
}

void Federation::offer(const std::vector<wire::EncodedWeights>& encodings, ModelVersion version) {
    std::vector<Encoding>& offered = encodings_[version];
    offered.clear();
    for (wire::EncodedWeights what : encodings) {
        what.federation = id_;
        what.version = version;
        offered.push_back({what, wire::sign(what, keys_.signing)});
    }
}

std::span<const Federation::Encoding> Federation::encodings(ModelVersion version) const {
    const auto found = encodings_.find(version);
    return found == encodings_.end() ? std::span<const Encoding>() : found->second;
}

std::vector<wire::SignedBytes> Federation::encoding_records(ModelVersion version) const {
    std::vector<wire::SignedBytes> records;
    for (const Encoding& encoding : encodings(version))
        records.push_back(encoding.record);
    return records;
}

}  // namespace skerry::coordinator
