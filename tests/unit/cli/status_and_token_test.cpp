#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/canned_coordinator.hpp"

namespace skerry::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kStatus = R"({"federation":"0123456789abcdef0123456789abcdef","name":"workshop",
 "model":{"name":"digits","identity":"aa","modality":"image","classes":["0","1","2","3","4","5","6","7","8","9"],
          "parameters":{"light":2410,"medium":18002,"heavy":61834}},
 "version":12,"published_at":"2026-03-01T11:59:26Z",
 "round":{"id":13,"state":"open","accepted":3,"goal":5,"quorum":2,"opened_at":"2026-03-01T11:59:48Z","deadline":"2026-03-01T12:04:48Z"},
 "nodes":{"enrolled":5,"connected":4,"revoked":1},"updates":{"accepted":61,"counted":58,"refused":2},
 "endpoints":{"fleet":"tcp://127.0.0.1:7001","enrol":"tcp://127.0.0.1:7002"},
 "started_at":"2026-03-01T10:57:00Z","resident_bytes":24222105,"software":"skerry-coordinator 0.1.0"})";

TEST(Status, FitsOnOneScreen) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/status", kStatus);
    const Ran ran = coordinator.run({"status"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.err, "");
    EXPECT_EQ(ran.out,
              "Federation   workshop · 0123456789ab\n"
              "Model        digits · image, 10 classes\n"
              "Parameters   light 2,410, medium 18,002, heavy 61,834\n"
              "Version      12, published 34 s ago\n"
              "Round        13 open · 3 of 5 updates (quorum 2), opened 12 s ago\n"
              "Deadline     in 4 min 48 s\n"
              "Nodes        5 enrolled, 4 connected, 1 revoked\n"
              "Updates      61 accepted, 58 counted, 2 refused\n"
              "Fleet        tcp://127.0.0.1:7001\n"
              "Enrolment    tcp://127.0.0.1:7002\n"
              "Coordinator  skerry-coordinator 0.1.0 · 23 MiB resident, started 1 h 3 min ago\n");
}

TEST(Status, ForProgramsIsExactlyTheEnvelope) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/status", R"({"version":12,"round":null,"more":[1,2.5,"x"]})");
    const Ran ran = coordinator.run({"status", "--output", "json"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(
        ran.out,
        "{\"schema_version\":1,\"status\":\"ok\",\"data\":{\"version\":12,\"round\":null,\"more\":[1,2.5,\"x\"]}}\n");
    EXPECT_EQ(ran.err, "");
}

TEST(Status, OfAnEmptyFederationSaysWhatComesNext) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/status",
                        R"({"version":1,"round":null,"nodes":{"enrolled":0,"connected":0,"revoked":0}})");
    const Ran ran = coordinator.run({"status"});
    EXPECT_THAT(ran.out, HasSubstr("idle"));
    EXPECT_THAT(ran.err, HasSubstr("skerry token create"));
}

TEST(Status, InAsciiHasNothingElse) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/status", kStatus);
    const Ran ran = coordinator.run({"status", "--ascii"});
    for (const char sign : ran.out)
        EXPECT_LT(static_cast<unsigned char>(sign), 0x80);
    EXPECT_THAT(ran.out, HasSubstr("workshop - 0123456789ab"));
}

constexpr const char* kToken =
    R"({"id":"a1b2c3d4e5f6","token":"sk1.secret_Token-1","expires_at":"2026-03-01T13:00:00Z","uses":1,"tier":"heavy","note":""})";

TEST(TokenCreate, PrintsTheTokenAloneAndNamesTheNextCommandWithoutIt) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/tokens", kToken);
    const Ran ran = coordinator.run({"token", "create"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out, "sk1.secret_Token-1\n");
    EXPECT_THAT(ran.err, HasSubstr("skerry-node join --dir /var/lib/skerry/node --token TOKEN"));
    EXPECT_THAT(ran.err, HasSubstr("expires in 1 h"));
    EXPECT_THAT(ran.err, Not(HasSubstr("secret_Token")));
    EXPECT_THAT(coordinator.questions(),
                testing::ElementsAre(R"(POST /v1/tokens {"ttl_s":3600,"uses":1,"tier":"heavy","note":""})"));
}

TEST(TokenCreate, SendsWhatWasAsked) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/tokens", kToken);
    const Ran ran = coordinator.run({"token", "create", "--ttl", "2d", "--uses", "50", "--tier", "light", "--note",
                                     "hall \"3\"", "--output", "json"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_TRUE(is_one_document(ran.out));
    EXPECT_THAT(
        coordinator.questions(),
        testing::ElementsAre(R"(POST /v1/tokens {"ttl_s":172800,"uses":50,"tier":"light","note":"hall \"3\""})"));
}

TEST(TokenCreate, NeverTakesAnythingElseForAToken) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/tokens", R"({"id":"a1"})");
    const Ran ran = coordinator.run({"token", "create"});
    EXPECT_EQ(ran.code, 70);
    EXPECT_EQ(ran.out, "");
}

TEST(TokenList, ShowsWhatIsLeftOfEach) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/tokens", R"([{"id":"a1b2c3d4e5f6","created_at":"2026-03-01T11:00:00Z",
        "expires_at":"2026-03-01T12:34:00Z","uses_left":3,"tier":"heavy","note":"hall\u001b[31m 3","state":"usable"}])");
    EXPECT_EQ(coordinator.run({"token", "list"}).out,
              "ID            STATE   USES LEFT  TIER   EXPIRES    CREATED  NOTE\n"
              "a1b2c3d4e5f6  usable          3  heavy  in 34 min  1 h ago  hall\uFFFD[31m 3\n");
}

}  // namespace
}  // namespace skerry::cli
