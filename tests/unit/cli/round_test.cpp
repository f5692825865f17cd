#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/canned_coordinator.hpp"

namespace skerry::cli {
namespace {

using testing::HasSubstr;

constexpr const char* kRoundFields =
    R"("id":7,"state":"published","opened_at":"2026-03-01T11:57:00Z","deadline":"2026-03-01T12:02:00Z",
  "goal":2,"quorum":2,"rule":"norm_bound, mean","optimiser":"none","accepted":2,"frozen_at":"2026-03-01T11:57:12Z","ended_at":"2026-03-01T11:57:13Z","version":8,"parent":7,
  "updates":2,"weight":64000,"sum":"00112233445566778899aabbccddeeff","reason":"")";

constexpr const char* kLists = R"("contributors":[
  {"node":"aa","name":"node-0","sequence":12,"lease":"l","base":7,"staleness":0,"tier":"heavy","examples":750,"weight":48000,
   "bytes":246784,"content":"abcdefabcdefabcdef","norm":1.5,"labelled":1,"errors":0,"accepted_at":"2026-03-01T11:57:00Z","round":7,"version":8},
  {"node":"bb","name":"node-1","sequence":3,"lease":"l","base":6,"staleness":1,"tier":"light","examples":500,"weight":16000,
   "bytes":10240,"content":"123456123456123456","norm":1.5,"labelled":1,"errors":0,"accepted_at":"2026-03-01T11:57:12Z","round":7,"version":8}],
  "refusals":[{"node":"cc","name":"node-2","sequence":9,"code":"not_finite","text":"value 17 is not finite","bytes":2048,
   "content":"fedcbafedcbafedcba","at":"2026-03-01T11:57:05Z","round":7}])";

TEST(RoundShow, NamesWhoWasCountedAndWhoWasRefusedAndWhy) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/rounds/7", std::string("{") + kRoundFields + ',' + kLists + '}');
    const Ran ran = coordinator.run({"round", "show", "7"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(ran.out,
              "Round     7\n"
              "State     published\n"
              "Opened    2026-03-01 11:57:00 UTC (3 min ago)\n"
              "Deadline  2026-03-01 12:02:00 UTC (in 2 min)\n"
              "Frozen    2026-03-01 11:57:12 UTC (2 min 48 s ago)\n"
              "Ended     2026-03-01 11:57:13 UTC (2 min 47 s ago), after 13 s\n"
              "Updates   2 accepted; goal 2, quorum 2\n"
              "Rule      norm_bound, mean; optimiser none\n"
              "Version   8, from 7\n"
              "Counted   2 updates, weight 64,000\n"
              "Sum       00112233445566778899aabbccddeeff\n"
              "\n"
              "Counted: 2\n"
              "NODE    SEQ  TIER   AGE       EXAMPLES  WEIGHT   SHARE    BYTES  HASH\n"
              "node-0   12  heavy  fresh          750  48,000  75.0 %  241 KiB  abcdefabcdef\n"
              "node-1    3  light  1 behind       500  16,000  25.0 %   10 KiB  123456123456\n"
              "\n"
              "Refused: 1\n"
              "NODE    SEQ  WHEN              BYTES  HASH          CODE        WHY\n"
              "node-2    9  2 min 55 s ago  2.0 KiB  fedcbafedcba  not_finite  value 17 is not finite\n");
}

TEST(RoundShow, OfAnAbandonedRoundSaysWhy) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/rounds?limit=1", R"([{"id":3}])");
    coordinator.answers("GET /v1/rounds/3", R"({"id":3,"state":"abandoned","opened_at":"2026-03-01T11:50:00Z",
        "ended_at":"2026-03-01T11:55:00Z","accepted":1,"goal":5,"quorum":2,"reason":"1 of 2 updates at the deadline",
        "contributors":[],"refusals":[]})");
    const Ran ran = coordinator.run({"round", "show", "newest"});
    EXPECT_THAT(ran.out, HasSubstr("Reason    1 of 2 updates at the deadline\n"));
    EXPECT_THAT(ran.out, HasSubstr("Accepted, waiting for the next round: none\n"));
    EXPECT_THAT(ran.out, HasSubstr("Refused: none\n"));
}

TEST(RoundShow, SaysWhichUpdatesAreErasedAndWhy) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/rounds/7",
                        std::string("{") + kRoundFields + ',' + kLists +
                            R"(,"erased_at":"2026-03-01T11:59:00Z","erased_by":"limits.updates_kept"})");
    EXPECT_THAT(coordinator.run({"round", "show", "7"}).out,
                HasSubstr("Erased    its updates, 251 KiB, 2026-03-01 11:59:00 UTC (1 min ago), as limits.updates_kept "
                          "says: it cannot be recomputed\n"));
}

TEST(RoundShow, OfTheNewestWhenThereIsNone) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/rounds?limit=1", "[]");
    EXPECT_EQ(coordinator.run({"round", "show", "newest"}).code, 6);
}

TEST(RoundWhy, SaysInSentencesWhyItClosedAndWhatBecameOfEachUpdate) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/rounds/7/why",
                        R"({"round":7,"state":"published","course":["It closed.","Version 8 came of it."],
        "counted":["update 12 of porch: 75.0 % (weight 48000)."],"refused":[],"set_aside":[],
        "left_over":["update 3 of door: still waits\u001b[0m"]})");
    const Ran ran = coordinator.run({"round", "why", "7"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out,
              "Round 7: published\n"
              "It closed.\n"
              "Version 8 came of it.\n"
              "\n"
              "Counted: 1\n"
              "update 12 of porch: 75.0 % (weight 48000).\n"
              "\n"
              "Left over for the rounds after it: 1\n"
              "update 3 of door: still waits\uFFFD[0m\n");
}

TEST(RoundList, IsNewestFirstAndAsLongAsAsked) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/rounds?limit=20",
                        std::string(R"([{"id":8,"state":"open","opened_at":"2026-03-01T11:59:00Z","accepted":1},{)") +
                            kRoundFields + "}]");
    EXPECT_EQ(coordinator.run({"round", "list"}).out,
              "ROUND  STATE      OPENED     LASTED  UPDATES  WEIGHT  VERSION  SUM\n"
              "    8  open       1 min ago       —        1       —        —  —\n"
              "    7  published  3 min ago    13 s        2  64,000        8  001122334455\n");
    (void)coordinator.run({"round", "list", "--limit", "100000"});
    EXPECT_EQ(coordinator.questions().back(), "GET /v1/rounds?limit=100000");
}

std::string verification(bool intact) {
    return std::string(R"({"round":7,"version":8,"updates":2,"sum":"aaaaaaaaaaaaaaaa","sum_recomputed":")") +
           (intact ? "aaaaaaaaaaaaaaaa" : "bbbbbbbbbbbbbbbb") +
           R"(","weights":"cccccccccccccccc","weights_recomputed":"cccccccccccccccc","signatures_good":true,"intact":)" +
           (intact ? R"(true,"problems":[]})" : R"(false,"problems":["the sum differs\u001b[0m"]})");
}

TEST(RoundVerify, AnIntactRoundIsAYes) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/rounds/7/verify", verification(true));
    const Ran ran = coordinator.run({"round", "verify", "7"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out,
              "Round 7: intact\n"
              "Version     8\n"
              "Updates     2 recomputed\n"
              "Sum         aaaaaaaaaaaa, the same\n"
              "Weights     cccccccccccc, the same\n"
              "Signatures  all good\n");
}

TEST(RoundVerify, ADifferenceIsANoWithItsProblems) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/rounds/7/verify", verification(false));
    const Ran ran = coordinator.run({"round", "verify", "7"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, HasSubstr("Round 7: DIFFERENT\n"));
    EXPECT_THAT(ran.out, HasSubstr("aaaaaaaaaaaa published ≠ bbbbbbbbbbbb recomputed\n"));
    EXPECT_THAT(ran.out, HasSubstr("problem: the sum differs\uFFFD[0m\n"));
    EXPECT_THAT(ran.err, HasSubstr("next:  "));
    const Ran program = coordinator.run({"round", "verify", "7", "--output", "json"});
    EXPECT_EQ(program.code, 1);
    EXPECT_TRUE(is_one_document(program.out));
    EXPECT_THAT(program.out, HasSubstr(R"("status":"ok")"));
}

}  // namespace
}  // namespace skerry::cli
