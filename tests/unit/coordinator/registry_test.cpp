#include "coordinator/registry/registry.hpp"

#include <gtest/gtest.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

TEST(Enrolment, AdmitsANodeThatProvesItsToken) {
    FederationBench bench;
    const auto token = bench.make_token();
    FakeNode node;
    const auto reply = bench.join(node, token.id, token.key);
    ASSERT_TRUE(reply.admitted) << reply.text;
    EXPECT_EQ(reply.root, bench.keys.root.verify_key().value);
    EXPECT_EQ(reply.fleet_endpoint, "tcp://coordinator.example:7000");
    const auto certificate = wire::open_certificate(reply.certificate, bench.keys.root.verify_key());
    ASSERT_TRUE(certificate);
    EXPECT_EQ(certificate->node, node.id());
    EXPECT_EQ(certificate->transport, node.transport);
    ASSERT_NE(bench.core->registry().node_by_transport(node.transport), nullptr);
}

TEST(Enrolment, GivesTheSameCertificateWhenTheAnswerWasLostEvenAfterTheTokenExpired) {
    FederationBench bench;
    const auto token = bench.make_token();
    FakeNode node;
    const auto first = bench.join(node, token.id, token.key);
    bench.wait(2h);
    const auto again = bench.join(node, token.id, token.key);
    EXPECT_TRUE(again.admitted);
    EXPECT_EQ(again.certificate, first.certificate);
    EXPECT_EQ(bench.core->registry().nodes().size(), 1U);
}

TEST(Enrolment, RefusesAnExpiredTokenAndSaysWhatToDo) {
    FederationBench bench;
    const auto token = bench.make_token(1, 1h);
    bench.wait(1h);
    FakeNode node;
    const auto reply = bench.join(node, token.id, token.key);
    EXPECT_FALSE(reply.admitted);
    EXPECT_NE(reply.text.find("expired"), std::string::npos);
    EXPECT_NE(reply.text.find("skerry token create"), std::string::npos);
}

TEST(Enrolment, RefusesAUsedToken) {
    FederationBench bench;
    const auto token = bench.make_token();
    FakeNode first, second;
    EXPECT_TRUE(bench.join(first, token.id, token.key).admitted);
    const auto reply = bench.join(second, token.id, token.key);
    EXPECT_FALSE(reply.admitted);
    EXPECT_NE(reply.text.find("used"), std::string::npos);
}

TEST(Enrolment, LetsATokenBeUsedAsOftenAsItSays) {
    FederationBench bench;
    const auto token = bench.make_token(2);
    FakeNode first, second, third;
    EXPECT_TRUE(bench.join(first, token.id, token.key).admitted);
    EXPECT_TRUE(bench.join(second, token.id, token.key).admitted);
    EXPECT_FALSE(bench.join(third, token.id, token.key).admitted);
}

TEST(Enrolment, RefusesAnUnknownTokenAndAWrongSecret) {
    FederationBench bench;
    const auto token = bench.make_token();
    FakeNode node;
    EXPECT_FALSE(bench.join(node, TokenId{}, token.key).admitted);
    const auto reply = bench.join(node, token.id, crypto::Secret<32>::random());
    EXPECT_FALSE(reply.admitted);
    EXPECT_NE(reply.text.find("copy the whole token"), std::string::npos);
    EXPECT_TRUE(bench.core->registry().nodes().empty());
}

TEST(Enrolment, GivesNoMoreThanTheTokensTier) {
    FederationBench bench;
    const auto token = bench.make_token(1, 1h, Tier::Medium);
    FakeNode node;
    ASSERT_TRUE(bench.join(node, token.id, token.key, Tier::Heavy).admitted);
    EXPECT_EQ(bench.core->registry().node(node.id())->tier, Tier::Medium);
}

TEST(Enrolment, RefusesATransportKeyThatAnotherNodeHas) {
    FederationBench bench;
    const FakeNode first = bench.enrolled();
    const auto token = bench.make_token();
    FakeNode copy;
    copy.transport = first.transport;
    EXPECT_FALSE(bench.join(copy, token.id, token.key).admitted);
}

TEST(Enrolment, RefusesANameThatDoesNotPrint) {
    FederationBench bench;
    const auto token = bench.make_token();
    FakeNode node;
    EXPECT_FALSE(bench.join(node, token.id, token.key, Tier::Heavy, "a\nb").admitted);
    EXPECT_FALSE(bench.join(node, token.id, token.key, Tier::Heavy, "").admitted);
    EXPECT_FALSE(bench.join(node, token.id, token.key, Tier::Heavy, std::string(65, 'a')).admitted);
}

TEST(Revocation, DeniesTheNextMessageAndARejoin) {
    FederationBench bench;
    const auto token = bench.make_token(5);
    FakeNode node;
    ASSERT_TRUE(bench.join(node, token.id, token.key).admitted);
    const auto told = bench.tell(OperatorRevokesNode{1, node.id(), "stolen"});
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<wire::Denied>(told[0]));
    const auto said = bench.say(node, wire::LeaseRequest{ModelVersion{1}, Tier::Light});
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(std::get<wire::Denied>(said[0]).reason, wire::Denied::Reason::Revoked);
    EXPECT_FALSE(bench.join(node, token.id, token.key).admitted);
    EXPECT_EQ(bench.core->registry().active(), 0U);
}

}  // namespace
}  // namespace skerry::coordinator
