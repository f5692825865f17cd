#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/canned_coordinator.hpp"

namespace skerry::cli {
namespace {

using testing::HasSubstr;

const std::string kDriftId = "0123456789abcdef0123456789abcdef";
const std::string kAlarm = R"("id":41,"node":")" + kDriftId + R"(","name":"gateway","number":3,"class":7,
    "class_name":"seven","detector":"page_hinkley","before":0.04,"after":0.61,"trigger":120,"version":"7.3",
    "raised_at":"2026-03-01T11:56:00Z","recorded_at":"2026-03-01T11:57:00Z","missed":2,"early_round":9)";

TEST(DriftList, ShowsWhereAndOfWhichClassErrorsRose) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/drift?limit=20", R"({"drift_until":"2026-03-01T12:02:00Z","early_on_drift":true,
        "alarms":[{)" + kAlarm + R"(},{"id":40,"name":"door","class":null,"class_name":null,"detector":"adwin",
        "before":0.1,"after":0.35,"version":"6.1","recorded_at":"2026-03-01T11:50:00Z","early_round":null}]})");
    const Ran ran = coordinator.run({"drift", "list"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out,
              "The fleet is in drift until 2026-03-01 12:02:00 UTC (in 2 min)\n"
              "ID  WHEN        NODE     CLASS      ERRORS           DETECTOR      VERSION  EARLY ROUND\n"
              "41  3 min ago   gateway  7 (seven)  4.0 % → 61.0 %   page_hinkley      7.3            9\n"
              "40  10 min ago  door     all        10.0 % → 35.0 %  adwin             6.1            —\n");
}

TEST(DriftList, AsksForWhatIsWanted) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/nodes/gateway", R"({"id":")" + kDriftId + R"("})");
    coordinator.answers("GET /v1/drift?limit=5&node=" + kDriftId + "&since_s=86400",
                        R"({"drift_until":null,"early_on_drift":true,"alarms":[]})");
    const Ran ran = coordinator.run({"drift", "list", "--node", "gateway", "--since", "24h", "--limit", "5"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out, "no drift alarms\n");
}

TEST(DriftShow, TellsWhatAnAlarmHasCausedAndWhenThatEnded) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/drift/41", "{" + kAlarm + R"(,"round":{"id":9,"state":"published","version":10,
        "ended_at":"2026-03-01T11:57:20Z"}})");
    const Ran ran = coordinator.run({"drift", "show", "41"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out,
              "Alarm     41, number 3 of its node\n"
              "Node      gateway (0123456789abcdef0123456789abcdef)\n"
              "Class     7 (seven)\n"
              "Errors    4.0 % → 61.0 %\n"
              "Detector  page_hinkley, at its trigger 120\n"
              "Serving   7.3\n"
              "Recorded  2026-03-01 11:57:00 UTC (3 min ago)\n"
              "Raised    2026-03-01 11:56:00 UTC (4 min ago), by the node's clock\n"
              "Missed    2 alarms of the node before it are not on record\n"
              "Caused    early round 9, published\n"
              "Ended     2026-03-01 11:57:20 UTC (2 min 40 s ago), 20 s after the alarm, with version 10\n");
}

TEST(DriftShow, OfAnAlarmThatHastenedNothingSaysWhy) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/drift/40", R"({"id":40,"name":"door","early_round":null,"round":null})");
    EXPECT_THAT(coordinator.run({"drift", "show", "40"}).out, HasSubstr("Caused    nothing: "));
    EXPECT_EQ(coordinator.run({"drift", "show"}).code, 2);
}

TEST(RoundShow, OfAnEarlyRoundNamesTheNodeThatDrifts) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/rounds/9", R"({"id":9,"state":"published","early":41,"early_alarm":{)" + kAlarm +
                                                R"(},"contributors":[],"refusals":[]})");
    EXPECT_THAT(coordinator.run({"round", "show", "9"}).out,
                HasSubstr("Early     drift on gateway: 'skerry drift show 41' tells more\n"));
}

}  // namespace
}  // namespace skerry::cli
