#pragma once

#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "common/http/client.hpp"
#include "edge-node/daemon/host.hpp"
#include "edge-node/daemon/join.hpp"
#include "edge-node/tools/feeder.hpp"
#include "tests/unit/learning/softmax_engine.hpp"
#include "tests/unit/node/fake_coordinator.hpp"
#include "tests/unit/node/running.hpp"

namespace skerry::node::testing {

using Json = nlohmann::json;

/// A whole node on real sockets, with a scripted coordinator and an engine in plain C++. A crash is the end of the Host
/// object without stop(): everything but the folder is gone.
class NodeTest : public ::testing::Test {
protected:
    explicit NodeTest(parameters::ModelSpec declared = small_spec()) {
        running_.on_loop([&] { coordinator_ = std::make_unique<FakeCoordinator>(running_.loop(), declared); });
        options_.dirs = {dir()};
        options_.config.http = "";
        options_.memory.stalled = [] { return std::nullopt; };  // whatever else this machine does
        options_.config.version_patience = std::chrono::milliseconds(0);
        options_.make_engine = [this](boost::asio::io_context&, const parameters::ModelSpec& spec) {
            auto engine = std::make_unique<SoftmaxEngine>(spec);
            engine->deferred = stuck_;
            return engine;
        };
        write_stream();
    }
    ~NodeTest() override {
        running_.on_loop([this] {
            host_.reset();
            coordinator_.reset();
        });
    }

    void join_as(Tier tier) {
        JoinOptions join_options;
        join_options.dir = dir();
        join_options.name = "shed";
        join_options.tier = tier;
        join_options.token = running_.on_loop([this] { return coordinator_->token(); });
        const auto joined = join(join_options);
        ASSERT_TRUE(joined) << joined.error().message;
    }
    void start() {
        if (!std::filesystem::exists(dir())) join_as(Tier::Heavy);
        const auto failure = running_.on_loop([this]() -> std::string {
            auto host = Host::open(running_.loop(), options_);
            if (!host) return host.error().message;
            host_ = std::move(*host);
            const auto started = host_->start();
            return started ? "" : started.error().message;
        });
        ASSERT_EQ(failure, "");
    }
    void crash() {
        running_.on_loop([this] { host_.reset(); });
    }
    template <class Change>
    void coordinator(Change change) {
        running_.on_loop([&] { change(*coordinator_); });
    }
    bool eventually(const std::function<bool(const FakeCoordinator&, const NodeFacts&)>& condition) {
        return running_.eventually([&] { return condition(*coordinator_, host_->node(0).facts()); });
    }
    bool serves() {
        return eventually([](const auto&, const NodeFacts& facts) { return facts.ready; });
    }
    http::Response get(const std::string& target) { return request("GET", target, {}); }
    http::Response request(const std::string& method, const std::string& target, const std::string& body) {
        auto client = http::Client::connect(address());
        EXPECT_TRUE(client) << client.error().message;
        auto response = client->request(method, target, body);
        EXPECT_TRUE(response) << response.error().message;
        return *response;
    }
    /// The answer about a sample that has `value` in every feature.
    Json ask_about(const std::string& id, double value) {
        const Json input = {
            {"name", "input"}, {"datatype", "FP32"}, {"shape", {1, 4}}, {"data", std::vector<double>(4, value)}};
        const http::Response answer =
            request("POST", "/v2/models/small/infer", Json{{"id", id}, {"inputs", {input}}}.dump());
        EXPECT_EQ(answer.status, 200) << answer.body;
        return Json::parse(answer.body);
    }
    /// What became of one label.
    Json tell(const std::string& id, const std::string& label) {
        const Json body = {{"feedback", Json::array({{{"id", id}, {"label", label}}})}};
        return Json::parse(request("POST", "/v2/models/small/feedback", body.dump()).body);
    }
    Json status() { return Json::parse(get("/skerry/status").body); }
    std::filesystem::path dir() const { return folder_.path() / "node"; }
    std::string address() const { return "unix:" + (dir() / "infer.sock").string(); }

    /// Class c is at c in every feature, with a little noise.
    void write_stream() {
        std::ofstream stream(folder_.path() / "stream.csv");
        stream << "a,b,c,d,target\n";
        for (int i = 0; i < 1000; ++i) {
            const int label = (i * 7 + i / 11) % 3;
            for (int feature = 0; feature < 4; ++feature)
                stream << label + 0.1 * ((i * 13 + feature * 5) % 7 - 3) << ',';
            stream << "abc"[label] << '\n';
        }
    }
    Result<FeedNumbers> feed(std::uint64_t limit, LabelDelay delay = std::uint64_t{0}, std::string data = {}) {
        FeedOptions feed;
        feed.node = address();
        feed.data = data.empty() ? (folder_.path() / "stream.csv").string() : std::move(data);
        feed.source.limit = limit;
        feed.delay = delay;
        auto feeder = Feeder::open(feed);
        EXPECT_TRUE(feeder) << feeder.error().message;
        return feeder->run([](const FeedNumbers&) {}, StopSignal());
    }

    TemporaryFolder folder_;
    RunningLoop running_;
    std::unique_ptr<FakeCoordinator> coordinator_;
    std::unique_ptr<Host> host_;
    HostOptions options_;
    bool stuck_ = false;
};

}  // namespace skerry::node::testing
