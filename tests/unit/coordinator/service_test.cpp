#include "coordinator/service/service.hpp"

#include <filesystem>
#include <fstream>
#include <future>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "common/crypto/hash.hpp"
#include "common/http/client.hpp"
#include "common/parameters/layout.hpp"
#include "common/parameters/model_file.hpp"
#include "tests/unit/coordinator/test_peer.hpp"

namespace skerry::coordinator {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using namespace std::chrono_literals;
using wire::RefusalCode;

parameters::ModelSpec small_model() {
    parameters::ModelSpec spec;
    spec.name = "small";
    spec.modality = parameters::Modality::Tabular;
    spec.input.shape = {4};
    spec.classes = {"no", "yes"};
    for (auto& stage : spec.stages) {
        parameters::Layer layer;
        layer.kind = parameters::Layer::Kind::Dense;
        layer.width = 5;
        stage = {layer};
    }
    return spec;
}

/// A coordinator in this process, on free ports, with scripted peers on the same loop.
class ServiceTest : public ::testing::Test {
protected:
    ServiceTest() {
        std::string name = (std::filesystem::temp_directory_path() / "skerry-service-XXXXXX").string();
        directory_.path = ::mkdtemp(name.data());
        directory_.path /= "federation";
        config_.listen.fleet = "tcp://127.0.0.1:0";
        config_.policy.rounds.goal = 2;
        config_.policy.rounds.deadline = 1h;
        context_ = std::make_unique<transport::Context>(loop_);
        const auto made = create_federation(directory_, {small_model(), 5, "orchard"});
        EXPECT_TRUE(made) << made.error().message;
        start();
    }
    ~ServiceTest() override {
        service_.reset();
        std::filesystem::remove_all(directory_.path.parent_path());
    }

    void start() {
        auto service = Service::start(loop_, directory_, config_);
        ASSERT_TRUE(service) << service.error().message;
        service_ = *std::move(service);
        // Nodes find a restarted coordinator where it was.
        config_.listen.fleet = service_->endpoints().fleet;
        config_.listen.enrol = service_->endpoints().enrol;
    }
    void stop() {
        bool drained = false;
        service_->drain([&drained] { drained = true; });
        ASSERT_TRUE(run_until(loop_, [&] { return drained; }));
        service_.reset();
    }

    http::Response call(const std::string& method, const std::string& target, const std::string& body = {}) {
        auto answer = std::async(std::launch::async, [&, socket = "unix:" + directory_.admin_socket().string()] {
            auto client = http::Client::connect(socket);
            return client ? client->request(method, target, body) : tl::unexpected(client.error());
        });
        EXPECT_TRUE(run_until(loop_, [&] { return answer.wait_for(0s) == std::future_status::ready; }));
        auto response = answer.get();
        EXPECT_TRUE(response) << response.error().message;
        return response.value_or(http::Response{});
    }
    json data(const std::string& method, const std::string& target, const std::string& body = {}) {
        const auto response = call(method, target, body);
        const json envelope = json::parse(response.body);
        EXPECT_EQ(response.status, 200) << response.body;
        EXPECT_EQ(envelope["schema_version"], 1);
        EXPECT_EQ(envelope["status"], "ok");
        return envelope["data"];
    }
    std::string token() { return data("POST", "/v1/tokens", R"({"note":"test"})")["token"]; }

    std::unique_ptr<TestPeer> joined(const std::string& name) {
        auto peer = std::make_unique<TestPeer>(loop_, *context_, name);
        EXPECT_EQ(peer->join(token()), "");
        peer->model = crypto::sha256(bytes_of(peer->model_text));
        peer->connect();
        return peer;
    }
    [[nodiscard]] std::size_t size() const { return service_->federation().model().values.back(); }
    static RefusalCode refusal(const wire::FromCoordinator& message) {
        const auto* const refused = std::get_if<wire::Refusal>(&message);
        EXPECT_NE(refused, nullptr) << "it was not refused";
        return refused ? refused->code : RefusalCode::Malformed;
    }

    boost::asio::io_context loop_;
    Directory directory_;
    CoordinatorConfig config_;
    std::unique_ptr<transport::Context> context_;
    std::unique_ptr<Service> service_;
};

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

TEST_F(ServiceTest, CarriesAModelOfManyChunksBothWays) {
    stop();
    std::filesystem::remove_all(directory_.path);
    auto spec = small_model();
    for (auto& stage : spec.stages)
        stage[0].width = 700;
    ASSERT_TRUE(create_federation(directory_, {spec, 5, "wide"}));
    config_.policy.rounds.quorum = config_.policy.rounds.goal = 1;
    start();
    ASSERT_GT(size() * sizeof(float), 3 * limits::kChunkBytes);
    auto peer = joined("wide");
    peer->hello();
    EXPECT_THAT(peer->pull(ModelVersion{1}, Tier::Heavy, size()), SizeIs(size()));
    EXPECT_TRUE(std::holds_alternative<wire::Receipt>(
        peer->contribute(ModelVersion{1}, std::vector<float>(size(), 0.001F), 100)));
    EXPECT_EQ(peer->await<wire::Announcement>().counted, Sequence{1});
}

TEST_F(ServiceTest, RefusesHostileUpdatesByNameAndShowsThemInTheRound) {
    auto honest = joined("honest");
    auto hostile = joined("hostile");
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
    EXPECT_EQ(refusal(hostile->contribute(ModelVersion{1}, std::vector<float>(size() * 4, 0.0F), 100)),
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
    }
    EXPECT_THAT(codes, SizeIs(9));
    EXPECT_THAT(round["contributors"], SizeIs(1));
    EXPECT_EQ(data("GET", "/v1/nodes/hostile")["refusals"].size(), 9U);
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

    const json revoked = data("POST", "/v1/nodes/first/revoke", R"({"reason":"lost"})");
    EXPECT_EQ(revoked["state"], "revoked");
    first.send(wire::LeaseRequest{ModelVersion{1}, Tier::Heavy});
    EXPECT_EQ(first.await<wire::Denied>().reason, wire::Denied::Reason::Revoked);
    const auto again = json::parse(call("POST", "/v1/nodes/first/revoke", R"({"reason":"lost"})").body);
    EXPECT_EQ(again["error_code"], "conflict");
}

TEST_F(ServiceTest, TellsOperatorsWhatTheyAskFor) {
    auto peer = joined("peer");
    peer->hello();
    peer->contribute(ModelVersion{1}, std::vector<float>(size(), 0.5F), 100);
    wire::Report report;
    report.global = ModelVersion{1};
    report.labelled = 100;
    report.learning_reason = "no drift";
    peer->send(report);

    const json status = data("GET", "/v1/status");
    EXPECT_EQ(status["name"], "orchard");
    EXPECT_EQ(status["version"], 1);
    EXPECT_EQ(status["round"]["accepted"], 1);
    EXPECT_EQ(status["nodes"]["connected"], 1);
    EXPECT_EQ(status["updates"]["accepted"], 1);
    EXPECT_EQ(status["endpoints"]["fleet"], service_->endpoints().fleet);
    ASSERT_TRUE(run_until(loop_, [&] { return data("GET", "/v1/nodes")[0]["labelled"] == 100; }));
    EXPECT_EQ(data("GET", "/v1/nodes/" + peer->id().to_text())["updates"].size(), 1U);
    EXPECT_EQ(data("GET", "/v1/models")[0]["stored"], true);
    const json errors = data("GET", "/v1/errors");
    EXPECT_EQ(errors["total"], 3);
    EXPECT_EQ(errors["pairs"][0]["predicted_name"], "yes");
    EXPECT_THAT(call("GET", "/metrics").body, HasSubstr("skerry_updates_accepted_total 1"));
    EXPECT_EQ(call("GET", "/v1/rounds/9").status, 404);
    EXPECT_EQ(call("GET", "/v1/rounds/x").status, 400);
    EXPECT_EQ(call("GET", "/v1/nothing").status, 404);
    EXPECT_EQ(call("POST", "/v1/tokens", R"({"uses":0})").status, 400);
    EXPECT_EQ(call("POST", "/v1/tokens", "{").status, 400);
    EXPECT_EQ(call("POST", "/v1/rounds/1/verify").status, 409);
}

TEST_F(ServiceTest, ExportsAModelThatLoads) {
    const auto file = directory_.path.parent_path() / "exported.skm";
    const auto response = call("GET", "/v1/models/newest/export?tier=light");
    EXPECT_EQ(response.content_type, "application/octet-stream");
    std::ofstream(file, std::ios::binary) << response.body;
    const auto model = parameters::load_model(file);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(model->spec, small_model());
    EXPECT_EQ(model->tier, Tier::Light);
    EXPECT_THAT(model->parameters, SizeIs(service_->federation().model().values[0]));
}

TEST_F(ServiceTest, KeepsItsDirectoryToItself) {
    boost::asio::io_context other;
    const auto second = Service::start(other, directory_, config_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::Conflict);
    const auto again = create_federation(directory_, {small_model(), 5, ""});
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::Conflict);
    for (const char* const key : {"root", "signing", "seal", "transport"}) {
        struct stat status {};
        ASSERT_EQ(::stat(directory_.key(key).c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0600U);
    }
}

TEST_F(ServiceTest, AsksForALostHistoryInsteadOfMakingANewOne) {
    stop();
    std::filesystem::remove(directory_.history());
    std::filesystem::remove(directory_.history().string() + "-wal");
    for (const bool empty : {false, true}) {
        if (empty) std::ofstream(directory_.history()).flush();
        const auto started = Service::start(loop_, directory_, config_);
        ASSERT_FALSE(started);
        EXPECT_THAT(started.error().message, HasSubstr("missing or damaged"));
        EXPECT_THAT(started.error().message, HasSubstr("restore it"));
        EXPECT_EQ(std::filesystem::exists(directory_.history()), empty);
    }
}

TEST_F(ServiceTest, IsMadeOnlyInADirectoryOfItsOwn) {
    const Directory used{directory_.path.parent_path() / "used"};
    std::filesystem::create_directory(used.path);
    std::filesystem::permissions(used.path, std::filesystem::perms{0755});
    std::ofstream(used.path / "letter") << "mine";
    EXPECT_EQ(create_federation(used, {small_model(), 5, ""}).error().code, ErrorCode::Conflict);
    EXPECT_EQ(std::filesystem::status(used.path).permissions(), std::filesystem::perms{0755});
    std::filesystem::remove(used.path / "letter");
    EXPECT_TRUE(create_federation(used, {small_model(), 5, ""}));
}

TEST_F(ServiceTest, MakesNoTokenThatLeadsNowhere) {
    stop();
    config_.listen.fleet = "tcp://0.0.0.0:0";
    config_.listen.enrol = "tcp://0.0.0.0:0";
    start();
    const auto refused = json::parse(call("POST", "/v1/tokens", "{}").body);
    EXPECT_EQ(refused["error_code"], "conflict");
    EXPECT_THAT(std::string(refused["message"]), HasSubstr("--advertise"));
    stop();
    config_.listen.advertise = "127.0.0.1";
    start();
    TestPeer peer(loop_, *context_, "peer");
    EXPECT_EQ(peer.join(token()), "");
}

TEST_F(ServiceTest, SaysWhereItListens) {
    std::ifstream file(directory_.endpoints());
    const json endpoints = json::parse(file);
    EXPECT_EQ(endpoints["fleet"], service_->endpoints().fleet);
    EXPECT_EQ(endpoints["enrol"], service_->endpoints().enrol);
    EXPECT_THAT(std::string(endpoints["fleet"]), HasSubstr("tcp://127.0.0.1:"));
}

}  // namespace
}  // namespace skerry::coordinator
