#include "edge-node/api/feedback_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/parameters/specs.hpp"

namespace skerry::node {
namespace {

using ::testing::HasSubstr;

std::string feedback_complaint(const std::string& body) {
    const auto labels = parse_feedback(body, parameters::testing::table());
    return labels ? "" : labels.error().message;
}

TEST(Feedback, TakesIndicesNamesAndArraysOfOne) {
    const auto labels = parse_feedback(
        R"({"feedback":[{"id":"a","label":1},{"id":"b/0","label":"down"},{"label":[0],"id":"c","x":{}},
                        {"id":"d","label":["up"]}]})",
        parameters::testing::table());
    ASSERT_TRUE(labels) << labels.error().message;
    ASSERT_EQ(labels->size(), 4U);
    EXPECT_EQ((*labels)[0].label, 1U);
    EXPECT_EQ((*labels)[1].request, "b/0");
    EXPECT_EQ((*labels)[1].label, 0U);
    EXPECT_EQ((*labels)[2].label, 0U);
    EXPECT_EQ((*labels)[3].label, 1U);
    EXPECT_EQ(parse_feedback(R"({"feedback":[]})", parameters::testing::table())->size(), 0U);
}

TEST(Feedback, NamesWhatIsWrongAndInWhichEntry) {
    const std::vector<std::pair<std::string, std::string>> faults = {
        {"", "no valid JSON"},
        {"{\"feedback\":", "no valid JSON"},
        {"[]", "the body must be"},
        {"{}", "the body must be"},
        {"null", "the body must be"},
        {R"({"feedback":{}})", "the body must be"},
        {R"({"feedback":[3]})", "feedback[0]: must be an object"},
        {R"({"feedback":[{"label":1}]})", "feedback[0]: needs \"id\""},
        {R"({"feedback":[{"id":7,"label":1}]})", "feedback[0]: needs \"id\""},
        {R"({"feedback":[{"id":"","label":1}]})", "\"id\" must be 1 to 64"},
        {R"({"feedback":[{"id":"a","label":1},{"id":"b"}]})", "feedback[1]: needs \"label\""},
        {R"({"feedback":[{"id":"a","label":2}]})", "label 2 is no class: there are 2"},
        {R"({"feedback":[{"id":"so long that it is on the heap, where a leak would show","label":2}]})", "label 2 is"},
        {R"({"feedback":[{"id":"a","label":-1}]})", "label must be a class index or a class name"},
        {R"({"feedback":[{"id":"a","label":1.0}]})", "label must be"},
        {R"({"feedback":[{"id":"a","label":"sideways"}]})", "label names no class"},
        {R"({"feedback":[{"id":"a","label":[1,1]}]})", "label must be"},
        {R"({"feedback":[{"id":"a","label":[]}]})", "label must be"},
    };
    for (const auto& [body, expected] : faults)
        EXPECT_THAT(feedback_complaint(body), HasSubstr(expected)) << body;
}

TEST(Feedback, RefusesHostileSizesBeforeItBuildsATree) {
    EXPECT_THAT(feedback_complaint(std::string(1'000'000, '[')), HasSubstr("nested too deeply"));
    EXPECT_THAT(feedback_complaint(std::string(kFeedbackBytesMax + 1, ' ')), HasSubstr("send fewer labels"));
    std::string many = R"({"feedback":[0)";
    for (std::size_t i = 0; i < kFeedbackLabelsMax; ++i)
        many += ",0";
    EXPECT_THAT(feedback_complaint(many + "]}"), HasSubstr("send fewer"));
}

TEST(Feedback, SaysWhatBecameOfEachLabel) {
    using feedback::LabelVerdict;
    EXPECT_EQ(
        feedback_json({{"a", 0}, {"\"b\"", 1}, {"c", 0}, {"d", 1}, {"e", 0}, {"f", 1}, {"g", 0}},
                      {LabelVerdict::Accepted, LabelVerdict::Accepted, LabelVerdict::Duplicate, LabelVerdict::Late,
                       LabelVerdict::Unknown, LabelVerdict::Contradictory, LabelVerdict::Reused}),
        R"({"accepted":3,"duplicate":1,"expired":1,"unknown":1,"conflict":1,"reused":1,"results":[)"
        R"({"id":"a","state":"accepted"},{"id":"\"b\"","state":"accepted"},{"id":"c","state":"duplicate"},)"
        R"({"id":"d","state":"expired"},{"id":"e","state":"unknown"},{"id":"f","state":"conflict"},)"
        R"({"id":"g","state":"accepted","reused":true}]})");
}

}  // namespace
}  // namespace skerry::node
