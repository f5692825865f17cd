#include "edge-node/daemon/host.hpp"

#include <fstream>
#include <thread>

#include "edge-node/tools/feeder.hpp"
#include "tests/unit/node/host_fixture.hpp"

namespace skerry::node {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HostTest;
using testing::Json;

TEST_F(HostTest, ServesEachModelUnderItsNameOnOneAddress) {
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    for (const char* name : kNames) {
        const auto answer = ask(shared_address(), name, "1");
        ASSERT_EQ(answer.status, 200) << answer.body;
        EXPECT_EQ(Json::parse(answer.body)["model_name"], name);
        EXPECT_THAT(get(shared_address(), std::string("/skerry/model?model=") + name).body, HasSubstr(name));
    }
    const auto unknown = ask(shared_address(), "gates", "1");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_THAT(unknown.body,
                HasSubstr("Request for unknown model: 'gates' is not found: this address serves doors, windows"));
    EXPECT_EQ(get(shared_address(), "/skerry/model").status, 400);
    EXPECT_EQ(get(shared_address(), "/skerry/status").status, 403);
}

TEST_F(HostTest, ListsAllItsModelsOnTheSharedAddressAndOneOnEachSocket) {
    join_both();
    running_.on_loop([this] { coordinators_[1]->close(); });
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(eventually([this] { return host_->node(0).ready(); }));
    const auto names_in = [](const http::Response& answer, const char* list) {
        const Json document = Json::parse(answer.body);
        std::vector<std::string> names;
        for (const Json& model : *list == '\0' ? document : document[list])
            names.push_back(model["name"]);
        return names;
    };
    const auto index = [&](const std::string& address) {
        return names_in(request(address, "POST", "/v2/repository/index"), "");
    };
    const auto statistics = [&](const std::string& address) {
        return names_in(get(address, "/v2/models/stats"), "model_stats");
    };
    EXPECT_THAT(index(shared_address()), ElementsAre("doors")) << "the other one has no weights yet";
    EXPECT_THAT(statistics(shared_address()), ElementsAre("doors"));
    running_.on_loop([this] { coordinators_[1]->listen(); });
    ASSERT_TRUE(serves());
    EXPECT_THAT(index(shared_address()), ElementsAre("doors", "windows"));
    EXPECT_THAT(statistics(shared_address()), ElementsAre("doors", "windows"));
    EXPECT_THAT(index(socket(1)), ElementsAre("windows"));
    EXPECT_THAT(statistics(socket(0)), ElementsAre("doors"));

    EXPECT_EQ(get(shared_address(), "/v2/repository/index").header("Allow"), "POST");
    EXPECT_EQ(request(shared_address(), "POST", "/v2/models/stats").header("Allow"), "GET, HEAD");
    ASSERT_EQ(ask(shared_address(), "windows", "1", 3).status, 200);
    const Json counted = Json::parse(get(shared_address(), "/v2/models/stats").body)["model_stats"];
    EXPECT_EQ(counted[0]["inference_count"], 0);
    EXPECT_EQ(counted[1]["inference_count"], 3);
}

TEST_F(HostTest, AFolderSocketAnswersForItsOwnModel) {
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    EXPECT_EQ(ask(socket(0), "doors", "1").status, 200);
    EXPECT_EQ(ask(socket(0), "windows", "1").status, 404);
    EXPECT_THAT(get(socket(1), "/skerry/model").body, HasSubstr("windows"));
    for (std::size_t i = 0; i < 2; ++i) {
        const Json shown = status(socket(i));
        EXPECT_EQ(shown["node"]["model"], kNames[i]);
        ASSERT_EQ(shown["models"].size(), 2U);
        EXPECT_EQ(shown["models"][1]["name"], "windows");
        EXPECT_EQ(shown["models"][1]["serving"], "1.0");
    }
}

TEST_F(HostTest, IsReadyWhenAllItsModelsAre) {
    join_both();
    running_.on_loop([this] { coordinators_[1]->close(); });
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(eventually([this] { return host_->node(0).ready(); }));
    EXPECT_EQ(get(shared_address(), "/v2/health/ready").status, 503);
    EXPECT_EQ(get(socket(0), "/v2/health/ready").status, 200);
    EXPECT_EQ(get(socket(1), "/v2/health/ready").status, 503);
    running_.on_loop([this] { coordinators_[1]->listen(); });
    ASSERT_TRUE(serves());
    EXPECT_EQ(get(shared_address(), "/v2/health/ready").status, 200);
}

TEST_F(HostTest, MetricsNameTheModelOfEachSeries) {
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    ASSERT_EQ(ask(shared_address(), "windows", "1").status, 200);
    const std::string text = get(shared_address(), "/metrics").body;
    EXPECT_THAT(text, AllOf(HasSubstr("skerry_node_requests_total{model=\"doors\"} 0"),
                            HasSubstr("skerry_node_requests_total{model=\"windows\"} 1"),
                            HasSubstr("skerry_node_answer_seconds_count{model=\"windows\",tier=\"heavy\"}")));
    const std::string head = "# TYPE skerry_node_requests_total";
    EXPECT_EQ(text.find(head), text.rfind(head)) << "a name has one head";
}

TEST_F(HostTest, FeedStreamsIntoTheModelThatItNames) {
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    const std::filesystem::path data = folder_.path() / "stream.csv";
    std::ofstream(data) << "a,b,c,d,target\n0,0,0,0,low\n1,1,1,1,high\n";
    const auto feeder_of = [&](const std::string& model) {
        FeedOptions feed;
        feed.node = shared_address();
        feed.model = model;
        feed.data = data.string();
        return Feeder::open(feed);
    };
    auto feeder = feeder_of("windows");
    ASSERT_TRUE(feeder) << feeder.error().message;
    const auto fed = feeder->run([](const FeedNumbers&) {}, StopSignal());
    ASSERT_TRUE(fed) << fed.error().message;
    EXPECT_EQ(fed->labels_accepted, 2U);
    EXPECT_EQ(running_.on_loop([this] { return host_->node(0).facts().counters.requests; }), 0U);
    EXPECT_EQ(running_.on_loop([this] { return host_->node(1).facts().counters.requests; }), 2U);
    EXPECT_THAT(feeder_of("").error().message, AllOf(HasSubstr("doors, windows"), HasSubstr("--model")));
    EXPECT_THAT(feeder_of("gates").error().message, HasSubstr("doors, windows"));
}

TEST_F(HostTest, RefusesTwoFoldersWithAModelOfTheSameName) {
    join_to(0, dir(0));
    join_to(0, dir(1));
    EXPECT_THAT(start(), AllOf(HasSubstr("both hold a model 'doors'"), HasSubstr("--http")));
}

TEST_F(HostTest, RefusesAFolderThatIsGivenTwice) {
    join_to(0, dir(0));
    options_.dirs = {dir(0), dir(0) / "." / ""};
    EXPECT_THAT(start(), HasSubstr("is given twice"));
}

TEST_F(HostTest, LearnersTakeTurnsAndNoneStarves) {
    deferred_ = true;
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    teach(0, 150);
    teach(1, 150);
    const std::size_t at_once = learners_at_once(std::thread::hardware_concurrency(), options_.config.serving.workers);
    // The test answers for the engines, one request at a time, and sees how many have one.
    std::size_t most = 0;
    ASSERT_TRUE(eventually([&] {
        std::size_t asked = 0;
        for (HeldEngine& engine : engines_)
            asked += engine.asked(false) ? 1 : 0;
        most = std::max(most, asked);
        for (HeldEngine& engine : engines_)
            engine.asked(true);
        return host_->node(0).facts().totals.steps == 1 && host_->node(1).facts().totals.steps == 1;
    }));
    EXPECT_LE(most, at_once);
    EXPECT_GE(most, 1U);
}

TEST_F(HostTest, SwapsTheWeightsOfBothModelsWhileBothServe) {
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    std::atomic<bool> stop = false;
    std::array<std::size_t, 2> answered{};
    std::vector<std::thread> clients;
    for (std::size_t i = 0; i < 2; ++i) {
        clients.emplace_back([&, i] {
            while (!stop) {
                const auto answer = ask(shared_address(), kNames[i], "x");
                ASSERT_EQ(answer.status, 200) << answer.body;
                const std::string version = Json::parse(answer.body)["model_version"];
                EXPECT_THAT(version, ::testing::MatchesRegex("[1-4]\\.0"));
                ++answered[i];
            }
        });
    }
    for (std::uint64_t version = 2; version <= 4; ++version) {
        running_.on_loop([this] {
            for (auto& coordinator : coordinators_)
                coordinator->publish();
        });
        EXPECT_TRUE(eventually([&] {
            return host_->node(0).facts().serving.global.value == version &&
                   host_->node(1).facts().serving.global.value == version;
        }));
    }
    stop = true;
    for (std::thread& client : clients)
        client.join();
    EXPECT_GT(answered[0], 0U);
    EXPECT_GT(answered[1], 0U);
}

TEST_F(HostTest, DrainsAllOfItsNodes) {
    join_both();
    ASSERT_EQ(start(), "");
    ASSERT_TRUE(serves());
    std::promise<void> stopped;
    running_.on_loop([&] { host_->stop([&] { stopped.set_value(); }); });
    stopped.get_future().wait();
    EXPECT_TRUE(eventually([this] { return coordinators_[0]->said_goodbye && coordinators_[1]->said_goodbye; }));
}

}  // namespace
}  // namespace skerry::node
