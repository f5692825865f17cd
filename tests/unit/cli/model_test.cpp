#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/cli/canned_coordinator.hpp"

namespace skerry::cli {
namespace {

using testing::HasSubstr;

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t files_in(const std::filesystem::path& folder) {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator{}));
}

constexpr const char* kModel = R"({"version":8,"parent":7,"round":7,"published_at":"2026-03-01T11:57:13Z","updates":2,
  "sum":"0011223344556677","contributors_digest":"8899aabbccddeeff",
  "digests":{"light":"111111111111ff","medium":"222222222222ff","heavy":"333333333333ff"},
  "values":{"light":2410,"medium":18002,"heavy":61834},"stored":true})";

TEST(ModelList, IsOneRowAVersion) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/models?limit=20", std::string("[") + kModel + ']');
    EXPECT_EQ(coordinator.run({"model", "list"}).out,
              "VERSION  PARENT  ROUND  PUBLISHED       UPDATES  VALUES  SHA-256       STATE      STORED\n"
              "      8       7      7  2 min 47 s ago        2  61,834  333333333333  published  yes\n");
}

TEST(ModelList, SaysWhoseWeightsAreBack) {
    std::string model = kModel;
    model.insert(model.size() - 1, R"(,"restores":5)");
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/models?limit=20", '[' + model + ']');
    EXPECT_THAT(coordinator.run({"model", "list"}).out, HasSubstr("      8       7    = 5  "));
}

TEST(ModelShow, TellsWhatNodesMayFetchItAsAndWhatThatCosts) {
    std::string model = kModel;
    model.insert(model.size() - 1,
                 R"(,"encodings":[{"precision":"fp8","bytes":{"light":900,"medium":9000,"heavy":62000},
      "digests":{"light":"aa","medium":"bb","heavy":"444444444444ff"},"error":{"light":0.01,"medium":0.02,"heavy":0.031}}])");
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/models/8", model);
    const Ran ran = coordinator.run({"model", "show", "8"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, HasSubstr("PUSHED AS   BYTES  LARGEST ERROR  SHA-256\n"
                                   "fp8        61 KiB          3.1 %  444444444444\n"));
}

TEST(ModelShow, TellsWhatEachCanaryOfAVersionOnTrialHasSeen) {
    std::string model = kModel;
    model.insert(model.size() - 1,
                 R"(,"on_trial":{"version":8,"against":7,"deadline":"2026-03-01T12:57:13Z","canaries":[
      {"name":"porch","samples":300,"better":4,"worse":21,"cheaper":9,"dearer":8,"refused":false},
      {"name":"attic","samples":0,"better":0,"worse":0,"cheaper":0,"dearer":0,"refused":true}]})");
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/models/8", model);
    const std::string out = coordinator.run({"model", "show", "8"}).out;
    EXPECT_THAT(out, HasSubstr("against version 7, until "));
    EXPECT_THAT(out, HasSubstr("CANARY        SAMPLES  BETTER  WORSE  CHEAPER  DEARER\n"
                               "porch             300       4     21        9       8\n"
                               "attic   cannot use it       —      —        —       —\n"));
    coordinator.answers("GET /v1/models?limit=20", '[' + model + ']');
    EXPECT_THAT(coordinator.run({"model", "list"}).out, HasSubstr("  on trial  yes"));
}

TEST(ModelShow, TellsHowATrialEnded) {
    std::string model = kModel;
    model.insert(model.size() - 1,
                 R"(,"trial":{"outcome":"withdrawn","reason":"its answers are worse","canaries":3,
      "ended_at":"2026-03-01T11:57:13Z"})");
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/models/8", model);
    EXPECT_THAT(coordinator.run({"model", "show", "8"}).out,
                HasSubstr("withdrawn 2 min 47 s ago with 3 canaries: its answers are worse"));
}

TEST(ModelPromote, EndsATrial) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/models/promote", R"({"version":9})");
    const Ran ran = coordinator.run({"model", "promote", "--reason", "looked at it"});
    EXPECT_EQ(ran.out, "version 9 is on trial no more: all nodes get it\n");
    EXPECT_NE(coordinator.run({"model", "promote"}).code, 0) << "the ledger keeps why";
}

TEST(ModelShow, OfTheNewestAsksWhichThatIs) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/status", R"({"version":8})");
    coordinator.answers("GET /v1/models/8", kModel);
    const Ran ran = coordinator.run({"model", "show", "newest"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, HasSubstr("Origin        round 7, from version 7\n"));
    EXPECT_THAT(ran.out, HasSubstr("light    2,410  9.4 KiB  111111111111\n"));
    EXPECT_THAT(ran.out, HasSubstr("Counted: none\n"));
}

TEST(ModelShow, TellsOfARollbackAndAPin) {
    std::string model = kModel;
    model.insert(
        model.size() - 1,
        R"(,"restores":5,"reason":"it confuses 4 and 9","pinned":{"since":"2026-03-01T11:57:13Z","reason":"demo"})");
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/models/8", model);
    const Ran ran = coordinator.run({"model", "show", "8"});
    EXPECT_THAT(ran.out, HasSubstr("Origin        the weights of version 5 again: it confuses 4 and 9\n"));
    EXPECT_THAT(ran.out, HasSubstr("Pinned        since "));
}

TEST(ModelRollback, SaysWhatIsNewestNowAndWhatComesNext) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/models/5/rollback", R"({"version":9,"restores":5,"pinned":null})");
    const Ran ran = coordinator.run({"model", "rollback", "5", "--reason", "it confuses 4 and 9"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out, "version 9 has the weights of version 5 again\n");
    EXPECT_THAT(ran.err, HasSubstr("skerry node quarantine"));
    EXPECT_NE(coordinator.run({"model", "rollback", "5"}).code, 0) << "the ledger keeps why";
}

TEST(ModelRollback, TakesBackTheDeeperTiersAlone) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/models/5/rollback",
                        R"({"version":9,"restores":5,"restores_from":"heavy","pinned":null})");
    const Ran ran = coordinator.run({"model", "rollback", "5", "--tier", "heavy", "--reason", "heavy is overfit"});
    EXPECT_EQ(ran.out, "version 9 has the weights of version 5 from heavy on again\n");
    EXPECT_EQ(coordinator.run({"model", "rollback", "5", "--tier", "huge", "--reason", "no"}).code, 2);
}

TEST(ModelPin, AndUnpinSayWhatHappensToRounds) {
    CannedCoordinator coordinator;
    coordinator.answers("POST /v1/models/pin",
                        R"({"version":9,"pinned":{"since":"2026-03-01T11:57:13Z","reason":"demo"}})");
    coordinator.answers("POST /v1/models/unpin", R"({"version":9,"pinned":null})");
    const Ran pinned = coordinator.run({"model", "pin", "--reason", "demo"});
    EXPECT_EQ(pinned.out, "version 9 is pinned\n");
    EXPECT_THAT(pinned.err, HasSubstr("no round closes until 'skerry model unpin'"));
    EXPECT_EQ(coordinator.run({"model", "unpin"}).out, "version 9 is pinned no more: rounds close again\n");
}

class ModelExport : public testing::Test {
protected:
    ModelExport() {
        coordinator.answers("GET /v1/status", R"({"version":8})");
        coordinator.answers_with("GET /v1/models/8/export?precision=fp32&tier=heavy", 200, bytes,
                                 "application/octet-stream");
    }

    const std::string bytes = std::string("SKRM\0\xff\n", 7);
    CannedCoordinator coordinator;
    TemporaryFolder folder;
    const std::string file = (folder.path() / "m.skm").string();
};

TEST_F(ModelExport, WritesTheBytesAsTheyCame) {
    const Ran ran = coordinator.run({"model", "export", "newest", "--file", file});
    EXPECT_EQ(ran.code, 0);
    EXPECT_EQ(ran.out, "version 8 (heavy, fp32, 7 B) is in " + file + "\n");
    EXPECT_THAT(ran.err, HasSubstr("skerry-node evaluate --model " + file));
    EXPECT_EQ(content_of(file), bytes);
    EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST_F(ModelExport, TakesTheFileAsAWordAndAnswersProgramsInOneDocument) {
    const Ran ran = coordinator.run({"model", "export", "8", file, "--output", "json"});
    EXPECT_EQ(ran.code, 0);
    EXPECT_TRUE(is_one_document(ran.out));
    EXPECT_THAT(ran.out, HasSubstr(R"("version":8,"tier":"heavy","precision":"fp32","file":")" + file +
                                   R"(","bytes":7,"sha256":")"));
    EXPECT_EQ(ran.err, "");
}

TEST_F(ModelExport, ReplacesAFileOnlyByForce) {
    std::ofstream(file) << "mine";
    const Ran refused = coordinator.run({"model", "export", "8", file});
    EXPECT_EQ(refused.code, 7);
    EXPECT_THAT(refused.err, HasSubstr("--force"));
    EXPECT_EQ(content_of(file), "mine");
    EXPECT_TRUE(coordinator.questions().empty());
    EXPECT_EQ(coordinator.run({"model", "export", "8", file, "--force"}).code, 0);
    EXPECT_EQ(content_of(file), bytes);
    EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST_F(ModelExport, LeavesNothingBehindWhenTheCoordinatorRefuses) {
    const Ran ran = coordinator.run({"model", "export", "9", file, "--output", "json"});
    EXPECT_EQ(ran.code, 6);
    EXPECT_TRUE(is_one_document(ran.out));
    EXPECT_EQ(files_in(folder.path()), 0U);
}

TEST_F(ModelExport, AsksForAPrecision) {
    coordinator.answers_with("GET /v1/models/8/export?precision=fp8,light.0=fp16&tier=heavy", 200, bytes,
                             "application/octet-stream");
    const Ran ran = coordinator.run({"model", "export", "8", file, "--precision", "fp8,light.0=fp16"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("version 8 (heavy, fp8,light.0=fp16, 7 B)"));
}

TEST_F(ModelExport, TakesNoEnvelopeForAModel) {
    coordinator.answers("GET /v1/models/8/export?precision=fp32&tier=light", "{}");
    EXPECT_EQ(coordinator.run({"model", "export", "8", file, "--tier", "light"}).code, 70);
    EXPECT_EQ(files_in(folder.path()), 0U);
}

TEST_F(ModelExport, IntoAMissingFolderSaysSo) {
    const Ran ran = coordinator.run({"model", "export", "8", (folder.path() / "no" / "m.skm").string()});
    EXPECT_EQ(ran.code, 6);
    EXPECT_THAT(ran.err, HasSubstr("next:  see that the folder"));
}

TEST(ModelExportOfNothing, SaysThatThereIsNoVersionYet) {
    CannedCoordinator coordinator;
    coordinator.answers("GET /v1/status", R"({"version":0})");
    EXPECT_EQ(coordinator.run({"model", "export", "newest", "m.skm"}).code, 6);
}

}  // namespace
}  // namespace skerry::cli
