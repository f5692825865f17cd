#include "edge-node/daemon/node.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "common/http/client.hpp"
#include "common/parameters/model_file.hpp"
#include "edge-node/daemon/join.hpp"
#include "edge-node/tools/feeder.hpp"
#include "tests/unit/learning/softmax_engine.hpp"
#include "tests/unit/node/fake_coordinator.hpp"
#include "tests/unit/node/nudge_engine.hpp"
#include "tests/unit/node/running.hpp"

namespace skerry::node {
namespace {

using testing::FakeCoordinator;
using ::testing::HasSubstr;
using Json = nlohmann::json;

/// A whole node on real sockets, with a scripted coordinator and an engine in plain C++. A crash is the end of the Node
/// object without stop(): everything but the folder is gone.
class NodeTest : public ::testing::Test {
protected:
    explicit NodeTest(parameters::ModelSpec declared = testing::small_spec()) {
        running_.on_loop([&] { coordinator_ = std::make_unique<FakeCoordinator>(running_.loop(), declared); });
        options_.dir = folder_.path / "node";
        options_.config.http = "";
        options_.config.version_patience = std::chrono::milliseconds(0);
        options_.make_engine = [this](boost::asio::io_context&, const parameters::ModelSpec& spec) {
            auto engine = std::make_unique<testing::SoftmaxEngine>(spec);
            engine->deferred = stuck_;
            return engine;
        };
        write_stream();
    }
    ~NodeTest() override {
        running_.on_loop([this] {
            node_.reset();
            coordinator_.reset();
        });
    }

    void join_as(Tier tier) {
        JoinOptions join_options;
        join_options.dir = options_.dir;
        join_options.name = "shed";
        join_options.tier = tier;
        join_options.token = running_.on_loop([this] { return coordinator_->token(); });
        const auto joined = join(join_options);
        ASSERT_TRUE(joined) << joined.error().message;
    }
    void start() {
        if (!std::filesystem::exists(options_.dir)) join_as(Tier::Heavy);
        const auto failure = running_.on_loop([this]() -> std::string {
            auto node = Node::open(running_.loop(), options_);
            if (!node) return node.error().message;
            node_ = std::move(*node);
            const auto started = node_->start();
            return started ? "" : started.error().message;
        });
        ASSERT_EQ(failure, "");
    }
    void crash() {
        running_.on_loop([this] { node_.reset(); });
    }
    template <class Change>
    void coordinator(Change change) {
        running_.on_loop([&] { change(*coordinator_); });
    }
    bool eventually(const std::function<bool(const FakeCoordinator&, const NodeFacts&)>& condition) {
        return running_.eventually([&] { return condition(*coordinator_, node_->facts()); });
    }
    bool serves() {
        return eventually([](const auto&, const NodeFacts& facts) { return facts.ready; });
    }
    http::Response get(const std::string& target) {
        auto client = http::Client::connect(address());
        EXPECT_TRUE(client) << client.error().message;
        auto response = client->request("GET", target);
        EXPECT_TRUE(response) << response.error().message;
        return *response;
    }
    Json status() { return Json::parse(get("/skerry/status").body); }
    std::string address() const { return "unix:" + (options_.dir / "infer.sock").string(); }

    /// Class c is at c in every feature, with a little noise.
    void write_stream() {
        std::ofstream stream(folder_.path / "stream.csv");
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
        feed.data = data.empty() ? (folder_.path / "stream.csv").string() : std::move(data);
        feed.source.limit = limit;
        feed.delay = delay;
        auto feeder = Feeder::open(feed);
        EXPECT_TRUE(feeder) << feeder.error().message;
        return feeder->run([](const FeedNumbers&) {}, [] { return false; });
    }

    testing::TemporaryFolder folder_;
    testing::RunningLoop running_;
    std::unique_ptr<FakeCoordinator> coordinator_;
    std::unique_ptr<Node> node_;
    NodeOptions options_;
    bool stuck_ = false;
};

TEST_F(NodeTest, RefusesAFolderThatHasNotJoined) {
    NodeOptions options;
    options.dir = folder_.path / "nowhere";
    const auto opened = running_.on_loop([&] { return Node::open(running_.loop(), options).error(); });
    EXPECT_EQ(opened.code, ErrorCode::NotFound);
    EXPECT_THAT(opened.message, HasSubstr("skerry-node join"));
}

TEST_F(NodeTest, OnlyOneProcessWorksInAFolder) {
    start();
    const auto second = running_.on_loop([this] { return Node::open(running_.loop(), options_).error(); });
    EXPECT_EQ(second.code, ErrorCode::Conflict);
}

TEST_F(NodeTest, IsNotReadyBeforeItsFirstVersionAndServesFromThenOn) {
    join_as(Tier::Heavy);
    coordinator([](FakeCoordinator& it) { it.close(); });
    start();
    EXPECT_EQ(get("/v2/health/ready").status, 503);
    EXPECT_EQ(get("/v2/health/live").status, 200);
    coordinator([](FakeCoordinator& it) { it.listen(); });
    ASSERT_TRUE(serves());
    EXPECT_EQ(get("/v2/health/ready").status, 200);
    EXPECT_EQ(status()["model"]["serving"], "1.0");
    EXPECT_EQ(status()["link"]["state"], "welcome");
}

TEST_F(NodeTest, LearnsFromAStreamAndSharesWhatItHasLearned) {
    start();
    ASSERT_TRUE(serves());
    const auto numbers = feed(450);
    ASSERT_TRUE(numbers) << numbers.error().message;
    EXPECT_EQ(numbers->labels_accepted, 450U);
    EXPECT_GT(numbers->prequential.accuracy, numbers->prequential.majority);
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const NodeFacts& facts) {
        return it.accepted_in_all == 1 && facts.totals.steps == 4;
    }));
    coordinator([](FakeCoordinator& it) {
        EXPECT_EQ(it.accepted[0].delta.size(), it.weights.size());
        EXPECT_GE(it.accepted[0].labelled, 200U);
        it.publish();
    });
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const NodeFacts& facts) {
        return facts.serving.global.value == 2 && it.accepted_in_all == 2;
    })) << "the second update follows the version that counts the first";
    coordinator([](FakeCoordinator& it) { it.publish(); });
    ASSERT_TRUE(eventually([](const auto&, const NodeFacts& facts) { return facts.serving.global.value == 3; }));

    // Everything learned is counted, so what it serves is the version itself, to the bit.
    const auto exported = get("/skerry/export");
    ASSERT_EQ(exported.status, 200);
    std::ofstream(folder_.path / "model.skm", std::ios::binary) << exported.body;
    const auto model = parameters::load_model(folder_.path / "model.skm");
    ASSERT_TRUE(model) << model.error().message;
    coordinator([&](FakeCoordinator& it) { EXPECT_EQ(model->parameters, it.weights); });
}

TEST_F(NodeTest, GoesOnAfterACrashFromItsLastStepWithItsUnsentUpdate) {
    coordinator([](FakeCoordinator& it) { it.take_offers = false; });
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(250));
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const NodeFacts& facts) {
        return !it.offers.empty() && facts.serving.local == 2 && facts.samples_waiting == 50;
    }));
    const Json before = status();
    crash();
    coordinator([](FakeCoordinator& it) { it.take_offers = true; });
    start();
    const Json after = status();
    EXPECT_EQ(after["model"]["serving"], before["model"]["serving"]);
    EXPECT_EQ(after["learning"]["samples_waiting"], 50);
    EXPECT_EQ(after["prequential"]["labelled"], before["prequential"]["labelled"]);
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const auto&) { return it.accepted_in_all == 1; }));
    coordinator([](FakeCoordinator& it) { EXPECT_EQ(it.offers.front().content, it.offers.back().content); });
    const Json errors = Json::parse(get("/skerry/errors?limit=5").body);
    EXPECT_GT(errors["kept"].get<int>(), 0);
}

TEST_F(NodeTest, ServesAndLearnsWhileTheCoordinatorIsAwayAndSharesWhenItIsBack) {
    start();
    ASSERT_TRUE(serves());
    coordinator([](FakeCoordinator& it) { it.close(); });
    ASSERT_TRUE(feed(300));
    ASSERT_TRUE(eventually([](const auto&, const NodeFacts& facts) { return facts.totals.steps == 3; }));
    EXPECT_EQ(status()["link"]["state"], "away");
    EXPECT_FALSE(status()["warnings"].empty());
    coordinator([](FakeCoordinator& it) { it.listen(); });
    EXPECT_TRUE(eventually([](const FakeCoordinator& it, const auto&) { return it.accepted_in_all == 1; }));
}

TEST_F(NodeTest, DropsWhatIsRefusedForWhatItIsAndReturnsToTheGlobalWeights) {
    coordinator([](FakeCoordinator& it) { it.refuse_updates = wire::RefusalCode::OutOfBounds; });
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(200));
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const NodeFacts& facts) {
        return !it.offers.empty() && !facts.session.offered && facts.serving.local == 3;
    }));
    std::ofstream(folder_.path / "model.skm", std::ios::binary) << get("/skerry/export").body;
    const auto model = parameters::load_model(folder_.path / "model.skm");
    ASSERT_TRUE(model);
    coordinator([&](FakeCoordinator& it) { EXPECT_EQ(model->parameters, it.weights); });
}

TEST_F(NodeTest, RefusesFeedbackWhenTwoStepsArePending) {
    stuck_ = true;
    start();
    ASSERT_TRUE(serves());
    FeedOptions impatient;
    impatient.node = address();
    impatient.data = (folder_.path / "stream.csv").string();
    impatient.source.limit = 300;
    impatient.patience = std::chrono::milliseconds(0);
    auto feeder = Feeder::open(impatient);
    ASSERT_TRUE(feeder);
    const auto stopped = feeder->run([](const FeedNumbers&) {}, [] { return false; });
    ASSERT_FALSE(stopped);
    EXPECT_THAT(stopped.error().message, HasSubstr("learning is behind"));
    EXPECT_EQ(status()["learning"]["samples_waiting"], 200);
    EXPECT_GE(status()["labels"]["refused_busy"].get<int>(), 1);
}

TEST_F(NodeTest, AloneItLearnsFromItsFirstVersionAndNeverContributes) {
    options_.alone = true;
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(300));
    ASSERT_TRUE(eventually([](const auto&, const NodeFacts& facts) { return facts.serving.local == 3; }));
    coordinator([](FakeCoordinator& it) { it.publish(); });
    EXPECT_EQ(status()["model"]["serving"], "1.3");
    crash();
    start();
    ASSERT_TRUE(serves());
    EXPECT_EQ(status()["link"]["state"], "alone");
    coordinator([](FakeCoordinator& it) {
        EXPECT_TRUE(it.offers.empty());
        EXPECT_EQ(it.hellos.size(), 1U);
    });
}

TEST_F(NodeTest, ALightNodeHoldsServesAndSharesOnlyItsPrefix) {
    options_.make_engine = [](boost::asio::io_context&, const parameters::ModelSpec& spec) {
        return std::make_unique<testing::NudgeEngine>(spec);
    };
    join_as(Tier::Light);
    start();
    ASSERT_TRUE(serves());
    const auto numbers = feed(200);
    ASSERT_TRUE(numbers);
    EXPECT_EQ(numbers->latency_us[0].size(), 200U);
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const auto&) { return it.accepted_in_all == 1; }));
    coordinator([](FakeCoordinator& it) {
        EXPECT_LT(it.accepted[0].delta.size(), it.weights.size());
        it.publish();
    });
    EXPECT_TRUE(eventually([](const auto&, const NodeFacts& facts) { return facts.serving.global.value == 2; }));
}

TEST_F(NodeTest, ReportsHowItIsDoing) {
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(100));
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const auto&) {
        return !it.reports.empty() && it.reports.back().labelled == 100;
    }));
    coordinator([](FakeCoordinator& it) {
        const wire::Report& report = it.reports.back();
        EXPECT_EQ(report.predictions, 100U);
        EXPECT_EQ(report.global.value, 1U);
        EXPECT_EQ(report.local, 1U);
        EXPECT_EQ(report.answered[0] + report.answered[1] + report.answered[2], 100U);
        EXPECT_NE(report.learning_reason, "");
    });
    EXPECT_THAT(get("/metrics").body, HasSubstr("skerry_node_steps_total 1"));
}

TEST_F(NodeTest, JoinsLateLabelsAndNeverLearnsOneTwice) {
    start();
    ASSERT_TRUE(serves());
    const auto numbers = feed(120, std::uint64_t{60});
    ASSERT_TRUE(numbers);
    EXPECT_EQ(numbers->labels_accepted, 120U);
    auto client = http::Client::connect(address());
    ASSERT_TRUE(client);
    const std::string input =
        R"({"id":"mine","inputs":[{"name":"input","datatype":"FP32","shape":[1,4],"data":[1,1,1,1]}]})";
    EXPECT_EQ(client->request("POST", "/v2/models/small/infer", input)->status, 200);
    const std::string label = R"({"feedback":[{"id":"mine","label":"b"}]})";
    EXPECT_EQ(Json::parse(client->request("POST", "/v2/models/small/feedback", label)->body)["accepted"], 1);
    EXPECT_EQ(Json::parse(client->request("POST", "/v2/models/small/feedback", label)->body)["duplicate"], 1);
}

/// The same with small images that need no download.
class StrokesNodeTest : public NodeTest {
protected:
    StrokesNodeTest() : NodeTest(spec()) {}
    static parameters::ModelSpec spec() {
        parameters::ModelSpec spec;
        spec.name = "strokes";
        spec.modality = parameters::Modality::Image;
        spec.input.shape = {1, 12, 12};
        spec.input.dtype = parameters::DataType::UInt8;
        spec.input.scale = {1.0F / 255};
        spec.classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
        for (auto& stage : spec.stages)
            stage = {{parameters::Layer::Kind::Conv, 4, 3, 1}};
        return spec;
    }
};

TEST_F(StrokesNodeTest, AloneItTakesAStreamOfDrawnDigits) {
    options_.alone = true;
    options_.make_engine = [](boost::asio::io_context&, const parameters::ModelSpec& model) {
        return std::make_unique<testing::NudgeEngine>(model);
    };
    start();
    ASSERT_TRUE(serves());
    const auto numbers = feed(250, std::uint64_t{10}, "strokes:?writer=2&seed=7&classes=1,4");
    ASSERT_TRUE(numbers) << numbers.error().message;
    EXPECT_EQ(numbers->labels_accepted, 250U);
    EXPECT_GT(numbers->prequential.majority, 0.4);
    EXPECT_TRUE(eventually([](const auto&, const NodeFacts& facts) { return facts.serving.local == 2; }));
}

TEST_F(NodeTest, SaysGoodbyeAndDrains) {
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const auto&) { return !it.reports.empty(); }));
    std::promise<void> stopped;
    running_.on_loop([&] { node_->stop([&] { stopped.set_value(); }); });
    stopped.get_future().wait();
    EXPECT_TRUE(eventually([](const FakeCoordinator& it, const auto&) { return it.said_goodbye; }));
}

}  // namespace
}  // namespace skerry::node
