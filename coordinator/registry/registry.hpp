#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "coordinator/ledger/events.hpp"

namespace skerry::coordinator {

/// Permission to join: what the operator made with `skerry token create`. Of the secret only the hash is here.
struct Token {
    TokenId id;
    Digest secret_hash{};
    TimePoint created;
    TimePoint expires;
    std::uint32_t uses = 1;
    std::uint32_t used = 0;
    Tier tier = Tier::Heavy;
    std::string note;
};

/// Since when, and why, what a node sends counts nowhere.
struct Quarantine {
    TimePoint since;
    ledger::QuarantinedBy by = ledger::QuarantinedBy::Operator;
    std::string reason;
};

struct Node {
    NodeId id;
    crypto::VerifyKey identity;
    ByteArray<32> transport{};
    std::string name;
    Tier tier = Tier::Heavy;
    TokenId token;
    TimePoint enrolled;
    wire::SignedBytes certificate;
    TimePoint certificate_expires;
    bool revoked = false;
    TimePoint revoked_at;
    std::string revoked_because;
    std::optional<Quarantine> quarantine = {};  ///< none of a node that is revoked

    /// Away for so long that no renewal reached it: it must join anew.
    [[nodiscard]] bool expired(TimePoint now) const { return now >= certificate_expires; }
};

/// Who belongs to the federation and who may join it. A fold over the ledger; asks nobody. Not thread-safe.
class Registry {
public:
    void apply(const ledger::TokenCreated& event);
    void apply(const ledger::NodeEnrolled& event);
    void apply(const ledger::CertificateRenewed& event);
    void apply(const ledger::NodeRevoked& event);
    void apply(const ledger::NodeQuarantined& event);
    void apply(const ledger::NodeReleased& event);

    /// Null: unknown. Borrowed until the next apply.
    [[nodiscard]] const Token* token(const TokenId& id) const;
    [[nodiscard]] const Node* node(const NodeId& id) const;
    [[nodiscard]] const Node* node_by_transport(const ByteArray<32>& key) const;
    [[nodiscard]] const std::map<TokenId, Token>& tokens() const { return tokens_; }
    [[nodiscard]] const std::map<NodeId, Node>& nodes() const { return nodes_; }
    /// Nodes that are not revoked.
    [[nodiscard]] std::size_t active() const { return active_; }

    /// Whether the token and keys of this request admit a node now; the request's proofs are checked elsewhere.
    /// Error: the sentence for the person at the node. Null: admit it as a new node.
    /// A node: it was admitted before with the same keys; answer the same again.
    [[nodiscard]] Result<const Node*> admission_of(const wire::JoinRequest& request, const NodeId& id,
                                                   TimePoint now) const;

private:
    std::map<TokenId, Token> tokens_;
    std::map<NodeId, Node> nodes_;
    std::unordered_map<std::string, NodeId> by_transport_;
    std::size_t active_ = 0;
};

}  // namespace skerry::coordinator
