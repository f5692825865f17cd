#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/canned_coordinator.hpp"

namespace skerry::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const std::string kId = "0123456789abcdef0123456789abcdef";

std::string node(const std::string& id, const std::string& name, const std::string& more = "") {
    return R"({"id":")" + id + R"(","name":")" + name + R"(","state":"active","connected":true,"tier":"heavy",
      "enrolled_at":"2026-03-01T10:00:00Z","certificate_expires_at":"2026-05-30T10:00:00Z","last_seen":"2026-03-01T11:59:55Z",
      "version":12,"local_steps":3,"predictions":4000,"labelled":3900,"errors":312,"accuracy_recent":0.934,
      "answered":{"light":3000,"medium":750,"heavy":250},"latency_p50_us":{"light":11.8,"medium":52,"heavy":1310},
      "learning_rate":0.0125,"learning_reason":"hindsight: a larger rate would have won",
      "sequence_accepted":12,"sequence_counted":11)" +
           more + "}";
}

TEST(NodeList, IsOneRowANode) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/nodes", '[' + node(kId, "gateway") + ']');
    EXPECT_EQ(coordinator.run({"node", "list"}).out,
              "NAME     ID            STATE      TIER   VERSION  SEEN     LABELLED  ACCURACY\n"
              "gateway  0123456789ab  connected  heavy     12.3  5 s ago     3,900    93.4 %\n");
}

TEST(NodeList, HostileNamesReachNoTerminal) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/nodes",
                        '[' + node(kId, R"(\u001b]0;owned\u0007\u001b[2Jx\nroot \u202e\u009b1m)") + ']');
    Surroundings terminal;
    terminal.style.width = 200;
    const Ran people = coordinator.run({"node", "list"}, terminal);
    EXPECT_THAT(people.out, Not(HasSubstr("\x1b")));
    EXPECT_THAT(people.out, Not(HasSubstr("\u009b")));
    EXPECT_EQ(std::count(people.out.begin(), people.out.end(), '\n'), 2);
    const Ran program = coordinator.run({"node", "list", "--output", "json"});
    EXPECT_TRUE(is_one_document(program.out));
    for (const char sign : program.out)
        EXPECT_TRUE(sign == '\n' || (sign >= 0x20 && sign < 0x7f));
}

TEST(NodeShow, TellsLinkLearningUpdatesAndRefusals) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/nodes/gateway",
                        node(kId, "gateway", R"(,"updates":[],"refusals":[{"node":"x","name":"gateway","sequence":4,
        "code":"stale","text":"its base is 9 versions old","bytes":2048,"content":"ffeeddccbbaa99887766","at":"2026-03-01T11:00:00Z","round":3}])"));
    const Ran ran = coordinator.run({"node", "show", "gateway"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, HasSubstr("Last seen      2026-03-01 11:59:55 UTC (5 s ago)\n"));
    EXPECT_THAT(ran.out, HasSubstr("Certificate    expires 2026-05-30 10:00:00 UTC (in 89 d 22 h)\n"));
    EXPECT_THAT(ran.out, HasSubstr("Learning rate  0.0125 · hindsight: a larger rate would have won\n"));
    EXPECT_THAT(ran.out, HasSubstr("light      3,000  75.0 %   12 µs\n"));
    EXPECT_THAT(ran.out, HasSubstr("heavy        250   6.2 %  1.3 ms\n"));
    EXPECT_THAT(ran.out, HasSubstr("Last updates: none\n"));
    EXPECT_THAT(ran.out,
                HasSubstr("gateway    4  1 h ago  2.0 KiB  ffeeddccbbaa  stale  its base is 9 versions old\n"));
}

TEST(NodeShow, SaysWhichUpdateWillNeverCountAndWhy) {
    CannedCoordinator coordinator;
    const std::string update = R"({"node":"x","name":"gateway","staleness":0,"tier":"heavy","examples":100,
        "weight":6400,"bytes":2048,"content":"ffeeddccbbaa99887766")";
    coordinator.answers("GET /v1/nodes/gateway", node(kId, "gateway",
                                                      R"(,"refusals":[],"updates":[)" + update +
                                                          R"(,"sequence":7,"set_aside":"its node was revoked"},)" +
                                                          update + R"(,"sequence":6,"set_aside":null}])"));
    const Ran ran = coordinator.run({"node", "show", "gateway"});
    EXPECT_THAT(ran.out, HasSubstr("Update 7 of gateway will never count: its node was revoked\n"));
    EXPECT_THAT(ran.out, Not(HasSubstr("Update 6 of")));
}

TEST(NodeShow, TakesTheBeginningOfAnIdAsTheListShowsIt) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/nodes",
                        '[' + node(kId, "gateway") + ',' + node("0123ffff" + std::string(24, '0'), "other") + ']');
    coordinator.answers("GET /v1/nodes/" + kId, node(kId, "gateway"));
    EXPECT_THAT(coordinator.run({"node", "show", "0123456789ab"}).out, HasSubstr(kId));
    const Ran several = coordinator.run({"node", "show", "0123"});
    EXPECT_EQ(several.code, 7);
    EXPECT_THAT(several.err, HasSubstr("2 nodes have an id that begins with 0123"));
    const Ran none = coordinator.run({"node", "show", "beef"});
    EXPECT_EQ(none.code, 6);
    EXPECT_THAT(none.err, HasSubstr("'skerry node list'"));
}

TEST(NodeShow, ANameCannotLeaveItsPlaceInThePath) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/nodes/a b/../?x=#", node(kId, "odd"));
    EXPECT_EQ(coordinator.run({"node", "show", "a b/../?x=#"}).code, 0);
}

constexpr const char* kQuarantine =
    R"(,"quarantine":{"since":"2026-03-01T10:00:00Z","by":"outlier","reason":"its norm is odd","held":7})";

TEST(NodeList, SaysWhoIsInQuarantineSinceWhenByWhomAndWhy) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/nodes", '[' + node(kId, "gateway", kQuarantine) + ',' + node(kId, "other") + ']');
    const Ran ran = coordinator.run({"node", "list"});
    EXPECT_THAT(ran.out, HasSubstr("gateway is in quarantine since 2 h ago (outlier): its norm is odd\n"));
    EXPECT_THAT(ran.out, Not(HasSubstr("other is in")));
}

TEST(NodeShow, SaysWhatIsWrongWithTheNode) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/nodes/gateway",
                        node(kId, "gateway", R"(,"problem":"is doubted: look at its labels")"));
    EXPECT_THAT(coordinator.run({"node", "show", "gateway"}).out, HasSubstr("is doubted: look at its labels\n"));
}

TEST(NodeShow, SaysWhatIsHeldInQuarantine) {
    CannedCoordinator coordinator;
    const std::string held = R"({"node":"x","name":"gateway","sequence":7,"held":true,"set_aside":null})";
    coordinator.answers("GET /v1/nodes/gateway",
                        node(kId, "gateway", kQuarantine + (R"(,"refusals":[],"updates":[)" + held + ']')));
    const Ran ran = coordinator.run({"node", "show", "gateway"});
    EXPECT_THAT(ran.out, HasSubstr("since 2 h ago (outlier): its norm is odd\n"));
    EXPECT_THAT(ran.out, HasSubstr("update 7\n"));
    EXPECT_THAT(ran.out, HasSubstr("Update 7 of gateway is held"));
}

TEST(NodeQuarantine, KeepsTheReasonAndReleasesWithOrWithoutWhatIsHeld) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/nodes/gateway", node(kId, "gateway", kQuarantine));
    coordinator.answers("POST /v1/nodes/" + kId + "/quarantine", node(kId, "gateway"));
    coordinator.answers("POST /v1/nodes/" + kId + "/release", node(kId, "gateway"));
    EXPECT_EQ(coordinator.run({"node", "quarantine", "gateway"}).code, 2) << "it says no reason";
    const Ran held = coordinator.run({"node", "quarantine", "gateway", "--reason", "moved"});
    EXPECT_EQ(held.out, "in quarantine: node 'gateway' (0123456789ab)\n");
    EXPECT_THAT(coordinator.questions().back(), HasSubstr(R"(/quarantine {"reason":"moved"})"));
    const Ran kept = coordinator.run({"node", "release", "gateway"});
    EXPECT_THAT(kept.out, HasSubstr("its update 7 waits for the next round"));
    EXPECT_THAT(coordinator.questions().back(), HasSubstr(R"(/release {"discard":false})"));
    const Ran dropped = coordinator.run({"node", "release", "gateway", "--discard"});
    EXPECT_THAT(dropped.out, HasSubstr("its update 7 never counts"));
    EXPECT_THAT(coordinator.questions().back(), HasSubstr(R"(/release {"discard":true})"));
}

class NodeRevoke : public testing::Test {
protected:
    NodeRevoke() {
        coordinator.answers("GET /v1/nodes/gateway", node(kId, "gateway"));
        coordinator.answers("POST /v1/nodes/" + kId + "/revoke", node(kId, "gateway"));
    }
    [[nodiscard]] bool was_revoked() const { return coordinator.questions().size() > 1; }

    CannedCoordinator coordinator;
};

TEST_F(NodeRevoke, WithoutATerminalNeedsYes) {
    const Ran ran = coordinator.run({"node", "revoke", "gateway"});
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("--yes"));
    EXPECT_FALSE(was_revoked());
}

TEST_F(NodeRevoke, WithYesRevokesTheIdentityThatItLookedUp) {
    const Ran ran = coordinator.run({"node", "revoke", "gateway", "--reason", "stolen", "--yes"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out, "revoked node 'gateway' (0123456789ab, last seen 5 s ago)\n");
    EXPECT_THAT(coordinator.questions(),
                ElementsAre("GET /v1/nodes/gateway", "POST /v1/nodes/" + kId + R"(/revoke {"reason":"stolen"})"));
}

TEST_F(NodeRevoke, OnATerminalAsksAndTakesNothingButYForYes) {
    for (const auto& [typed, code] : {std::pair{"y\n", 0}, {"yes\n", 0}}) {
        std::istringstream answers(typed);
        Surroundings terminal;
        terminal.answers = &answers;
        const Ran ran = coordinator.run({"node", "revoke", "gateway"}, terminal);
        EXPECT_EQ(ran.code, code);
        EXPECT_THAT(coordinator.questions().back(), HasSubstr(R"({"reason":"no reason given"})"));
        EXPECT_THAT(ran.err, HasSubstr("Revoke node 'gateway'"));
    }
    const std::size_t before = coordinator.questions().size();
    for (const char* typed : {"n\n", "\n", "", "yup\n"}) {
        std::istringstream answers(typed);
        Surroundings terminal;
        terminal.answers = &answers;
        EXPECT_EQ(coordinator.run({"node", "revoke", "gateway"}, terminal).code, 1);
    }
    EXPECT_EQ(coordinator.questions().size(), before + 4);  // looked up four times, revoked never
}

TEST_F(NodeRevoke, ADryRunChangesNothing) {
    const Ran ran = coordinator.run({"node", "revoke", "gateway", "--yes", "--dry-run"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, HasSubstr("would revoke node 'gateway'"));
    EXPECT_FALSE(was_revoked());
}

TEST_F(NodeRevoke, OfARevokedNodeIsTheConflictThatTheApiNames) {
    coordinator.refuses("POST /v1/nodes/" + kId + "/revoke", 409, "conflict", "it is revoked already", "nothing to do");
    const Ran ran = coordinator.run({"node", "revoke", "gateway", "--yes", "--output", "json"});
    EXPECT_EQ(ran.code, 7);
    EXPECT_TRUE(is_one_document(ran.out));
}

}  // namespace
}  // namespace skerry::cli
