#pragma once

#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/crypto/hash.hpp"
#include "common/http/client.hpp"
#include "coordinator/service/service.hpp"
#include "tests/support/own_loopback.hpp"
#include "tests/unit/coordinator/test_peer.hpp"

namespace skerry::coordinator {

using namespace std::chrono_literals;
using nlohmann::json;
using wire::RefusalCode;

inline parameters::ModelSpec small_model() {
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
        config_.listen.fleet = "tcp://" + skerry::testing::own_loopback() + ":0";
        config_.policy.rounds.goal = 2;
        config_.policy.rounds.recipe = {};  // sums that a person can check
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

}  // namespace skerry::coordinator
