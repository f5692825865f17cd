#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/canned_coordinator.hpp"

namespace skerry::cli {
namespace {

using testing::HasSubstr;

TEST(Connection, WithoutACoordinatorEveryVerbSaysWhatToStart) {
    const TemporaryFolder folder;
    const std::string dir = folder.path().string();
    const std::vector<std::vector<std::string>> verbs{
        {"status"},        {"token", "create"},         {"token", "list"},
        {"node", "list"},  {"node", "show", "a"},       {"node", "revoke", "a", "--yes"},
        {"round", "list"}, {"round", "show", "1"},      {"round", "verify", "newest"},
        {"model", "list"}, {"model", "show", "newest"}, {"model", "export", "1", dir + "/m.skm"},
        {"errors", "list"}};
    for (auto words : verbs) {
        words.insert(words.end(), {"--dir", dir});
        const Ran ran = run(words);
        EXPECT_EQ(ran.code, 3) << words.front();
        EXPECT_EQ(ran.out, "") << words.front();
        EXPECT_EQ(ran.err, "error: no coordinator answers on " + dir +
                               "/admin.sock\nnext:  start it with 'skerry-coordinator run --dir " + dir +
                               "', or name its directory with --dir\n");
        words.insert(words.end(), {"--output", "json"});
        EXPECT_TRUE(is_one_document(run(words).out)) << words.front();
    }
}

TEST(Connection, TheSocketFileOfADeadProcessIsNoCoordinator) {
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "admin.sock").string();
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_GE(socket, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ::close(socket);
    EXPECT_EQ(run({"status", "--dir", folder.path().string()}).code, 3);
}

TEST(Connection, APathThatNoSocketCanHaveIsExplained) {
    const Ran ran = run({"status", "--dir", "/tmp/" + std::string(150, 'x')});
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("--dir ."));
}

TEST(Connection, ASilentCoordinatorIsATimeout) {
    CannedCoordinator coordinator;
    coordinator.stays_silent_on("GET /v1/status");
    const Ran ran = coordinator.run({"status", "--timeout", "50ms", "--output", "json"});
    EXPECT_EQ(ran.code, 5);
    EXPECT_TRUE(is_one_document(ran.out));
    EXPECT_THAT(ran.out, HasSubstr(R"("error_code":"timeout")"));
    EXPECT_THAT(ran.err, HasSubstr("--timeout 10m"));
}

TEST(Connection, EachErrorOfTheApiHasItsExitCodeAndKeepsItsWords) {
    struct Case {
        int status;
        const char* code;
        int exit;
    };
    for (const Case& expected :
         {Case{400, "invalid_input", 2}, Case{403, "permission_denied", 4}, Case{404, "not_found", 6},
          Case{409, "conflict", 7}, Case{503, "unavailable", 69}, Case{500, "internal", 70}}) {
        CannedCoordinator coordinator;
        coordinator.refuses("GET /v1/rounds/7", expected.status, expected.code, "it is \x1b[31mso", "do this");
        const Ran people = coordinator.run({"round", "show", "7"});
        EXPECT_EQ(people.code, expected.exit) << expected.code;
        EXPECT_EQ(people.out, "");
        EXPECT_EQ(people.err, "error: it is \uFFFD[31mso\nnext:  do this\n");
        const Ran program = coordinator.run({"round", "show", "7", "--output", "json"});
        EXPECT_EQ(program.code, expected.exit);
        EXPECT_EQ(program.out, R"({"schema_version":1,"status":"error","error_code":")" + std::string(expected.code) +
                                   R"(","message":"it is \u001b[31mso","hint":"do this"})" + "\n");
    }
}

TEST(Connection, AnErrorWithoutAHintStillSaysWhatToDo) {
    CannedCoordinator coordinator;
    const Ran ran = coordinator.run({"round", "show", "99"});
    EXPECT_EQ(ran.code, 6);
    EXPECT_EQ(ran.err, "error: there is no /v1/rounds/99\nnext:  'skerry round list' shows those that exist\n");
}

TEST(Connection, RefusalsOfTheHttpServerItselfAreUnderstood) {
    CannedCoordinator coordinator;
    coordinator.answers_with("GET /v1/status", 503, R"({"error":"too many connections"})");
    const Ran ran = coordinator.run({"status"});
    EXPECT_EQ(ran.code, 69);
    EXPECT_THAT(ran.err, HasSubstr("error: too many connections\nnext:  try again"));
}

TEST(Connection, AnAnswerThatIsNoEnvelopeIsABugAndStillOneDocument) {
    for (const char* body :
         {"", "<html>", "[]", "{\"status\":\"ok\"}", "{\"schema_version\":2,\"status\":\"ok\",\"data\":{}}",
          "{\"schema_version\":1,\"status\":\"ok\",\"data\":{}} {}"}) {
        CannedCoordinator coordinator;
        coordinator.answers_with("GET /v1/status", 200, body);
        const Ran ran = coordinator.run({"status", "--output", "json"});
        EXPECT_EQ(ran.code, 70) << body;
        EXPECT_TRUE(is_one_document(ran.out)) << body << ran.out;
        EXPECT_THAT(ran.err, HasSubstr("\nnext:  ")) << body;
    }
}

TEST(Connection, DirMayStandBeforeOrAfterTheVerb) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/nodes", "[]");
    const std::string dir = coordinator.folder().string();
    EXPECT_EQ(run({"--dir", dir, "node", "list"}).out, "no nodes\n");
    EXPECT_EQ(run({"node", "--dir", dir, "list"}).out, "no nodes\n");
    EXPECT_EQ(run({"node", "list", "--dir", dir, "--output", "table"}).out, "no nodes\n");
}

}  // namespace
}  // namespace skerry::cli
