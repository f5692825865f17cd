#include "edge-node/tools/status_text.hpp"
#include "tests/unit/node/node_fixture.hpp"
#include "tests/unit/node/nudge_engine.hpp"

namespace skerry::node {
namespace {

using ::testing::HasSubstr;
using testing::Json;
using testing::NodeTest;

TEST_F(NodeTest, RefusesFeedbackWhenTwoStepsArePending) {
    stuck_ = true;
    start();
    ASSERT_TRUE(serves());
    FeedOptions impatient;
    impatient.node = address();
    impatient.data = (folder_.path() / "stream.csv").string();
    impatient.source.limit = 300;
    impatient.patience = std::chrono::milliseconds(0);
    auto feeder = Feeder::open(impatient);
    ASSERT_TRUE(feeder);
    const auto stopped = feeder->run([](const FeedNumbers&) {}, StopSignal());
    ASSERT_FALSE(stopped);
    EXPECT_THAT(stopped.error().message, HasSubstr("learning is behind"));
    EXPECT_EQ(status()["learning"]["samples_waiting"], 200);
    EXPECT_GE(status()["labels"]["refused_busy"].get<int>(), 1);
}

TEST_F(NodeTest, JoinsLateLabelsAndNeverLearnsOneTwice) {
    start();
    ASSERT_TRUE(serves());
    const auto numbers = feed(120, std::uint64_t{60});
    ASSERT_TRUE(numbers);
    EXPECT_EQ(numbers->labels_accepted, 120U);
    ask_about("mine", 1);
    EXPECT_EQ(tell("mine", "b")["accepted"], 1);
    EXPECT_EQ(tell("mine", "b")["duplicate"], 1);
    EXPECT_EQ(tell("nobody's", "b")["results"][0]["state"], "unknown");
    EXPECT_EQ(tell("mine", "c")["results"][0]["state"], "conflict");

    const Json labels = status()["labels"];
    EXPECT_EQ(labels["accepted"], 121);
    EXPECT_EQ(labels["duplicate"], 1);
    EXPECT_EQ(labels["contradictory"], 1);
    EXPECT_EQ(labels["unknown"], 1);
    EXPECT_EQ(labels["delay"]["count"], 121);
    EXPECT_GE(labels["delay"]["p99_s"].get<double>(), labels["delay"]["p50_s"].get<double>());
    EXPECT_EQ(labels["limits"]["rows"], 20'000);
    EXPECT_EQ(labels["limits"]["seconds"], 7 * 24 * 3600);
    EXPECT_EQ(labels["predictions_max"], 20'000);
    const std::string metrics = get("/metrics").body;
    EXPECT_THAT(metrics, HasSubstr("skerry_node_label_delay_seconds_bucket{le=\"+Inf\"} 121\n"));
    EXPECT_THAT(metrics, HasSubstr("skerry_node_label_delay_seconds_count 121\n"));
    const std::string screen = *status_text(get("/skerry/status").body);
    EXPECT_THAT(screen, HasSubstr("121 accepted, 1 duplicate, 1 contradictory, 1 unknown · half within"));
    EXPECT_THAT(screen, HasSubstr("0 answers wait for a label, at most 20000"));
}

TEST_F(NodeTest, SaysWhenLabelsComeTooLateForWantOfRoom) {
    options_.config.labels.rows_max = 2;
    start();
    ASSERT_TRUE(serves());
    for (int i = 0; i < 3; ++i)
        ask_about(std::to_string(i), 1);
    EXPECT_EQ(tell("0", "b")["results"][0]["state"], "expired");
    const Json now = status();
    EXPECT_EQ(now["labels"]["predictions_pushed_out"], 1);
    EXPECT_THAT(now["warnings"][0]["fix"].get<std::string>(), HasSubstr("raise waiting"));
}

TEST_F(NodeTest, GivesTheLabelOfAnIdThatCountsFromOneAgainToTheSampleJustSent) {
    start();
    ASSERT_TRUE(serves());
    EXPECT_FALSE(ask_about("1", 0)["parameters"].contains("skerry_id_reused"));
    EXPECT_EQ(tell("1", "a")["results"][0], (Json{{"id", "1"}, {"state", "accepted"}}));
    EXPECT_FALSE(ask_about("2", 0)["parameters"].contains("skerry_id_reused"));

    // The application starts again: the label of "1" is on record, "2" still waits for its own.
    EXPECT_FALSE(ask_about("1", 1)["parameters"].contains("skerry_id_reused"));
    EXPECT_EQ(ask_about("2", 2)["parameters"]["skerry_id_reused"], true);
    EXPECT_EQ(tell("1", "b")["results"][0], (Json{{"id", "1"}, {"state", "accepted"}, {"reused", true}}));
    EXPECT_EQ(tell("2", "c")["results"][0], (Json{{"id", "2"}, {"state", "accepted"}, {"reused", true}}));
    EXPECT_EQ(tell("2", "c")["duplicate"], 1);
    EXPECT_EQ(status()["learning"]["samples_waiting"], 3);
    EXPECT_THAT(get("/metrics").body, HasSubstr("skerry_node_predictions_replaced_total 1"));
    EXPECT_THAT(get("/metrics").body, HasSubstr("skerry_node_labels_total{verdict=\"reused\"} 2"));
}

TEST_F(NodeTest, WarnsOfAnInputThatTheDeclaredScalingDoesNotFit) {
    start();
    ASSERT_TRUE(serves());
    EXPECT_TRUE(status()["warnings"].empty());
    ask_about("1", 2000);
    EXPECT_THAT(get("/metrics").body, HasSubstr("skerry_node_inputs_clamped_total 1"));
    const Json warnings = status()["warnings"];
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_THAT(warnings[0]["why"].get<std::string>(), HasSubstr("beyond ±64 after scaling"));
    EXPECT_THAT(warnings[0]["fix"].get<std::string>(), HasSubstr("declare scale and offset"));
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

}  // namespace
}  // namespace skerry::node
