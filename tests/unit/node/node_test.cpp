#include "edge-node/daemon/node.hpp"

#include <algorithm>

#include "common/parameters/model_file.hpp"
#include "common/storage/sqlite.hpp"
#include "tests/unit/node/node_fixture.hpp"
#include "tests/unit/node/nudge_engine.hpp"

namespace skerry::node {
namespace {

using ::testing::ElementsAre;
using testing::FakeCoordinator;
using ::testing::HasSubstr;
using testing::Json;
using testing::NodeTest;
using testing::small_spec;

TEST_F(NodeTest, RefusesAFolderThatHasNotJoined) {
    HostOptions options;
    options.dirs = {folder_.path() / "nowhere"};
    const auto opened = running_.on_loop([&] { return Host::open(running_.loop(), options).error(); });
    EXPECT_EQ(opened.code, ErrorCode::NotFound);
    EXPECT_THAT(opened.message, HasSubstr("skerry-node join"));
}

TEST_F(NodeTest, OnlyOneProcessWorksInAFolder) {
    start();
    const auto second = running_.on_loop([this] { return Host::open(running_.loop(), options_).error(); });
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
    const Json executors = status()["serving"]["executors"];
    EXPECT_EQ(executors["trouble"], "");
    EXPECT_GT(executors["winners"]["light"]["stage"]["8"]["us"].get<double>(), 0);
}

TEST_F(NodeTest, ShowsWhatItsStagesDo) {
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(20));
    const Json serving = status()["serving"];
    EXPECT_EQ(serving["anytime"], 0);
    EXPECT_EQ(serving["stages"]["light"]["rows"], 20) << "every sample goes through it";
    EXPECT_GT(serving["stages"]["light"]["busy_seconds"].get<double>(), 0);
    EXPECT_EQ(serving["stages"]["heavy"]["waiting"], 0);
    const std::string metrics = get("/metrics").body;
    EXPECT_THAT(metrics, HasSubstr("skerry_node_stage_rows_total{tier=\"light\"} 20"));
    EXPECT_THAT(metrics, HasSubstr("skerry_node_stage_rows_waiting{tier=\"heavy\"} 0"));
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
    std::ofstream(folder_.path() / "model.skm", std::ios::binary) << exported.body;
    const auto model = parameters::load_model(folder_.path() / "model.skm");
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
    EXPECT_GT(errors["kept"].get<int>(), errors["by_type"]["unjudged"].get<int>());  // a step has judged some
}

TEST_F(NodeTest, GivesUpAnUpdateThatTheDiskHasDamagedAndGoesOnWithTheNext) {
    coordinator([](FakeCoordinator& it) { it.take_offers = false; });
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(feed(250));
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const NodeFacts& facts) {
        return !it.offers.empty() && facts.serving.local == 2;
    }));
    crash();
    {
        auto database = storage::Database::open(dir() / "node.db");
        ASSERT_TRUE(database);
        ASSERT_TRUE(database->run("UPDATE spool_update SET header = zeroblob(256)"));
    }
    coordinator([](FakeCoordinator& it) { it.take_offers = true; });
    start();
    ASSERT_TRUE(serves());
    EXPECT_EQ(status()["model"]["serving"], "1.3") << "other weights, another name";
    EXPECT_TRUE(std::filesystem::exists(dir() / "damaged-update-1"));
    ASSERT_TRUE(feed(250));
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const auto&) { return it.accepted_in_all == 1; }));
    coordinator([](FakeCoordinator& it) {
        EXPECT_EQ(wire::read_header(it.offers.back().header)->update.sequence, Sequence{2});
        for (const wire::UpdateOffer& offer : it.offers)
            EXPECT_TRUE(wire::read_header(offer.header)) << "the damaged one was never offered";
    });
}

TEST_F(NodeTest, ServesTheVersionBeforeOneThatTheDiskHasDamagedUntilItHasComeAgain) {
    start();
    ASSERT_TRUE(serves());
    coordinator([](FakeCoordinator& it) { it.publish(); });
    ASSERT_TRUE(
        eventually([](const auto&, const NodeFacts& facts) { return facts.session.installed == ModelVersion{2}; }));
    crash();
    coordinator([](FakeCoordinator& it) { it.close(); });
    std::filesystem::resize_file(dir() / "node.db-version-1", 100);
    start();
    ASSERT_TRUE(serves());
    EXPECT_EQ(status()["model"]["serving"], "1.0");
    coordinator([](FakeCoordinator& it) { it.listen(); });
    ASSERT_TRUE(
        eventually([](const auto&, const NodeFacts& facts) { return facts.session.installed == ModelVersion{2}; }));
    EXPECT_EQ(status()["model"]["serving"], "2.0");
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
    std::ofstream(folder_.path() / "model.skm", std::ios::binary) << get("/skerry/export").body;
    const auto model = parameters::load_model(folder_.path() / "model.skm");
    ASSERT_TRUE(model);
    coordinator([&](FakeCoordinator& it) { EXPECT_EQ(model->parameters, it.weights); });
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

TEST_F(NodeTest, FetchesVersionsAsItsConfigurationSaysAndSharesOnlyItsProgress) {
    options_.config.precision = WeightEncoding::Float8;
    coordinator([](FakeCoordinator& it) { it.encodings = {WeightEncoding::Float16, WeightEncoding::Float8}; });
    start();
    ASSERT_TRUE(serves());
    const Json pushed = status()["model"]["pushed_as"];
    EXPECT_EQ(pushed["precision"], "fp8");
    EXPECT_GT(pushed["error"].get<double>(), 0.001);
    EXPECT_LE(pushed["error"].get<double>(), 0.0625);
    ASSERT_TRUE(feed(250));
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const auto&) { return it.accepted_in_all == 1; }));
    coordinator([](FakeCoordinator& it) {
        it.encodings.clear();
        it.publish();
    });
    ASSERT_TRUE(eventually([](const auto&, const NodeFacts& facts) { return facts.serving.global.value == 2; }));
    EXPECT_EQ(status()["model"]["pushed_as"]["precision"], "fp32") << "it is not offered any more";
    EXPECT_EQ(status()["model"]["pushed_as"]["wanted"], "fp8");
}

/// Of several chunks.
struct WideNodeTest : NodeTest {
    static parameters::ModelSpec wide() {
        parameters::ModelSpec spec = small_spec();
        for (auto& stage : spec.stages)
            stage[0].width = 700;
        return spec;
    }
    WideNodeTest() : NodeTest(wide()) {}
};

TEST_F(WideNodeTest, GoesOnWithADownloadWhereItStoppedAfterRestartsOfBothSides) {
    coordinator([](FakeCoordinator& it) { it.chunks_served = 2; });
    start();
    ASSERT_TRUE(eventually([](const auto&, const NodeFacts& facts) { return facts.session.chunks_stored == 2; }));
    crash();
    coordinator([](FakeCoordinator& it) { it.close(); });
    start();
    EXPECT_TRUE(eventually([](const auto&, const NodeFacts& facts) { return facts.session.chunks_stored == 2; }));
    EXPECT_EQ(get("/v2/health/ready").status, 503);
    coordinator([](FakeCoordinator& it) {
        it.pulls.clear();
        it.chunks_served = UINT32_MAX;
        it.listen();
    });
    ASSERT_TRUE(serves());
    coordinator([](FakeCoordinator& it) {
        ASSERT_FALSE(it.pulls.empty());
        EXPECT_EQ(it.pulls.front().first, 2U);
        EXPECT_GT(it.weights.size() * sizeof(float), 3 * limits::kChunkBytes);
    });
    EXPECT_FALSE(std::filesystem::exists(dir() / "node.db-arriving"));
}

TEST_F(WideNodeTest, FetchesDifferencesAndTheWholeOnceOneIsSpoilt) {
    for (const WeightEncoding encoding : {WeightEncoding::Float32, WeightEncoding::Float16}) {
        crash();
        std::filesystem::remove_all(dir());
        options_.config.precision = encoding;
        coordinator([](FakeCoordinator& it) {
            it.encodings = {WeightEncoding::Float16};
            it.differences = true;
            it.spoil_differences = false;
        });
        start();
        ASSERT_TRUE(serves());
        const auto fetches = [&](bool spoilt) {
            const std::uint64_t version = running_.on_loop([&] {
                coordinator_->spoil_differences = spoilt;
                coordinator_->pulls.clear();
                for (float& weight : coordinator_->weights)
                    weight += 0x1p-9F;
                coordinator_->publish();
                return coordinator_->version;
            });
            EXPECT_TRUE(eventually(
                [version](const auto&, const NodeFacts& facts) { return facts.serving.global.value == version; }));
            return running_.on_loop([&] {
                std::vector<std::uint64_t> bases;
                for (const wire::ModelPull& pull : coordinator_->pulls)
                    bases.push_back(pull.base.value == 0 ? 0 : version - pull.base.value);
                bases.erase(std::unique(bases.begin(), bases.end()), bases.end());
                return bases;
            });
        };
        EXPECT_THAT(fetches(false), ElementsAre(1));
        EXPECT_THAT(fetches(true), ElementsAre(1, 0));
        EXPECT_THAT(fetches(false), ElementsAre(1)) << "it stands on what was fetched whole";
    }
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

TEST_F(NodeTest, SaysGoodbyeAndDrains) {
    start();
    ASSERT_TRUE(serves());
    ASSERT_TRUE(eventually([](const FakeCoordinator& it, const auto&) { return !it.reports.empty(); }));
    std::promise<void> stopped;
    running_.on_loop([&] { host_->stop([&] { stopped.set_value(); }); });
    stopped.get_future().wait();
    EXPECT_TRUE(eventually([](const FakeCoordinator& it, const auto&) { return it.said_goodbye; }));
}

}  // namespace
}  // namespace skerry::node
