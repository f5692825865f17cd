#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "common/crypto/hash.hpp"
#include "common/wire/codec.hpp"
#include "common/wire/token.hpp"
#include "tests/unit/wire/golden.hpp"

namespace skerry::wire {
namespace {

using golden::filled;

class JoinProof : public testing::Test {
protected:
    JoinProof() {
        request_.token.value = filled<6>(0xD0);
        request_.identity = identity_.verify_key().value;
        request_.transport = filled<32>(0x77);
        request_.name = "reef-3";
        request_.tier = Tier::Medium;
        request_.nonce = filled<32>(0xE0);
        prove(request_, key_, identity_);
        reply_ = {true,
                  "",
                  filled<32>(0xE1),
                  {Bytes(5, std::byte{0xE2}), filled<64>(0xE3)},
                  {Bytes(6, std::byte{0xE4}), filled<64>(0xE5)},
                  "[model]\n",
                  "tcp://fleet.example:7600",
                  {}};
        prove(reply_, request_, key_);
    }

    const crypto::SigningKey identity_ = crypto::SigningKey::from_seed(filled<32>(7)).value();
    const crypto::Secret<32> key_ = proof_key(crypto::sha256(filled<16>(0xD1)));
    JoinRequest request_;
    JoinReply reply_;
};

ErrorCode code_of(const Result<>& result) {
    return result ? ErrorCode::Internal : result.error().code;
}

TEST_F(JoinProof, IsTheGoldenBytes) {
    EXPECT_EQ(to_hex(request_.proof), golden::kRequestProof);
    EXPECT_EQ(to_hex(request_.signature), golden::kRequestSignature);
    EXPECT_EQ(to_hex(reply_.proof), golden::kReplyProof);
}

TEST_F(JoinProof, HoldsAfterTheWire) {
    const auto request = decode_join_request(encode(request_));
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_TRUE(check(*request, key_));
    const auto reply = decode_join_reply(encode(reply_));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_TRUE(check(*reply, *request, key_));
}

TEST_F(JoinProof, HoldsForASentenceThatTheWireMustCut) {
    reply_.admitted = false;
    reply_.text = "two\nlines " + std::string(1000, 'x');
    prove(reply_, request_, key_);
    EXPECT_TRUE(check(decode_join_reply(encode(reply_)).value(), request_, key_));
}

TEST_F(JoinProof, IsRefusedUnderAnotherSecret) {
    const crypto::Secret<32> wrong = proof_key(crypto::sha256(filled<16>(0xD2)));
    EXPECT_EQ(code_of(check(request_, wrong)), ErrorCode::PermissionDenied);
    EXPECT_EQ(code_of(check(reply_, request_, wrong)), ErrorCode::PermissionDenied);
}

TEST_F(JoinProof, IsRefusedWhenAnyFieldOfTheRequestIsAltered) {
    const std::vector<std::function<void(JoinRequest&)>> alterations = {
        [](JoinRequest& r) { r.token.value[0] ^= std::byte{1}; },
        [](JoinRequest& r) { r.identity[31] ^= std::byte{1}; },
        [](JoinRequest& r) { r.transport[0] ^= std::byte{1}; },
        [](JoinRequest& r) { r.name += "0"; },
        [](JoinRequest& r) { r.tier = Tier::Heavy; },
        [](JoinRequest& r) { r.nonce[5] ^= std::byte{1}; },
        [](JoinRequest& r) { r.proof[0] ^= std::byte{1}; },
        [](JoinRequest& r) { r.signature[0] ^= std::byte{1}; },
    };
    for (std::size_t i = 0; i < alterations.size(); ++i) {
        JoinRequest altered = request_;
        alterations[i](altered);
        EXPECT_EQ(code_of(check(altered, key_)), ErrorCode::PermissionDenied) << i;
        EXPECT_EQ(code_of(check(reply_, altered, key_)), ErrorCode::PermissionDenied) << i;
    }
}

TEST_F(JoinProof, NeedsTheIdentityBesidesTheToken) {
    // Who has the token but not the private key of the identity it names.
    prove(request_, key_, crypto::SigningKey::generate());
    EXPECT_EQ(code_of(check(request_, key_)), ErrorCode::PermissionDenied);
}

TEST_F(JoinProof, IsRefusedWhenAnyFieldOfTheReplyIsAltered) {
    const std::vector<std::function<void(JoinReply&)>> alterations = {
        [](JoinReply& r) { r.admitted = false; },
        [](JoinReply& r) { r.text = "x"; },
        [](JoinReply& r) { r.root[0] ^= std::byte{1}; },
        [](JoinReply& r) { r.keys.body[0] ^= std::byte{1}; },
        [](JoinReply& r) { r.keys.signature[0] ^= std::byte{1}; },
        [](JoinReply& r) { r.certificate.body.push_back(std::byte{0}); },
        [](JoinReply& r) { r.certificate.signature[63] ^= std::byte{1}; },
        [](JoinReply& r) { r.model += "\n"; },
        [](JoinReply& r) { r.fleet_endpoint = "tcp://elsewhere.example:1"; },
        [](JoinReply& r) { r.proof[31] ^= std::byte{1}; },
    };
    for (std::size_t i = 0; i < alterations.size(); ++i) {
        JoinReply altered = reply_;
        alterations[i](altered);
        EXPECT_EQ(code_of(check(altered, request_, key_)), ErrorCode::PermissionDenied) << i;
    }
}

}  // namespace
}  // namespace skerry::wire
