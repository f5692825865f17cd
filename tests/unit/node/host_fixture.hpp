#pragma once

#include <array>
#include <atomic>
#include <future>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "common/http/client.hpp"
#include "edge-node/daemon/host.hpp"
#include "edge-node/daemon/join.hpp"
#include "tests/unit/learning/softmax_engine.hpp"
#include "tests/unit/node/fake_coordinator.hpp"
#include "tests/unit/node/running.hpp"

namespace skerry::node::testing {

using Json = nlohmann::json;

/// A model of two classes that tells its inputs, all 0 or all 1, apart.
inline parameters::ModelSpec pair_spec(std::string name) {
    parameters::ModelSpec spec = small_spec();
    spec.name = std::move(name);
    spec.classes = {"low", "high"};
    return spec;
}

/// Two models in one process, each of a federation of its own, on real sockets.
class HostTest : public ::testing::Test {
protected:
    HostTest() {
        running_.on_loop([this] {
            for (std::size_t i = 0; i < 2; ++i)
                coordinators_[i] = std::make_unique<FakeCoordinator>(running_.loop(), pair_spec(kNames[i]));
        });
        options_.dirs = {dir(0), dir(1)};
        options_.config.http = "127.0.0.1:0";
        options_.memory.stalled = [] { return std::nullopt; };  // whatever else this machine does
        options_.config.version_patience = std::chrono::milliseconds(0);
        options_.make_engine = [this](boost::asio::io_context& learning, const parameters::ModelSpec& spec) {
            auto engine = std::make_unique<SoftmaxEngine>(spec);
            engine->deferred = deferred_;
            engines_.push_back({learning, *engine});
            return engine;
        };
    }
    ~HostTest() override {
        running_.on_loop([this] {
            host_.reset();
            for (auto& coordinator : coordinators_)
                coordinator.reset();
        });
    }

    /// An engine is its learning thread's.
    struct HeldEngine {
        boost::asio::io_context& loop;
        SoftmaxEngine& engine;

        /// Whether it was asked something that waits for an answer; with `answer`, it gets one.
        bool asked(bool answer) {
            std::packaged_task<bool()> look([this, answer] {
                const bool waits = !engine.waiting.empty();
                if (waits && answer) engine.answer_next();
                return waits;
            });
            auto found = look.get_future();
            boost::asio::post(loop, std::move(look));
            return found.get();
        }
    };

    std::filesystem::path dir(std::size_t model) const { return folder_.path() / kNames[model]; }
    void join_both() {
        for (std::size_t i = 0; i < 2; ++i)
            join_to(i, dir(i));
    }
    void join_to(std::size_t coordinator, const std::filesystem::path& dir) {
        JoinOptions join_options;
        join_options.dir = dir;
        join_options.name = "shed";
        join_options.token = running_.on_loop([&] { return coordinators_[coordinator]->token(); });
        const auto joined = join(join_options);
        ASSERT_TRUE(joined) << joined.error().message;
    }
    /// What open() or start() says; empty: the host runs.
    std::string start() {
        return running_.on_loop([this]() -> std::string {
            auto host = Host::open(running_.loop(), options_);
            if (!host) return host.error().message;
            host_ = std::move(*host);
            const auto started = host_->start();
            port_ = host_->port();
            return started ? "" : started.error().message;
        });
    }
    bool eventually(const std::function<bool()>& condition) { return running_.eventually(condition); }
    bool serves() {
        return eventually([this] { return host_->node(0).ready() && host_->node(1).ready(); });
    }

    std::string shared_address() const { return "http://127.0.0.1:" + std::to_string(port_); }
    std::string socket(std::size_t model) const { return "unix:" + (dir(model) / "infer.sock").string(); }
    static http::Response request(const std::string& address, const std::string& method, const std::string& target,
                                  const std::string& body = {}) {
        auto client = http::Client::connect(address);
        EXPECT_TRUE(client) << client.error().message;
        auto response = client->request(method, target, body);
        EXPECT_TRUE(response) << response.error().message;
        return *response;
    }
    static http::Response get(const std::string& address, const std::string& target) {
        return request(address, "GET", target);
    }
    static Json status(const std::string& address) { return Json::parse(get(address, "/skerry/status").body); }
    static http::Response ask(const std::string& address, const std::string& model, const std::string& id,
                              std::size_t rows = 1) {
        const Json input = {{"name", "input"},
                            {"datatype", "FP32"},
                            {"shape", {rows, 4}},
                            {"data", std::vector<double>(4 * rows, id.size() % 2 == 0 ? 0.0 : 1.0)}};
        return request(address, "POST", "/v2/models/" + model + "/infer", Json{{"id", id}, {"inputs", {input}}}.dump());
    }
    /// Answered samples and their labels, as an application sends them.
    void teach(std::size_t model, std::size_t samples) {
        Json labels = Json::array();
        for (std::size_t i = 0; i < samples; ++i) {
            const std::string id = "sample-" + std::to_string(taught_++);
            EXPECT_EQ(ask(socket(model), kNames[model], id).status, 200);
            labels.push_back({{"id", id}, {"label", id.size() % 2}});
        }
        const http::Response answer =
            request(socket(model), "POST", std::string("/v2/models/") + kNames[model] + "/feedback",
                    Json{{"feedback", labels}}.dump());
        EXPECT_EQ(Json::parse(answer.body)["accepted"], samples) << answer.body;
    }

    static constexpr std::array<const char*, 2> kNames = {"doors", "windows"};

    TemporaryFolder folder_;
    RunningLoop running_;
    std::array<std::unique_ptr<FakeCoordinator>, 2> coordinators_;
    HostOptions options_;
    std::unique_ptr<Host> host_;
    std::vector<HeldEngine> engines_;  ///< in the order of the folders
    bool deferred_ = false;
    std::uint16_t port_ = 0;
    std::size_t taught_ = 0;
};

}  // namespace skerry::node::testing
