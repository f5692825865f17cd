#include "common/base/limits.hpp"
#include "common/crypto/hash.hpp"
#include "common/crypto/hkdf.hpp"
#include "common/wire/text.hpp"
#include "common/wire/token.hpp"

// The proofs of enrolment: what token.hpp declares beside the token itself.
namespace skerry::wire {

namespace {

constexpr std::string_view kKeyInfo = "skerry/join/key/1";
constexpr std::string_view kRequestDomain = "skerry/join/request/1";
constexpr std::string_view kReplyDomain = "skerry/join/reply/1";

ByteWriter claims_of(const JoinRequest& request) {
    ByteWriter out;
    out.put(bytes_of(kRequestDomain)).put(ByteView(request.token.value)).put(ByteView(request.identity));
    out.put(ByteView(request.transport)).put_sized(bytes_of(request.name));
    out.put(static_cast<std::uint8_t>(request.tier)).put(ByteView(request.nonce));
    return out;
}

Digest request_proof(const JoinRequest& request, const crypto::Secret<32>& key) {
    return crypto::hmac_sha256(key.view(), claims_of(request).bytes());
}

Bytes request_signed_message(const JoinRequest& request) {
    return std::move(claims_of(request).put(ByteView(request.proof))).take();
}

void put_signed(ByteWriter& out, const SignedBytes& record) {
    out.put_sized(record.body).put(ByteView(record.signature));
}

Digest reply_proof(const JoinReply& reply, const JoinRequest& request, const crypto::Secret<32>& key) {
    ByteWriter out;
    out.put(bytes_of(kReplyDomain)).put_sized(request_signed_message(request)).put(ByteView(request.signature));
    out.put(static_cast<std::uint8_t>(reply.admitted)).put_sized(bytes_of(reply.text)).put(ByteView(reply.root));
    put_signed(out, reply.keys);
    put_signed(out, reply.certificate);
    out.put_sized(bytes_of(reply.model)).put_sized(bytes_of(reply.fleet_endpoint));
    return crypto::hmac_sha256(key.view(), out.bytes());
}

}  // namespace

crypto::Secret<32> proof_key(const Digest& hash) {
    const crypto::Secret<32> pseudorandom = crypto::hkdf_extract({}, hash);
    return crypto::hkdf_expand<32>(pseudorandom.view(), bytes_of(kKeyInfo));
}

void prove(JoinRequest& request, const crypto::Secret<32>& key, const crypto::SigningKey& identity) {
    request.proof = request_proof(request, key);
    request.signature = identity.sign(request_signed_message(request));
}

Result<> check(const JoinRequest& request, const crypto::Secret<32>& key) {
    if (!crypto::equal_in_constant_time(request_proof(request, key), request.proof)) {
        return fail(ErrorCode::PermissionDenied, "the request does not prove that its sender holds the token");
    }
    auto verified =
        crypto::verify(crypto::VerifyKey{request.identity}, request_signed_message(request), request.signature);
    if (!verified) return tl::unexpected(std::move(verified).error().within("checking who asks to join"));
    return {};
}

void prove(JoinReply& reply, const JoinRequest& request, const crypto::Secret<32>& key) {
    reply.text = to_plain_text(reply.text, limits::kTextMax);  // as encode() will send it
    reply.proof = reply_proof(reply, request, key);
}

Result<> check(const JoinReply& reply, const JoinRequest& request, const crypto::Secret<32>& key) {
    if (!crypto::equal_in_constant_time(reply_proof(reply, request, key), reply.proof)) {
        return fail(
            ErrorCode::PermissionDenied,
            "the coordinator's reply does not prove that it made this token: get a new token from its operator");
    }
    return {};
}

}  // namespace skerry::wire
