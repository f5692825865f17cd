#include "coordinator/ledger/journal.hpp"

#include <set>

#include <gmock/gmock.h>

#include "coordinator/ledger/event_codec.hpp"
#include "coordinator/ledger/memory_journal.hpp"
#include "coordinator/ledger/sqlite_journal.hpp"
#include "tests/unit/coordinator/eventful_history.hpp"

namespace skerry::coordinator::ledger {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

enum class Kind { Memory, Sqlite };

/// One suite for every journal.
class JournalTest : public ::testing::TestWithParam<Kind> {
protected:
    JournalTest() {
        if (GetParam() == Kind::Memory) {
            journal_ = std::make_unique<MemoryJournal>();
        } else {
            journal_ = std::make_unique<SqliteJournal>(*SqliteJournal::open(":memory:"));
        }
    }
    static Events abandoned(std::uint64_t from, std::uint64_t count) {
        Events events;
        for (std::uint64_t k = 0; k < count; ++k)
            events.push_back(RoundAbandoned{kStart, RoundId{from + k}, "nobody came"});
        return events;
    }
    static std::vector<Event> events_of(const std::vector<Recorded>& slice) {
        std::vector<Event> events;
        for (const Recorded& recorded : slice)
            events.push_back(recorded.event);
        return events;
    }

    std::unique_ptr<Journal> journal_;
};

TEST_P(JournalTest, GivesBackWhatWasAppendedInOrder) {
    const Events history = eventful_history();
    ASSERT_EQ(*journal_->append(kFederationStream, 0, history), history.size());
    EXPECT_EQ(events_of(*journal_->read(kFederationStream, 0, 10'000)), history);
}

TEST_P(JournalTest, ReadsInPages) {
    ASSERT_TRUE(journal_->append("s", 0, abandoned(1, 5)));
    const auto page = *journal_->read("s", 1, 2);
    ASSERT_THAT(page, SizeIs(2));
    EXPECT_EQ(page[0].version, 2U);
    EXPECT_EQ(std::get<RoundAbandoned>(page[1].event).round, RoundId{3});
    EXPECT_THAT(*journal_->read("s", 4, 10), SizeIs(1));
    EXPECT_THAT(*journal_->read("s", 5, 10), IsEmpty());
    EXPECT_THAT(*journal_->read("unknown", 0, 10), IsEmpty());
}

TEST_P(JournalTest, AppendsOnlyWhereItIsExpected) {
    ASSERT_TRUE(journal_->append("s", 0, abandoned(1, 2)));
    for (const Version wrong : {0U, 1U, 3U}) {
        const auto second = journal_->append("s", wrong, abandoned(9, 1));
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, ErrorCode::Conflict);
    }
    EXPECT_THAT(*journal_->read("s", 0, 10), SizeIs(2));
    EXPECT_EQ(*journal_->append("s", 2, abandoned(3, 1)), 3U);
}

TEST_P(JournalTest, KeepsStreamsApart) {
    ASSERT_TRUE(journal_->append("a", 0, abandoned(1, 1)));
    ASSERT_TRUE(journal_->append("b", 0, abandoned(2, 1)));
    EXPECT_EQ(std::get<RoundAbandoned>((*journal_->read("b", 0, 10))[0].event).round, RoundId{2});
}

TEST_P(JournalTest, RefusesALeaseSpentTwiceAndAnUpdateCountedTwice) {
    UpdateAccepted update;
    update.update.sequence = Sequence{1};
    ASSERT_TRUE(journal_->append("s", 0, {update}));
    UpdateAccepted second = update;
    second.update.sequence = Sequence{2};
    EXPECT_EQ(journal_->append("s", 1, {second}).error().code, ErrorCode::Conflict);
    RoundFrozen frozen;
    frozen.set = {update.update};
    ASSERT_TRUE(journal_->append("s", 1, {frozen}));
    EXPECT_EQ(journal_->append("s", 2, {frozen}).error().code, ErrorCode::Conflict);
    EXPECT_THAT(*journal_->read("s", 0, 10), SizeIs(2)) << "nothing of a refused append is kept";
}

TEST_P(JournalTest, NeverCountsWhatWasSetAsideNorSetsAsideWhatIsCounted) {
    UpdateAccepted first;
    first.update.sequence = Sequence{1};
    UpdateAccepted second = first;
    second.update.sequence = Sequence{2};
    second.lease.value[0] = std::byte{1};
    UpdateSetAside aside;
    aside.update = first.update;
    aside.reason = "its node was revoked";
    ASSERT_TRUE(journal_->append("s", 0, {first, second, aside}));
    EXPECT_EQ(journal_->append("s", 3, {aside}).error().code, ErrorCode::Conflict);
    RoundFrozen frozen;
    frozen.set = {first.update};
    EXPECT_EQ(journal_->append("s", 3, {frozen}).error().code, ErrorCode::Conflict);
    frozen.set = {second.update};
    ASSERT_TRUE(journal_->append("s", 3, {frozen}));
    aside.update = second.update;
    EXPECT_EQ(journal_->append("s", 4, {aside}).error().code, ErrorCode::Conflict);
}

TEST_P(JournalTest, RefusesToCountWhatIsHeld) {
    NodeEnrolled node;
    node.node.value[0] = std::byte{1};
    UpdateAccepted update;
    update.update = {node.node, Sequence{1}};
    ASSERT_TRUE(journal_->append("s", 0, {node, update, NodeQuarantined{kStart, node.node, {}, "odd"}}));
    RoundFrozen frozen;
    frozen.set = {update.update};
    EXPECT_EQ(journal_->append("s", 3, {frozen}).error().code, ErrorCode::Conflict);
    ASSERT_TRUE(journal_->append("s", 3, {NodeReleased{kStart, node.node}, frozen}));
}

INSTANTIATE_TEST_SUITE_P(Both, JournalTest, ::testing::Values(Kind::Memory, Kind::Sqlite),
                         [](const auto& chosen) { return chosen.param == Kind::Memory ? "Memory" : "Sqlite"; });

TEST(EventCodec, KeepsEveryFieldOfEveryKind) {
    std::set<std::string_view> kinds;
    for (const Event& event : eventful_history()) {
        kinds.insert(name_of(event));
        EXPECT_EQ(*decode(encode(event)), event) << name_of(event);
    }
    EXPECT_THAT(kinds, SizeIs(std::variant_size_v<Event>)) << "every kind happened";
}

TEST(EventCodec, RefusesDamageAndKindsFromTheFuture) {
    const Bytes good = encode(eventful_history()[3]);
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(decode(ByteView(good).first(size))) << size;
    }
    EXPECT_FALSE(decode({}));
}

TEST(SqliteJournal, SurvivesItsProcessAndProvesItsChain) {
    const TempFolder folder;
    const Events history = eventful_history();
    {
        auto journal = *SqliteJournal::open(folder.path / "history.db");
        ASSERT_TRUE(journal.append(kFederationStream, 0, history));
    }
    auto journal = *SqliteJournal::open(folder.path / "history.db");
    EXPECT_THAT(*journal.read(kFederationStream, 0, 10'000), SizeIs(history.size()));
    ASSERT_TRUE(journal.database().run("UPDATE journal SET body = X'0011' WHERE version = 3"));
    const auto broken = journal.read(kFederationStream, 0, 10);
    ASSERT_FALSE(broken);
    EXPECT_NE(broken.error().message.find("entry 3"), std::string::npos);
    EXPECT_EQ(broken.error().code, ErrorCode::Internal);
}

TEST(SqliteJournal, ReadsNothingBehindAHole) {
    auto journal = *SqliteJournal::open(":memory:");
    ASSERT_TRUE(journal.append(kFederationStream, 0, eventful_history()));
    ASSERT_TRUE(journal.database().run("DELETE FROM journal WHERE version = 5"));
    const auto broken = journal.read(kFederationStream, 2, 10);
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().code, ErrorCode::Internal);
    EXPECT_NE(broken.error().message.find("entry 5"), std::string::npos);
}

}  // namespace
}  // namespace skerry::coordinator::ledger
