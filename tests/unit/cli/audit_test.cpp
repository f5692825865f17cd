#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/canned_coordinator.hpp"

namespace skerry::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string findings(bool clean) {
    return std::string(R"({"entries":1234,"head":"00ff","updates":300,"versions":20,"blobs":120,"strays":0,"clean":)") +
           (clean ? R"(true,"problems":[],"more_problems":0,"notes":["2 strays: harmless"]})"
                  : R"(false,"problems":["update 3 is missing\u001b[0m"],"more_problems":7,"notes":[]})");
}

TEST(Fsck, OfASoundHistoryIsAYesWithWhatWasLookedAt) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/fsck", findings(true));
    const Ran ran = coordinator.run({"fsck"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out,
              "History and blobs: clean\n"
              "Journal   1,234 entries, up to 1234:00ff\n"
              "Receipts  300 checked, of all accepted updates\n"
              "Versions  20 checked, with who was counted in each\n"
              "Blobs     120 read, all that the history needs\n"
              "note: 2 strays: harmless\n");
}

TEST(Fsck, OfAnotherIsANoWithEachProblem) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/fsck", findings(false));
    const Ran ran = coordinator.run({"fsck"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, HasSubstr("History and blobs: NOT clean\n"));
    EXPECT_THAT(ran.out, HasSubstr("problem: update 3 is missing\uFFFD[0m\nproblem: and 7 more\n"));
    EXPECT_THAT(ran.err, HasSubstr("next:  "));
    const Ran program = coordinator.run({"fsck", "--output", "json"});
    EXPECT_EQ(program.code, 1);
    EXPECT_TRUE(is_one_document(program.out));
}

TEST(AuditVerify, ShowsTheHeadToNote) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/audit/verify", R"({"entries":1234,"head":"00ff","whole":true,"problem":null,
        "noted":null,"agrees":null,"difference":null})");
    const Ran ran = coordinator.run({"audit", "verify"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out,
              "Journal: whole\n"
              "Entries  1,234 proven, from the first\n"
              "Head     1234:00ff\n");
    EXPECT_THAT(ran.err, HasSubstr("--head N:HASH"));
}

TEST(AuditVerify, SaysWhetherWhatWasNotedIsStillTheBeginning) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/audit/verify", R"({"entries":1234,"head":"00ff","whole":true,"problem":null,
        "noted":"12:aa","agrees":false,"difference":"the history was rewritten"})");
    const Ran ran = coordinator.run({"audit", "verify", "--head", "12:aa"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(coordinator.questions().back(), R"(POST /v1/audit/verify {"head":"12:aa"})");
    EXPECT_THAT(ran.out, HasSubstr("Noted    is NOT what stood there\n"));
    EXPECT_THAT(ran.out, HasSubstr("problem: the history was rewritten\n"));
}

TEST(AuditVerify, OfABrokenChainIsANo) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/audit/verify", R"({"entries":3,"head":"00ff","whole":false,
        "problem":"journal entry 4 is missing or was changed","noted":null,"agrees":null,"difference":null})");
    const Ran ran = coordinator.run({"audit", "verify"});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.out, HasSubstr("Journal: BROKEN\n"));
    EXPECT_THAT(ran.out, HasSubstr("problem: journal entry 4"));
    EXPECT_THAT(ran.err, Not(HasSubstr("Note the head")));
}

TEST(AuditList, ShowsASentenceAnEntry) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/nodes/porch", R"({"id":"0123"})");
    coordinator.answers("GET /v1/audit?kind=update_refused&limit=2&node=0123&round=7&since_s=3600",
                        R"([{"entry":41,"at":"2026-03-01T11:57:00Z","kind":"update_refused","name":"porch",
                             "text":"update 9 of porch was refused (norm): too long"}])");
    const Ran ran = coordinator.run({"audit", "list", "--limit", "2", "--kind", "update_refused", "--node", "porch",
                                     "--round", "7", "--since", "1h"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out,
              "ENTRY  WHEN       KIND            WHAT\n"
              "   41  3 min ago  update_refused  update 9 of porch was refused (norm): too long\n");
}

TEST(AuditList, OfNothingSaysSo) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/audit?limit=20", "[]");
    EXPECT_THAT(coordinator.run({"audit", "list"}).out, HasSubstr("no such entries\n"));
}

}  // namespace
}  // namespace skerry::cli
