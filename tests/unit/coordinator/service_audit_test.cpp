#include <gmock/gmock.h>

#include "tests/unit/coordinator/lived_fixture.hpp"

// What 'skerry audit' asks of a running coordinator.
namespace skerry::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(LivedTest, ListsTheJournalsNewestEntriesAndThoseThatAreAskedFor) {
    live_a_little();
    start();
    const json all = data("GET", "/v1/audit?limit=1000");
    EXPECT_EQ(all.back()["kind"], "federation_created");
    EXPECT_THAT(all.back()["text"].get<std::string>(), HasSubstr("federation 'orchard' was made"));
    EXPECT_EQ(all.front()["entry"], all.size());
    EXPECT_THAT(data("GET", "/v1/audit?limit=2"), SizeIs(2));
    const json joined = data("GET", "/v1/audit?kind=node_enrolled&node=second");
    ASSERT_THAT(joined, SizeIs(1));
    EXPECT_EQ(joined[0]["name"], "second");
    EXPECT_THAT(joined[0]["text"].get<std::string>(), HasSubstr("second joined as heavy"));
    EXPECT_EQ(data("GET", "/v1/audit?round=1&kind=version_published")[0]["version"], 2);
    EXPECT_THAT(data("GET", "/v1/audit?since_s=3600&limit=1000"), SizeIs(all.size()));
    const auto unknown = call("GET", "/v1/audit?kind=gossip");
    EXPECT_EQ(unknown.status, 400);
    EXPECT_THAT(unknown.body, HasSubstr("update_refused")) << "it says which there are";
    EXPECT_EQ(call("GET", "/v1/audit?node=nobody").status, 404);
    EXPECT_EQ(call("GET", "/v1/audit?round=x").status, 400);
}

TEST_F(LivedTest, SaysWhyARoundWentAsItDid) {
    live_a_little();
    start();
    const json why = data("GET", "/v1/rounds/1/why");
    EXPECT_EQ(why["state"], "published");
    EXPECT_THAT(why["course"][0].get<std::string>(), HasSubstr("because its goal of 2 updates was reached"));
    EXPECT_THAT(why["counted"], SizeIs(2));
    EXPECT_THAT(why["counted"][0].get<std::string>(), HasSubstr(": 50.0 % (weight 6400, 100 examples at 64)."));
    EXPECT_THAT(data("GET", "/v1/rounds/2/why")["course"][0].get<std::string>(), HasSubstr("It is open since"));
    EXPECT_EQ(call("GET", "/v1/rounds/9/why").status, 404);
}

TEST_F(LivedTest, SaysWhatIsErasedAndSinceWhenAndWhy) {
    live_a_little();
    config_.policy.retention.rounds_verifiable = 0;
    start();
    ASSERT_TRUE(run_until(loop_, [&] { return !data("GET", "/v1/rounds/1")["erased_at"].is_null(); }));
    EXPECT_EQ(data("GET", "/v1/rounds/1")["erased_by"], "limits.rounds_verifiable");
    const auto refused = call("POST", "/v1/rounds/1/verify");
    EXPECT_EQ(refused.status, 404);
    EXPECT_THAT(refused.body, HasSubstr("round 1 cannot be recomputed: its 2 updates (1.2 kB) were erased at 20"));
    EXPECT_THAT(refused.body, HasSubstr("as limits.rounds_verifiable says"));
    EXPECT_THAT(data("GET", "/v1/rounds/1/why")["course"].back().get<std::string>(), HasSubstr("cannot be recomputed"));
    const json found = data("POST", "/v1/fsck");
    EXPECT_EQ(found["clean"], true) << found["problems"];
    EXPECT_EQ(found["blobs"], 2 + 1) << "two versions, and the update that waits";
    ASSERT_TRUE(run_until(loop_, [&] { return data("POST", "/v1/fsck")["strays"] == 0; })) << "they are gone";
    EXPECT_THAT(found["notes"][0].get<std::string>(),
                HasSubstr("the updates of 1 round, up to round 1, were erased, as limits.rounds_verifiable says"));
}

TEST_F(LivedTest, ProvesTheJournalAndThatItBeginsWithWhatWasNoted) {
    const json before = data("POST", "/v1/audit/verify");
    EXPECT_EQ(before["whole"], true);
    EXPECT_TRUE(before["agrees"].is_null());
    const std::string head =
        std::to_string(before["entries"].get<std::uint64_t>()) + ":" + before["head"].get<std::string>();
    live_a_little();
    start();
    const json after = data("POST", "/v1/audit/verify", R"({"head":")" + head + R"("})");
    EXPECT_EQ(after["whole"], true);
    EXPECT_EQ(after["agrees"], true);
    EXPECT_GT(after["entries"], before["entries"]);
    std::string other = head;
    other.back() = other.back() == '0' ? '1' : '0';
    const json changed = data("POST", "/v1/audit/verify", R"({"head":")" + other + R"("})");
    EXPECT_EQ(changed["agrees"], false);
    EXPECT_THAT(changed["difference"].get<std::string>(), HasSubstr("rewritten"));
    EXPECT_EQ(call("POST", "/v1/audit/verify", R"({"head":"12"})").status, 400);
    EXPECT_EQ(call("POST", "/v1/audit/verify", R"({"head":12})").status, 400);
}

}  // namespace
}  // namespace skerry::coordinator
