#include "edge-node/daemon/fusion_desk.hpp"

#include "tests/unit/node/host_fixture.hpp"

namespace skerry::node {
namespace {

using ::testing::HasSubstr;
using testing::HostTest;
using testing::Json;

class FusionDeskTest : public HostTest {
protected:
    void SetUp() override {
        join_both();
        ASSERT_EQ(start(), "");
        ASSERT_TRUE(serves());
    }
    /// A request with an input for each model that is named, all features alike.
    static Json about(const std::string& id, const std::map<std::string, double>& values) {
        Json inputs = Json::array();
        for (const auto& [name, value] : values)
            inputs.push_back(
                {{"name", name}, {"datatype", "FP32"}, {"shape", {1, 4}}, {"data", std::vector<double>(4, value)}});
        return {{"id", id}, {"inputs", inputs}};
    }
    http::Response infer(const Json& body, const std::string& models = "doors+windows") {
        return request(shared_address(), "POST", "/v2/models/" + models + "/infer", body.dump());
    }
    Json tell(const std::string& id, int label) {
        const Json body = {{"feedback", {{{"id", id}, {"label", label}}}}};
        return Json::parse(request(shared_address(), "POST", "/v2/models/doors+windows/feedback", body.dump()).body);
    }
    static Json output(const Json& answer, const std::string& name) {
        for (const Json& one : answer["outputs"])
            if (one["name"] == name) return one["data"];
        return {};
    }
};

TEST_F(FusionDeskTest, AnswersWithTheProductOfWhatItsModelsSay) {
    const http::Response response = infer(about("a", {{"doors", 1}, {"windows", 0.7}}));
    ASSERT_EQ(response.status, 200) << response.body;
    const Json answer = Json::parse(response.body);
    EXPECT_EQ(answer["model_name"], "doors+windows");
    EXPECT_EQ(answer["model_version"], "1.0+1.0");
    EXPECT_THAT(answer["parameters"]["skerry_experts"].get<std::string>(), HasSubstr("doors:"));
    const Json alone[] = {Json::parse(infer(about("b", {{"doors", 1}})).body),
                          Json::parse(infer(about("c", {{"windows", 0.7}})).body)};
    std::array<double, 2> product = {1, 1};
    for (const Json& one : alone) {
        for (std::size_t c = 0; c < 2; ++c)
            product[c] *= output(one, "probabilities")[c].get<double>();
    }
    EXPECT_NEAR(output(answer, "probabilities")[1].get<double>(), product[1] / (product[0] + product[1]), 1e-4);
}

TEST_F(FusionDeskTest, GivesALabelToEveryModelThatAnswered) {
    ASSERT_EQ(infer(about("both", {{"doors", 1}, {"windows", 1}})).status, 200);
    ASSERT_EQ(infer(about("one", {{"doors", 1}})).status, 200);
    EXPECT_EQ(tell("both", 1)["accepted"], 1);
    EXPECT_EQ(tell("both", 1)["duplicate"], 1);
    EXPECT_EQ(tell("one", 1)["accepted"], 1);
    EXPECT_EQ(tell("never", 1)["unknown"], 1);
    EXPECT_EQ(status(socket(0))["learning"]["samples_waiting"], 2);
    EXPECT_EQ(status(socket(1))["learning"]["samples_waiting"], 1);
}

TEST_F(FusionDeskTest, LearnsNothingWhereNothingMayBeLearned) {
    Json body = about("a", {{"doors", 1}, {"windows", 1}});
    body["parameters"] = {{"skerry_learn", false}};
    ASSERT_EQ(infer(body).status, 200);
    EXPECT_EQ(tell("a", 1)["unknown"], 1);
}

TEST_F(FusionDeskTest, GoesNoDeeperThanItIsAllowedTo) {
    Json body = about("a", {{"doors", 0.5}, {"windows", 0.5}});
    body["parameters"] = {{"skerry_tier_max", "light"}};
    EXPECT_EQ(Json::parse(infer(body).body)["parameters"]["skerry_tier"], "light");
}

/// A desk to which no answer of the light exit is good enough.
class DeepFusionDeskTest : public FusionDeskTest {
protected:
    DeepFusionDeskTest() {
        options_.config.router.mode = RouterMode::Identity;
        options_.config.router.light_below = 1e-6F;
        options_.config.router.medium_below = 2e-6F;
    }
};

TEST_F(DeepFusionDeskTest, LeavesTheRoutersOfItsModelsAlone) {
    const auto shares = [this] { return running_.on_loop([this] { return host_->node(0).facts().router->share; }); };
    const Json answer = Json::parse(infer(about("a", {{"doors", 0.5}, {"windows", 0.5}})).body);
    ASSERT_EQ(answer["parameters"]["skerry_tier"], "heavy");
    EXPECT_THAT(shares(), ::testing::Each(0));
    ASSERT_EQ(ask(shared_address(), "doors", "b").status, 200);
    EXPECT_EQ(shares().back(), 1) << "what its own router decides does count";
}

TEST_F(FusionDeskTest, IsDescribedAsAModelWithSeveralInputs) {
    const Json metadata = Json::parse(get(shared_address(), "/v2/models/windows+doors").body);
    EXPECT_EQ(metadata["name"], "doors+windows");
    ASSERT_EQ(metadata["inputs"].size(), 2U);
    EXPECT_EQ(metadata["inputs"][1]["name"], "windows");
    EXPECT_EQ(get(shared_address(), "/v2/models/doors+windows/ready").status, 200);
}

TEST_F(FusionDeskTest, RefusesWhatItDoesNotKnowWithASentence) {
    EXPECT_EQ(infer(about("a", {{"doors", 1}}), "doors+gates").status, 404);
    EXPECT_THAT(infer(about("a", {{"doors", 1}}), "doors+doors").body, HasSubstr("named twice"));
    EXPECT_EQ(infer(about("a", {{"doors", 1}}), "doors+").status, 404);
    EXPECT_THAT(infer(about("a", {{"gates", 1}})).body, HasSubstr("there is no input 'gates'"));
    EXPECT_THAT(infer(Json{{"inputs", Json::array()}}).body, HasSubstr("there must be one input"));
    Json twice = about("a", {{"doors", 1}});
    twice["inputs"].push_back(twice["inputs"][0]);
    EXPECT_THAT(infer(twice).body, HasSubstr("given twice"));
    twice["inputs"].push_back(twice["inputs"][0]);
    EXPECT_THAT(infer(twice).body, HasSubstr("more than 2 inputs"));
    Json batch = about("a", {{"doors", 1}});
    batch["inputs"][0]["shape"] = {2, 4};
    EXPECT_THAT(infer(batch).body, HasSubstr("input 'doors': "));
    EXPECT_EQ(get(shared_address(), "/v2/models/doors+windows/infer").status, 405);
    EXPECT_EQ(get(shared_address(), "/v2/models/doors+windows/config").status, 404);
}

}  // namespace
}  // namespace skerry::node
