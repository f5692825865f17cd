#include "coordinator/registry/registry.hpp"

namespace skerry::coordinator {
namespace {

constexpr std::size_t kNameBytesMax = 64;

template <class Map, class Key>
auto find_or_null(const Map& map, const Key& key) -> const typename Map::mapped_type* {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &found->second;
}

bool printable(const std::string& name) {
    for (const char c : name) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
    }
    return !name.empty() && name.size() <= kNameBytesMax;
}

std::string key_of(const ByteArray<32>& transport) {
    return std::string(text_of(transport));
}

}  // namespace

void Registry::apply(const ledger::TokenCreated& event) {
    tokens_[event.id] = Token{.id = event.id,
                              .secret_hash = event.secret_hash,
                              .created = event.at,
                              .expires = event.expires,
                              .uses = event.uses,
                              .used = 0,
                              .tier = event.tier,
                              .note = event.note};
}

void Registry::apply(const ledger::NodeEnrolled& event) {
    Node node;
    node.id = event.node;
    node.identity = event.identity;
    node.transport = event.transport;
    node.name = event.name;
    node.tier = event.tier;
    node.token = event.token;
    node.enrolled = event.at;
    node.certificate = event.certificate;
    node.certificate_expires = event.certificate_expires;
    by_transport_[key_of(node.transport)] = node.id;
    if (nodes_.insert_or_assign(node.id, std::move(node)).second) ++active_;
    if (const auto token = tokens_.find(event.token); token != tokens_.end()) ++token->second.used;
}

void Registry::apply(const ledger::CertificateRenewed& event) {
    const auto node = nodes_.find(event.node);
    if (node == nodes_.end()) return;
    node->second.certificate = event.certificate;
    node->second.certificate_expires = event.certificate_expires;
}

void Registry::apply(const ledger::NodeRevoked& event) {
    const auto node = nodes_.find(event.node);
    if (node == nodes_.end() || node->second.revoked) return;
    node->second.revoked = true;
    node->second.revoked_at = event.at;
    node->second.revoked_because = event.reason;
    node->second.quarantine.reset();
    --active_;
}

void Registry::apply(const ledger::NodeQuarantined& event) {
    const auto node = nodes_.find(event.node);
    if (node == nodes_.end() || node->second.revoked) return;
    node->second.quarantine = Quarantine{event.at, event.by, event.reason};
}

void Registry::apply(const ledger::NodeReleased& event) {
    if (const auto node = nodes_.find(event.node); node != nodes_.end()) node->second.quarantine.reset();
}

const Token* Registry::token(const TokenId& id) const {
    return find_or_null(tokens_, id);
}

const Node* Registry::node(const NodeId& id) const {
    return find_or_null(nodes_, id);
}

const Node* Registry::node_by_transport(const ByteArray<32>& key) const {
    const NodeId* const id = find_or_null(by_transport_, key_of(key));
    return id == nullptr ? nullptr : node(*id);
}

Result<const Node*> Registry::admission_of(const wire::JoinRequest& request, const NodeId& id, TimePoint now) const {
    const Token* const by = token(request.token);
    if (by == nullptr) {
        return fail(ErrorCode::NotFound,
                    "this coordinator has made no such token: ask the operator for one ('skerry token create')");
    }
    if (const Node* const known = node(id)) {
        if (known->revoked) {
            return fail(ErrorCode::PermissionDenied,
                        "this node was revoked: it can join again only with new keys, in a new directory");
        }
        if (known->transport != request.transport) {
            return fail(ErrorCode::Conflict,
                        "this node has joined before with another transport key: join from a new directory");
        }
        // The answer was lost on its way: the same answer again, also when the token has expired meanwhile.
        if (known->token == request.token) return known;
        return fail(ErrorCode::Conflict, "this node has joined already: start it with 'skerry-node run'");
    }
    if (now >= by->expires) {
        return fail(ErrorCode::PermissionDenied, "the token expired at " + to_text(by->expires) +
                                                     ": ask the operator for a new one ('skerry token create')");
    }
    if (by->used >= by->uses) {
        return fail(ErrorCode::PermissionDenied,
                    "the token has been used: ask the operator for a new one ('skerry token create')");
    }
    if (!printable(request.name)) {
        return fail(ErrorCode::InvalidInput, "the node's name must be 1 to " + std::to_string(kNameBytesMax) +
                                                 " printable bytes: choose another with --name");
    }
    if (node_by_transport(request.transport) != nullptr) {
        return fail(ErrorCode::Conflict,
                    "another node has this transport key: a directory must not be copied to a second machine");
    }
    return nullptr;
}

}  // namespace skerry::coordinator
