#include <fstream>

#include <gmock/gmock.h>

#include "common/parameters/model_file.hpp"
#include "tests/unit/coordinator/service_fixture.hpp"

// What operators see of it.
namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

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
    EXPECT_EQ(data("GET", "/v1/errors")["total"], 0) << "no version counts the update";
    const std::string metrics = call("GET", "/metrics").body;
    EXPECT_THAT(metrics, HasSubstr("skerry_updates_accepted_total 1"));
    EXPECT_THAT(metrics, HasSubstr("skerry_joins_total{outcome=\"admitted\"} 1"));
    EXPECT_THAT(metrics, HasSubstr("skerry_connections{socket=\"fleet\"} 1"));
    EXPECT_THAT(metrics, HasSubstr("skerry_messages_refused_total{socket=\"enrol\"} 0"));
    EXPECT_EQ(call("GET", "/v1/rounds/9").status, 404);
    EXPECT_EQ(call("GET", "/v1/rounds/x").status, 400);
    EXPECT_EQ(call("GET", "/v1/nothing").status, 404);
    EXPECT_EQ(call("POST", "/v1/tokens", R"({"uses":0})").status, 400);
    EXPECT_EQ(call("POST", "/v1/tokens", "{").status, 400);
    EXPECT_EQ(call("POST", "/v1/rounds/1/verify").status, 409);
}

TEST_F(ServiceTest, TellsOfAlarmsAndWhatTheyCaused) {
    auto peer = joined("peer");
    peer->hello();
    EXPECT_EQ(data("GET", "/v1/drift")["alarms"].size(), 0U);
    EXPECT_TRUE(data("GET", "/v1/drift")["drift_until"].is_null());
    wire::Report report;
    report.global = ModelVersion{1};
    report.alarms.resize(1);
    report.alarms[0].number = 1;
    report.alarms[0].label_class = 1;
    report.alarms[0].after = 0.5;
    peer->send(report);
    ASSERT_TRUE(run_until(loop_, [&] { return data("GET", "/v1/drift?node=peer&since_s=60")["alarms"].size() == 1; }));
    const json drift = data("GET", "/v1/drift");
    EXPECT_TRUE(drift["drift_until"].is_string());
    const json alarm = drift["alarms"][0];
    EXPECT_EQ(alarm["name"], "peer");
    EXPECT_EQ(alarm["class"], 1);
    EXPECT_EQ(alarm["after"], 0.5);
    EXPECT_EQ(alarm["early_round"], 1);
    const std::string id = std::to_string(alarm["id"].get<std::uint64_t>());
    EXPECT_TRUE(data("GET", "/v1/drift/" + id)["round"].is_null()) << "it has not opened yet";
    peer->contribute(ModelVersion{1}, std::vector<float>(size(), 0.5F), 100);
    ASSERT_TRUE(run_until(loop_, [&] { return data("GET", "/v1/drift/" + id)["round"].is_object(); }));
    EXPECT_EQ(data("GET", "/v1/rounds/1")["early"], alarm["id"]);
    EXPECT_EQ(data("GET", "/v1/rounds/1")["early_alarm"]["name"], "peer");
    EXPECT_THAT(call("GET", "/metrics").body, HasSubstr("skerry_rounds_early_total 1"));
    EXPECT_EQ(call("GET", "/v1/drift/4711").status, 404);
    EXPECT_EQ(call("GET", "/v1/drift/x").status, 400);
    EXPECT_EQ(call("GET", "/v1/drift?node=nobody").status, 404);
}

TEST_F(ServiceTest, TellsOfTheErrorsOfEachCountedUpdateOnceAndTheSameAfterARestart) {
    auto first = joined("first");
    auto second = joined("second");
    first->hello();
    second->hello();
    first->contribute(ModelVersion{1}, std::vector<float>(size(), 0.5F), 100);
    second->contribute(ModelVersion{1}, std::vector<float>(size(), 0.5F), 300);
    static_cast<void>(first->await<wire::Announcement>());

    const json errors = data("GET", "/v1/errors");
    EXPECT_EQ(errors["total"], 6);
    EXPECT_EQ(errors["labelled"], 400);
    EXPECT_EQ(errors["by_type"]["novel"], 2);
    EXPECT_EQ(errors["by_type"]["boundary"], 4);
    EXPECT_EQ(errors["pairs"][0]["predicted_name"], "yes");
    EXPECT_EQ(errors["pairs"][0]["count"], 4);
    EXPECT_EQ(errors["other"], 2);
    EXPECT_EQ(data("GET", "/v1/errors?node=second")["labelled"], 300);
    EXPECT_EQ(data("GET", "/v1/errors?since_s=3600"), errors);
    const json novel = data("GET", "/v1/errors?type=novel");
    EXPECT_EQ(novel["total"], 2);
    EXPECT_EQ(novel["nodes"][0]["errors"], 1);
    EXPECT_THAT(novel["pairs"], SizeIs(0)) << "nobody said which pairs these were";
    EXPECT_THAT(data("GET", "/v1/errors?type=routing")["nodes"], SizeIs(0));
    const auto refused = call("GET", "/v1/errors?type=bad");
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("boundary")) << "it says which there are";
    EXPECT_EQ(call("GET", "/v1/errors?since_s=soon").status, 400);
    EXPECT_EQ(call("GET", "/v1/errors?node=nobody").status, 404);
    EXPECT_THAT(call("GET", "/metrics").body, HasSubstr("skerry_errors_total{type=\"boundary\"} 4"));

    stop();
    start();
    EXPECT_EQ(data("GET", "/v1/errors"), errors);
    EXPECT_THAT(call("GET", "/metrics").body, HasSubstr("skerry_errors_total{type=\"boundary\"} 4"));
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

TEST_F(ServiceTest, ExportsAModelInThePrecisionThatIsAskedFor) {
    const auto file = directory_.path.parent_path() / "exported.skm";
    const auto whole = call("GET", "/v1/models/newest/export");
    const auto response = call("GET", "/v1/models/newest/export?precision=fp16");
    EXPECT_EQ(response.content_type, "application/octet-stream");
    EXPECT_LT(response.body.size(), whole.body.size());
    std::ofstream(file, std::ios::binary) << response.body;
    const auto model = parameters::load_model(file);
    ASSERT_TRUE(model) << model.error().message;
    EXPECT_EQ(*parameters::precision_of(*model), "fp16");
    const auto refused = call("GET", "/v1/models/newest/export?precision=fp4");
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("use fp32, fp16"));
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

}  // namespace
}  // namespace skerry::coordinator
