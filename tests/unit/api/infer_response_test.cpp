#include "edge-node/api/infer_response.hpp"

#include <cstring>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/unit/parameters/specs.hpp"

namespace skerry::node {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Answer answer_of(Tier tier, std::vector<float> probabilities) {
    Answer answer;
    answer.tier = tier;
    answer.reading.predicted = static_cast<std::uint32_t>(std::max_element(probabilities.begin(), probabilities.end()) -
                                                          probabilities.begin());
    answer.reading.probability = probabilities[answer.reading.predicted];
    answer.reading.probabilities = std::move(probabilities);
    answer.score = 0.25F;
    return answer;
}

class InferResponse : public ::testing::Test {
protected:
    http::Response respond(const std::vector<WantedOutput>& outputs) {
        return infer_response(spec_, "7.3", "a", outputs, answers_);
    }

    parameters::ModelSpec spec_ = [] {
        auto spec = parameters::testing::table(2);
        spec.classes = {"down", "up", "still"};
        return spec;
    }();
    std::vector<Answer> answers_ = {answer_of(Tier::Light, {0.25F, 0.5F, 0.25F}),
                                    answer_of(Tier::Heavy, {0.75F, 0.125F, 0.125F})};
};

TEST_F(InferResponse, PutsBinaryOutputsBehindTheJsonInTheirOrder) {
    const http::Response response = respond({{Output::Tier, true, {}},
                                             {Output::Score, false, {}},
                                             {Output::Probabilities, true, {}},
                                             {Output::Label, true, {}}});
    EXPECT_EQ(response.content_type, "application/octet-stream");
    const std::size_t head = std::stoul(std::string(response.header("Inference-Header-Content-Length")));
    const auto document = nlohmann::json::parse(response.body.substr(0, head));
    ASSERT_EQ(document["outputs"].size(), 4U);
    EXPECT_EQ(document["outputs"][0].dump(),
              R"({"datatype":"BYTES","name":"tier","parameters":{"binary_data_size":18},"shape":[2]})");
    EXPECT_EQ(document["outputs"][1].dump(), R"({"data":[0.25,0.25],"datatype":"FP32","name":"score","shape":[2]})");
    EXPECT_EQ(document["outputs"][2]["parameters"]["binary_data_size"], 24);
    EXPECT_EQ(document["outputs"][3]["parameters"]["binary_data_size"], 16);
    const std::string tail = response.body.substr(head);
    ASSERT_EQ(tail.size(), 58U);
    EXPECT_EQ(tail.substr(0, 18), std::string("\x05\0\0\0light\x05\0\0\0heavy", 18));
    std::array<float, 6> probabilities{};
    std::memcpy(probabilities.data(), &tail[18], sizeof probabilities);
    EXPECT_THAT(probabilities, ElementsAre(0.25F, 0.5F, 0.25F, 0.75F, 0.125F, 0.125F));
    std::array<std::int64_t, 2> labels{};
    std::memcpy(labels.data(), &tail[42], sizeof labels);
    EXPECT_THAT(labels, ElementsAre(1, 0));
}

TEST_F(InferResponse, NamesTheMostProbableClasses) {
    EXPECT_THAT(respond({{Output::Probabilities, false, 2}}).body,
                HasSubstr(R"({"name":"probabilities","datatype":"BYTES","shape":[2,2],)"
                          R"("data":["0.5:1:up","0.25:0:down","0.75:0:down","0.125:1:up"]})"));
    const http::Response all = respond({{Output::Probabilities, true, 99}});
    EXPECT_THAT(all.body, HasSubstr(R"("shape":[2,3],"parameters":{"binary_data_size":)"));
    EXPECT_THAT(all.body, HasSubstr(std::string("\x08\0\0\0", 4) + "0.5:1:up"));
}

TEST_F(InferResponse, MarksWhatIsTheBestSoFar) {
    EXPECT_THAT(respond({{Output::Label}}).body, Not(HasSubstr("anytime")));
    answers_[1].anytime = true;
    EXPECT_THAT(respond({{Output::Label}}).body, HasSubstr(R"("skerry_anytime":true)"));
}

}  // namespace
}  // namespace skerry::node
