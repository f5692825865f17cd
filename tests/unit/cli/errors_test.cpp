#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/canned_coordinator.hpp"

namespace skerry::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kErrorsId = "0123456789abcdef0123456789abcdef";

const std::string kErrors =
    R"({"total":40,"updates":3,"labelled":1000,"by_type":{"unjudged":0,"novel":10,"boundary":30},
    "pairs":[{"truth":7,"predicted":1,"truth_name":"seven","predicted_name":"1","count":25},
             {"truth":1,"predicted":7,"truth_name":"1","predicted_name":"seven","count":8},
             {"truth":3,"predicted":1,"truth_name":"3","predicted_name":"1","count":4}],"other":3,
    "nodes":[{"node":")" +
    kErrorsId + R"(","name":"gateway","labelled":1000,"errors":40}]})";

TEST(ErrorsList, ShowsTypesConfusedClassesAndEachNodesShare) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/errors", kErrors);
    EXPECT_EQ(coordinator.run({"errors", "list"}).out,
              "40 errors reported\n"
              "\n"
              "TYPE      COUNT   SHARE\n"
              "novel        10  25.0 %\n"
              "boundary     30  75.0 %\n"
              "\n"
              "TRUTH        PREDICTED  COUNT   SHARE\n"
              "7 (seven)    1             25  62.5 %\n"
              "1            7 (seven)      8  20.0 %\n"
              "3            1              4  10.0 %\n"
              "other pairs                 3   7.5 %\n"
              "\n"
              "NODE     ID            LABELLED  ERRORS   RATE\n"
              "gateway  0123456789ab     1,000      40  4.0 %\n");
}

TEST(ErrorsList, AsksForWhatIsWanted) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/nodes/gateway", R"({"id":")" + kErrorsId + R"("})");
    const std::string target = "GET /v1/errors?node=" + kErrorsId + "&since_s=86400&type=novel";
    coordinator.answers(target, R"({"total":10,"by_type":{"novel":10},"pairs":[],"other":null,"nodes":[]})");
    const Ran ran = coordinator.run(
        {"errors", "list", "--node", "gateway", "--since", "24h", "--type", "novel", "--output", "json"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_TRUE(is_one_document(ran.out));
    EXPECT_THAT(coordinator.questions(), ElementsAre("GET /v1/nodes/gateway", target));
    EXPECT_THAT(coordinator.run({"errors", "list", "--since", "soon"}).code, 2);
}

TEST(ErrorsList, SaysWhyNothingIsReported) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/errors", R"({"total":0,"by_type":{},"pairs":[],"other":0,"nodes":[]})");
    const Ran ran = coordinator.run({"errors", "list"});
    EXPECT_EQ(ran.out, "0 errors reported\n");
    EXPECT_THAT(ran.err, HasSubstr("once a version counts"));
}

TEST(ErrorsShow, DrawsTheMostConfusedClassesAsAMatrix) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/errors", kErrors);
    EXPECT_EQ(coordinator.run({"errors", "show"}).out,
              "40 errors of 1,000 labelled answers\n"
              "\n"
              "TRUTH / ANSWERED   1  3  seven\n"
              "1                  \\  .      8\n"
              "3                  4  \\      .\n"
              "seven             25  .      \\\n"
              "\n"
              "3 errors in other class pairs\n");
    EXPECT_THAT(coordinator.run({"errors", "show", "--classes", "2"}).out, HasSubstr("7 errors in other class pairs"));
}

}  // namespace
}  // namespace skerry::cli
