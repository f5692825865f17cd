#include <limits>

#include <gmock/gmock.h>

#include "common/parameters/layout.hpp"
#include "common/parameters/precision/encoding.hpp"
#include "common/wire/difference_codec.hpp"
#include "tests/unit/coordinator/service_fixture.hpp"

// What nodes see of it.
namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(ServiceTest, PublishesTheMeanOfWhatItsNodesSent) {
    auto first = joined("first");
    auto second = joined("second");
    const auto welcome = first->hello();
    second->hello();
    const auto manifest = wire::open_manifest(welcome.newest.manifest, first->keys.signing);
    ASSERT_TRUE(manifest);
    const auto initial = first->pull(ModelVersion{1}, Tier::Heavy, size());
    EXPECT_EQ(crypto::sha256(std::as_bytes(std::span(initial))), manifest->digests[2]);
    const auto layout = *parameters::ParameterLayout::of(small_model());
    EXPECT_EQ(initial, parameters::initial_parameters(small_model(), layout, 5));
    const std::size_t channels = layout.statistics() / 2;

    const auto update = [&](float trained, float square) {
        std::vector<float> values(size(), trained);
        std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(channels), channels, square);
        return values;
    };
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(first->contribute(ModelVersion{1}, update(0.5F, 0.5F), 100)));
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(second->contribute(ModelVersion{1}, update(-0.25F, 0.75F), 300)));
    const auto announced = first->await<wire::Announcement>();
    EXPECT_EQ(announced.counted, Sequence{1});
    const auto published = wire::open_manifest(announced.manifest, first->keys.signing);
    ASSERT_TRUE(published);
    EXPECT_EQ(published->version, ModelVersion{2});

    auto expected = initial;
    for (float& weight : expected)
        weight += -0.0625F;  // (100 · 0.5 − 300 · 0.25) / 400
    // The normaliser's moments are averaged, not added to the parent's.
    std::fill_n(expected.begin(), channels, -0.0625F);
    std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(channels), channels, 0.6875F);
    EXPECT_EQ(second->pull(ModelVersion{2}, Tier::Heavy, size()), expected);

    const json round = data("GET", "/v1/rounds/1");
    EXPECT_EQ(round["state"], "published");
    ASSERT_THAT(round["contributors"], SizeIs(2));
    EXPECT_EQ(round["weight"], 400 * 64);
    EXPECT_EQ(round["sum"], to_hex(published->sum));
    const json verified = data("POST", "/v1/rounds/1/verify");
    EXPECT_TRUE(verified["intact"]) << verified;
    EXPECT_TRUE(verified["signatures_good"]);
    EXPECT_EQ(verified["weights_recomputed"], to_hex(published->digests[2]));
}

TEST_F(ServiceTest, PushesWhatItsRecordSignsAndTheSameAfterARestart) {
    config_.policy.rounds.quorum = config_.policy.rounds.goal = 1;
    stop();
    start();
    auto peer = joined("frugal");
    peer->hello();
    std::vector<float> moved(size(), 0.01F);
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(peer->contribute(ModelVersion{1}, moved, 100)));
    const auto announced = peer->await<wire::Announcement>();
    ASSERT_THAT(announced.encodings, SizeIs(3)) << "fp16, fp8 and mixed";
    const auto layout = *parameters::ParameterLayout::of(small_model());
    const auto exact = peer->pull(ModelVersion{2}, Tier::Heavy, size());
    std::vector<Bytes> pulled;
    for (const wire::SignedBytes& bytes : announced.encodings) {
        const auto record = *wire::open_encoded(bytes, peer->keys.signing);
        EXPECT_EQ(record.weights, crypto::sha256(std::as_bytes(std::span(exact))));
        EXPECT_LT(record.bytes.back(), size() * sizeof(float));
        for (const Tier tier : {Tier::Light, Tier::Heavy}) {
            const auto at = static_cast<std::size_t>(tier);
            pulled.push_back(peer->pull_bytes(ModelVersion{2}, tier, record.bytes[at], record.encoding));
            EXPECT_EQ(crypto::sha256(pulled.back()), record.digests[at]);
        }
        const auto plan = *parameters::plan_named(name_of(record.encoding), layout.blocks());
        const auto decoded = parameters::decode(layout.blocks(), plan, pulled.back());
        ASSERT_TRUE(decoded) << decoded.error().message;
        for (std::size_t i = 0; i < size(); ++i)
            EXPECT_NEAR((*decoded)[i], exact[i], record.errors.back() * 2) << i;
    }
    const json shown = data("GET", "/v1/models/2")["encodings"];
    ASSERT_THAT(shown, SizeIs(3));
    EXPECT_EQ(shown[1]["precision"], "fp8");
    EXPECT_GT(shown[1]["error"]["heavy"], 0.0);

    stop();
    config_.models.precisions = {"fp16", "fp8"};
    start();
    peer->connect();
    const auto again = peer->hello().newest.encodings;
    EXPECT_EQ(again, std::vector(announced.encodings.begin(), announced.encodings.begin() + 2));
    EXPECT_EQ(peer->pull_bytes(ModelVersion{2}, Tier::Heavy, pulled[1].size(), WeightEncoding::Float16), pulled[1]);
    EXPECT_EQ(peer->ask<wire::Denied>(wire::ModelPull{ModelVersion{2}, Tier::Heavy, 0, 1, WeightEncoding::Mixed}).text,
              "version 2 is not offered as mixed");
}

struct WideModelTest : ServiceTest {
    // Of several chunks; one update makes a round.
    WideModelTest() {
        stop();
        std::filesystem::remove_all(directory_.path);
        auto spec = small_model();
        for (auto& stage : spec.stages)
            stage[0].width = 700;
        EXPECT_TRUE(create_federation(directory_, {spec, 5, "wide"}));
        config_.policy.rounds.quorum = config_.policy.rounds.goal = 1;
        start();
        EXPECT_GT(size() * sizeof(float), 3 * limits::kChunkBytes);
    }
};

TEST_F(WideModelTest, TravelsBothWays) {
    auto peer = joined("wide");
    peer->hello();
    EXPECT_THAT(peer->pull(ModelVersion{1}, Tier::Heavy, size()), SizeIs(size()));
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(
        peer->contribute(ModelVersion{1}, std::vector<float>(size(), 0.001F), 100)));
    EXPECT_EQ(peer->await<wire::Announcement>().counted, Sequence{1});
}

TEST_F(WideModelTest, GoesOnWithAnUploadWhereItStoppedAfterARestart) {
    auto peer = joined("wide");
    const auto grant = peer->ask<wire::LeaseGrant>(wire::LeaseRequest{ModelVersion{1}, Tier::Heavy});
    const auto update = peer->seal(grant.lease, std::vector<float>(size(), 0.001F), 100);
    const wire::UpdateOffer offer{grant.lease, update.header, update.sealed.size(), update.content, update.signature};
    EXPECT_EQ(peer->ask<wire::PullUpdate>(offer).first, 0U);
    for (std::uint32_t index = 0; index < 2; ++index) {
        const ByteView chunk = ByteView(update.sealed).subspan(index * limits::kChunkBytes, limits::kChunkBytes);
        peer->send(wire::UpdateChunk{Sequence{1}, index, copy_of(chunk)});
    }
    peer->hello();  // is answered behind them
    stop();
    start();
    EXPECT_EQ(service_->federation().transfers().interrupted(), 1U);
    peer->connect();
    peer->hello();
    EXPECT_EQ(peer->ask<wire::PullUpdate>(offer).first, 2U);
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(peer->deliver(grant.lease, update)));
    peer->await<wire::Announcement>();
    EXPECT_TRUE(data("POST", "/v1/rounds/1/verify")["intact"]);
    EXPECT_EQ(data("POST", "/v1/fsck")["problems"], json::array());
}

TEST_F(WideModelTest, PushesDifferencesToTheVersionBeforeAlsoAfterARestartAndARollback) {
    auto peer = joined("wide");
    peer->hello();
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(
        peer->contribute(ModelVersion{1}, std::vector<float>(size(), 0.001F), 100)));
    const auto announced = peer->await<wire::Announcement>();
    ASSERT_THAT(announced.differences, SizeIs(4)) << "fp32, fp16, fp8 and mixed";
    const auto manifest = *wire::open_manifest(announced.manifest, peer->keys.signing);
    const auto layout =
        *parameters::ParameterLayout::of(*parameters::parse_model(service_->federation().created().model));
    for (const wire::SignedBytes& bytes : announced.differences) {
        const auto record = *wire::open_difference(bytes, peer->keys.signing);
        EXPECT_EQ(record.base, ModelVersion{1});
        const bool exact = record.encoding == WeightEncoding::Float32;
        EXPECT_EQ(exact, record.values == manifest.digests);
        const auto plan = *parameters::plan_named(name_of(record.encoding), layout.blocks());
        for (const Tier tier : {Tier::Light, Tier::Heavy}) {
            const auto at = static_cast<std::size_t>(tier);
            const auto blocks = parameters::held_blocks(layout.blocks(), tier);
            const Bytes whole =
                peer->pull_bytes(ModelVersion{1}, tier, parameters::encoded_bytes(blocks, plan), record.encoding);
            auto values = *parameters::decode(blocks, plan, whole);
            const Bytes difference =
                peer->pull_bytes(ModelVersion{2}, tier, record.bytes[at], record.encoding, ModelVersion{1});
            EXPECT_LT(difference.size(), whole.size());
            EXPECT_EQ(crypto::sha256(difference), record.digests[at]);
            std::vector<std::size_t> segments;
            for (const parameters::Block& block : blocks)
                segments.push_back(block.count);
            EXPECT_TRUE(wire::apply_difference(difference, segments, values));
            EXPECT_EQ(crypto::sha256(std::as_bytes(std::span(values))), record.values[at]);
        }
    }
    EXPECT_EQ(peer->ask<wire::Denied>(
                      wire::ModelPull{ModelVersion{2}, Tier::Heavy, 0, 1, WeightEncoding::Float32, ModelVersion{7}})
                  .text,
              "version 2 is not offered as a difference to version 7");
    EXPECT_EQ(data("GET", "/v1/models/2")["differences"][0]["base"], 1);
    EXPECT_EQ(data("POST", "/v1/fsck")["problems"], json::array());

    stop();
    start();
    peer->connect();
    EXPECT_EQ(peer->hello().newest.differences, announced.differences);
    data("POST", "/v1/models/1/rollback", R"({"reason":"a test"})");
    const auto back = peer->await<wire::Announcement>();
    ASSERT_FALSE(back.differences.empty());
    EXPECT_EQ(wire::open_difference(back.differences[0], peer->keys.signing)->base, ModelVersion{2});

    stop();
    config_.models.differences = false;
    start();
    peer->connect();
    EXPECT_THAT(peer->hello().newest.differences, SizeIs(0));
}

TEST_F(ServiceTest, TakesBackATierAloneAndWhatTheOptimiserRemembersOfIt) {
    stop();
    config_.policy.rounds.recipe.optimiser = "momentum";
    config_.policy.rounds.goal = config_.policy.rounds.quorum = 1;
    start();
    auto peer = joined("one");
    peer->hello();
    for (const std::uint64_t base : {1, 2}) {
        peer->contribute(ModelVersion{base}, std::vector<float>(size(), 0.01F), 100);
        peer->await<wire::Announcement>();
    }
    const json before = data("GET", "/v1/models/3");
    const json back = data("POST", "/v1/models/2/rollback", R"({"reason":"a test","tier":"heavy"})");
    EXPECT_EQ(back["version"], 4);
    EXPECT_EQ(back["restores_from"], "heavy");
    const json after = data("GET", "/v1/models/4");
    EXPECT_EQ(after["digests"]["medium"], before["digests"]["medium"]);
    EXPECT_NE(after["digests"]["heavy"], before["digests"]["heavy"]);
    EXPECT_NE(after["digests"]["heavy"], data("GET", "/v1/models/2")["digests"]["heavy"]);
    peer->await<wire::Announcement>();

    stop();
    start();
    peer->connect();
    peer->hello();
    peer->contribute(ModelVersion{4}, std::vector<float>(size(), 0.01F), 100);
    EXPECT_EQ(wire::open_manifest(peer->await<wire::Announcement>().manifest, peer->keys.signing)->version,
              ModelVersion{5});
    EXPECT_EQ(data("POST", "/v1/fsck")["problems"], json::array());
    EXPECT_EQ(data("POST", "/v1/rounds/3/verify")["intact"], true);
}

TEST_F(ServiceTest, RefusesHostileUpdatesByNameAndShowsThemInTheRound) {
    auto honest = joined("honest");
    auto hostile = joined("hostile");
    honest->hello();
    honest->contribute(ModelVersion{1}, std::vector<float>(size(), 0.01F), 100);
    hostile->hello();
    const auto lease = [&] {
        return hostile->ask<wire::LeaseGrant>(wire::LeaseRequest{ModelVersion{1}, Tier::Heavy}).lease;
    };
    const std::vector<float> ones(size(), 0.01F);
    auto delta = ones;
    delta[9] = std::numeric_limits<float>::infinity();
    EXPECT_EQ(refusal(hostile->contribute(ModelVersion{1}, delta, 100)), RefusalCode::NonFinite);
    delta[9] = 9000.0F;
    EXPECT_EQ(refusal(hostile->contribute(ModelVersion{1}, delta, 100)), RefusalCode::OutOfBounds);
    delta[9] = 500.0F;
    EXPECT_EQ(refusal(hostile->contribute(ModelVersion{1}, delta, 100)), RefusalCode::Norm);
    EXPECT_EQ(refusal(hostile->contribute(ModelVersion{1}, std::vector<float>(3, 0.0F), 100)), RefusalCode::Misshapen);
    EXPECT_EQ(refusal(hostile->contribute(ModelVersion{1}, std::vector<float>(size() * 4 + 10'000, 0.0F), 100)),
              RefusalCode::Oversized);
    {
        const auto permission = lease();
        auto update = hostile->seal(permission, ones, 100);
        update.signature[3] ^= std::byte{1};
        EXPECT_EQ(refusal(hostile->deliver(permission, update)), RefusalCode::Unsigned);
        auto forged = permission;
        forged.signature[0] ^= std::byte{1};
        EXPECT_EQ(refusal(hostile->deliver(forged, hostile->seal(permission, ones, 100))), RefusalCode::Unleased);
        auto altered = hostile->seal(permission, ones, 100);
        altered.sealed[0] ^= std::byte{1};
        EXPECT_EQ(refusal(hostile->deliver(permission, altered)), RefusalCode::Malformed);
    }
    const auto permission = lease();
    EXPECT_TRUE(
        std::holds_alternative<wire::Receipt>(hostile->deliver(permission, hostile->seal(permission, ones, 100))));
    EXPECT_EQ(refusal(hostile->deliver(permission, hostile->seal(permission, ones, 100))), RefusalCode::Replayed);

    const json round = data("GET", "/v1/rounds/1");
    EXPECT_EQ(round["state"], "open");
    std::vector<std::string> codes;
    for (const json& refused : round["refusals"]) {
        codes.push_back(refused["code"]);
        EXPECT_EQ(refused["name"], "hostile");
        EXPECT_EQ(refused["strike"],
                  refused["code"] != "oversized" && refused["code"] != "unleased" && refused["code"] != "malformed");
    }
    EXPECT_THAT(codes, SizeIs(9));
    ASSERT_THAT(round["contributors"], SizeIs(1));
    EXPECT_EQ(round["contributors"][0]["name"], "honest");
    ASSERT_THAT(round["uncounted"], SizeIs(1)) << "three of these were enough";
    EXPECT_EQ(round["uncounted"][0]["held"], true);
    const json shown = data("GET", "/v1/nodes/hostile");
    EXPECT_EQ(shown["refusals"].size(), 9U);
    EXPECT_EQ(shown["state"], "quarantined");
    EXPECT_EQ(shown["quarantine"]["by"], "strikes");
    EXPECT_EQ(shown["strikes"], 6);
    EXPECT_EQ(shown["opposition"]["doubted"], false);
    const std::string metrics = call("GET", "/metrics").body;
    EXPECT_THAT(metrics, HasSubstr("skerry_strikes_total 6"));
    EXPECT_THAT(metrics, HasSubstr("skerry_nodes_quarantined{by=\"strikes\"} 1"));
    EXPECT_THAT(metrics, HasSubstr("skerry_updates_held 1"));
}

TEST_F(ServiceTest, GoesOnWithTheRoundThatItWasInAfterARestart) {
    auto first = joined("first");
    const auto grant = first->ask<wire::LeaseGrant>(wire::LeaseRequest{ModelVersion{1}, Tier::Heavy});
    const auto update = first->seal(grant.lease, std::vector<float>(size(), 0.5F), 100);
    const auto receipt = std::get<wire::Receipt>(first->deliver(grant.lease, update));
    stop();
    start();
    first->connect();
    first->hello();
    EXPECT_EQ(std::get<wire::Receipt>(first->deliver(grant.lease, update)).receipt, receipt.receipt);
    auto second = joined("second");
    second->contribute(ModelVersion{1}, std::vector<float>(size(), 0.25F), 100);
    const auto announced = first->await<wire::Announcement>();
    EXPECT_EQ(wire::open_manifest(announced.manifest, first->keys.signing)->updates, 2U);
    EXPECT_EQ(announced.counted, Sequence{1});
    EXPECT_TRUE(data("POST", "/v1/rounds/1/verify")["intact"]);
}

TEST_F(ServiceTest, RefusesTokensThatAreUsedAndNodesThatAreRevoked) {
    const std::string once = token();
    TestPeer first(loop_, *context_, "first");
    EXPECT_EQ(first.join(once), "");
    first.connect();
    TestPeer second(loop_, *context_, "second");
    EXPECT_THAT(second.join(once), HasSubstr("used"));
    EXPECT_EQ(data("GET", "/v1/tokens")[0]["state"], "used");
    const json held = data("POST", "/v1/nodes/first/quarantine", R"({"reason":"odd"})");
    EXPECT_EQ(held["state"], "quarantined");
    EXPECT_EQ(held["quarantine"]["by"], "operator");
    EXPECT_EQ(data("GET", "/v1/status")["nodes"]["quarantined"], 1);
    EXPECT_NE(data("GET", "/v1/status")["warnings"][0].get<std::string>().find("first: in quarantine"),
              std::string::npos);
    EXPECT_EQ(call("POST", "/v1/nodes/first/quarantine", R"({"reason":"odd"})").status, 409);
    EXPECT_EQ(call("POST", "/v1/nodes/first/quarantine").status, 400);
    EXPECT_EQ(call("POST", "/v1/nodes/first/release", R"({"discard":1})").status, 400);
    EXPECT_EQ(data("POST", "/v1/nodes/first/release", R"({"discard":true})")["state"], "active");
    EXPECT_EQ(call("POST", "/v1/nodes/first/release").status, 409);
    const json revoked = data("POST", "/v1/nodes/first/revoke", R"({"reason":"lost"})");
    EXPECT_EQ(revoked["state"], "revoked");
    first.send(wire::LeaseRequest{ModelVersion{1}, Tier::Heavy});
    EXPECT_EQ(first.await<wire::Denied>().reason, wire::Denied::Reason::Revoked);
    const auto again = json::parse(call("POST", "/v1/nodes/first/revoke", R"({"reason":"lost"})").body);
    EXPECT_EQ(again["error_code"], "conflict");
}

}  // namespace
}  // namespace skerry::coordinator
