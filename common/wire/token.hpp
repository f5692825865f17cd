#pragma once

#include <string>
#include <string_view>

#include "common/crypto/secret.hpp"
#include "common/crypto/sign.hpp"
#include "common/wire/messages.hpp"

namespace skerry::wire {

/// A join token: `sk1.` and base64url. It pins the coordinator (root and CURVE keys) to the node, and proves the node
/// to the coordinator by a 128-bit secret of which the coordinator keeps only the SHA-256. Print it, never log it.
struct JoinToken {
    TokenId id;
    crypto::Secret<16> secret;
    crypto::VerifyKey root;
    ByteArray<32> transport{};   ///< CURVE server key
    std::string enrol_endpoint;  ///< "tcp://host:port"
};

[[nodiscard]] std::string to_text(const JoinToken& token);
/// InvalidInput: not a token, of another version, or mistyped (it carries a checksum); says which.
[[nodiscard]] Result<JoinToken> parse_token(std::string_view text);
/// What the ledger keeps.
[[nodiscard]] Digest secret_hash(const JoinToken& token);
/// The key of both proofs, HKDF(secret); the coordinator receives it only as the proof's verification needs:
/// the stored hash IS HKDF's input, so the secret itself is not kept. proof_key(hash).
[[nodiscard]] crypto::Secret<32> proof_key(const Digest& hash);

/// Fills in proof and signature.
void prove(JoinRequest& request, const crypto::Secret<32>& key, const crypto::SigningKey& identity);
/// PermissionDenied: the proof or the signature is wrong.
[[nodiscard]] Result<> check(const JoinRequest& request, const crypto::Secret<32>& key);
void prove(JoinReply& reply, const JoinRequest& request, const crypto::Secret<32>& key);
[[nodiscard]] Result<> check(const JoinReply& reply, const JoinRequest& request, const crypto::Secret<32>& key);

}  // namespace skerry::wire
