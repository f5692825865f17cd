#include <set>

#include <gmock/gmock.h>

#include "coordinator/ledger/history.hpp"
#include "coordinator/ledger/sentences.hpp"
#include "coordinator/ledger/sqlite_journal.hpp"
#include "tests/unit/coordinator/eventful_history.hpp"

// The journal as people page through it.
namespace skerry::coordinator::ledger {
namespace {

using ::testing::Each;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::atomic<bool> kNeverStopped{false};

struct EntriesTest : ::testing::Test {
    SqliteJournal journal = *SqliteJournal::open(":memory:");
    Events events = eventful_history();
    EntriesTest() { EXPECT_TRUE(journal.append(kFederationStream, 0, events)); }

    std::vector<EntryRow> list(const EntryFilter& filter, std::size_t limit = 1000) {
        return *History(journal.database()).entries(filter, limit, kNeverStopped);
    }
};

TEST_F(EntriesTest, AreAllThereNewestFirstEachWithASentence) {
    const auto all = list({});
    ASSERT_THAT(all, SizeIs(events.size()));
    EXPECT_EQ(all.front().entry, events.size());
    EXPECT_EQ(all.back().kind, "federation_created");
    EXPECT_THAT(all, Each(Field(&EntryRow::text, Not(IsEmpty()))));
    EXPECT_THAT(list({}, 3), SizeIs(3));
    std::set<std::string> kinds;
    for (const EntryRow& row : all)
        kinds.insert(row.kind);
    EXPECT_EQ(kinds.size(), names_of_events().size()) << "every kind of event has its sentence";
}

TEST_F(EntriesTest, SayWhatHasHappened) {
    const auto refused = list({"update_refused"});
    EXPECT_THAT(refused.front().text, HasSubstr(" was refused (norm): "));
    EXPECT_THAT(list({"round_abandoned"}).back().text, HasSubstr("round 1 was abandoned: 1 of the 2 updates"));
    EXPECT_THAT(list({"update_set_aside"}).front().text, HasSubstr("its node was revoked"));
    EXPECT_THAT(list({"drift_reported"}).back().text,
                HasSubstr("errors of class 0 went from 25.0 % to 50.0 %; it made"));
    EXPECT_EQ(list({"version_published"}).back().text, "version 1 was published: the initial weights");
    EXPECT_THAT(list({"version_published"}).front().text, HasSubstr(" again: it confuses 4 and 9"));
    EXPECT_THAT(list({"version_pinned"}).front().text, HasSubstr(" was pinned, and no round closes: it confuses"));
    EXPECT_THAT(list({"update_accepted"}).back().text,
                HasSubstr(" was accepted for round 1: 100 examples on version 1"));
}

TEST_F(EntriesTest, AreOfTheKindNodeRoundAndTimeThatIsAskedFor) {
    for (const std::string_view kind : names_of_events())
        EXPECT_THAT(list({std::string(kind)}), Each(Field(&EntryRow::kind, kind)));
    EXPECT_THAT(list({"no_such_kind"}), IsEmpty());

    const auto of_round = list({{}, {}, RoundId{2}});
    EXPECT_THAT(of_round, Each(Field(&EntryRow::round, RoundId{2})));
    EXPECT_EQ(of_round.back().kind, "round_opened");
    EXPECT_EQ(of_round.front().kind, "updates_erased");
    EXPECT_THAT(of_round.front().text, HasSubstr(" of round 2 ("));
    EXPECT_THAT(of_round.front().text, HasSubstr(") were erased, as limits.rounds_verifiable says"));

    const NodeId node = *list({"node_revoked"}).front().node;
    const auto of_node = list({{}, node});
    EXPECT_LT(of_node.size(), events.size());
    EXPECT_EQ(of_node.back().kind, "node_enrolled");
    std::size_t frozen = 0;
    for (const EntryRow& row : of_node)
        frozen += row.kind == "round_frozen" ? 1 : 0;
    EXPECT_GT(frozen, 0U) << "a set that its update is in is about it too";

    const TimePoint late = time_of(events.back());
    EXPECT_THAT(list({{}, {}, {}, late}), Each(Field(&EntryRow::at, ::testing::Ge(late))));
    EXPECT_THAT(list({{}, {}, {}, late + std::chrono::milliseconds(1)}), IsEmpty());
}

TEST_F(EntriesTest, EndWhenTheReaderIsStopped) {
    const std::atomic<bool> now{true};
    EXPECT_EQ(History(journal.database()).entries({}, 10, now).error().code, ErrorCode::Unavailable);
}

TEST(Texts, AreThoseOfPeople) {
    EXPECT_EQ(bytes_text(999), "999 B");
    EXPECT_EQ(bytes_text(20'000'000), "20.0 MB");
    EXPECT_EQ(bytes_text(999'999), "1.0 MB");
    EXPECT_EQ(count_text(1, "update"), "1 update");
    EXPECT_EQ(count_text(5, "update"), "5 updates");
}

}  // namespace
}  // namespace skerry::coordinator::ledger
