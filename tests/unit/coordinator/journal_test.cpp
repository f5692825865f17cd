#include "coordinator/ledger/journal.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include <gmock/gmock.h>

#include "coordinator/ledger/event_codec.hpp"
#include "coordinator/ledger/history.hpp"
#include "coordinator/ledger/memory_journal.hpp"
#include "coordinator/ledger/schema.hpp"
#include "coordinator/ledger/sqlite_journal.hpp"
#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// A short history in which every kind of event happens.
Events eventful_history() {
    FederationBench bench;
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled(Tier::Medium);
    FakeNode third = bench.enrolled();
    const std::vector<float> ones(8, 1.0F);
    bench.contribute(first, ones);
    bench.wait(2min);
    for (int round = 0; round < 3; ++round) {
        bench.contribute(second, std::vector<float>(6, 0.25F), 200);
        bench.contribute(first, std::vector<float>(8, 1000.0F));
        bench.contribute(first, ones);
        bench.contribute(third, ones);
        bench.wait(2min);
    }
    bench.wait(24h * 61);
    wire::Hello hello;
    hello.protocol = limits::kProtocolVersion;
    hello.model = bench.core->model().identity;
    bench.say(first, hello);
    bench.contribute(second, std::vector<float>(6, 0.25F), 200);
    bench.tell(OperatorRevokesNode{1, third.id(), "stolen"});
    return bench.journal.events(kFederationStream);
}

struct TempFolder {
    std::filesystem::path path;
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "skerry-journal-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~TempFolder() { std::filesystem::remove_all(path); }
};

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

std::vector<std::string> dump(storage::Database& database) {
    std::vector<std::string> lines;
    for (const char* const table : kProjections) {
        auto columns = *database.prepare(
            "SELECT group_concat('quote(' || name || ')', ' || '','' || ') "
            "FROM pragma_table_info('" +
            std::string(table) + "')");
        EXPECT_TRUE(*columns.bind().step());
        auto rows = *database.prepare("SELECT " + columns.text(0) + " AS line FROM " + table + " ORDER BY line");
        rows.bind();
        while (*rows.step())
            lines.push_back(std::string(table) + ": " + rows.text(0));
    }
    return lines;
}

TEST(Projections, AreTheSameWhenTheyAreRebuilt) {
    auto journal = *SqliteJournal::open(":memory:");
    Version version = 0;
    for (const Event& event : eventful_history())
        version = *journal.append(kFederationStream, version, {event});
    const auto live = dump(journal.database());
    EXPECT_GT(live.size(), 20U);
    ASSERT_TRUE(journal.database().run("DELETE FROM rounds"));
    ASSERT_TRUE(journal.rebuild());
    EXPECT_EQ(dump(journal.database()), live);
}

TEST(Projections, RefuseASecondSpendingOfALease) {
    auto journal = *SqliteJournal::open(":memory:");
    UpdateAccepted update;
    update.update.sequence = Sequence{1};
    ASSERT_TRUE(journal.append(kFederationStream, 0, {update}));
    update.update.sequence = Sequence{2};
    EXPECT_FALSE(journal.append(kFederationStream, 1, {update}));
    EXPECT_THAT(*journal.read(kFederationStream, 0, 10), SizeIs(1)) << "nothing of the transaction is kept";
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
    EXPECT_EQ(*journal.verify_chain(kFederationStream), history.size());
    ASSERT_TRUE(journal.database().run("UPDATE journal SET body = X'0011' WHERE version = 3"));
    const auto broken = journal.verify_chain(kFederationStream);
    ASSERT_FALSE(broken);
    EXPECT_NE(broken.error().message.find("entry 3"), std::string::npos);
    EXPECT_EQ(journal.read(kFederationStream, 0, 10).error().code, ErrorCode::Internal);
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

struct HistoryTest : ::testing::Test {
    SqliteJournal journal = *SqliteJournal::open(":memory:");
    Events events = eventful_history();
    HistoryTest() { EXPECT_TRUE(journal.append(kFederationStream, 0, events)); }
};

TEST_F(HistoryTest, TellsWhatBecameOfEveryUpdate) {
    const History history(journal.database());
    for (const Event& event : events) {
        if (const auto* accepted = std::get_if<UpdateAccepted>(&event)) {
            const auto fate = *history.fate_of(accepted->update);
            ASSERT_TRUE(fate);
            EXPECT_EQ(std::get<Fate::Accepted>(fate->outcome).receipt, accepted->receipt);
        } else if (const auto* refused = std::get_if<UpdateRefused>(&event)) {
            const auto fate = *history.fate_of(refused->update);
            ASSERT_TRUE(fate);
            EXPECT_EQ(std::get<Fate::Refused>(fate->outcome).code, wire::RefusalCode::Norm);
        }
    }
    EXPECT_FALSE(*history.fate_of({{}, Sequence{99}}));
}

TEST_F(HistoryTest, ShowsARoundWithWhoWasCountedAndWhoWasRefused) {
    const History history(journal.database());
    const auto abandoned = *history.round(RoundId{1});
    EXPECT_EQ(abandoned.state, "abandoned");
    EXPECT_NE(abandoned.reason.find("1 of the 2"), std::string::npos);
    const auto published = *history.round(RoundId{2});
    EXPECT_EQ(published.state, "published");
    EXPECT_EQ(published.version, ModelVersion{2});
    EXPECT_TRUE(published.frozen && published.ended && published.sum);
    const auto contributors = *history.contributors(published);
    ASSERT_THAT(contributors, SizeIs(2));
    EXPECT_LT(contributors[0].update, contributors[1].update);
    EXPECT_EQ(contributors[0].weight + contributors[1].weight, published.weight);
    EXPECT_THAT(*history.refusals(RoundId{3}), SizeIs(1));
    EXPECT_FALSE(history.round(RoundId{99}));
    EXPECT_EQ(history.round(RoundId{99}).error().code, ErrorCode::NotFound);
    EXPECT_EQ((*history.rounds(2)).front().state, "open");
}

TEST_F(HistoryTest, SumsTheFleetsConfusions) {
    const History history(journal.database());
    const auto fleet = *history.confusions(std::nullopt);
    ASSERT_THAT(fleet, SizeIs(1));
    std::uint64_t by_node = 0;
    const auto nodes = *history.totals(std::nullopt);
    for (const NodeTotals& node : nodes) {
        const auto pairs = *history.confusions(node.node);
        for (const ConfusionRow& pair : pairs)
            by_node += pair.count;
    }
    EXPECT_EQ(fleet[0].count, by_node);
    const auto counts = *history.counts();
    EXPECT_EQ(fleet[0].count, counts.accepted * 7);
    EXPECT_GT(counts.refused, 0U);
}

TEST_F(HistoryTest, KnowsWhichVersionsAreGone) {
    const History history(journal.database());
    const auto versions = *history.versions(100);
    const auto published = std::count_if(events.begin(), events.end(), [](const Event& event) {
        return std::holds_alternative<VersionPublished>(event);
    });
    EXPECT_EQ(versions.front().version.value, static_cast<std::uint64_t>(published));
    EXPECT_TRUE(versions.back().dropped);
    EXPECT_FALSE(versions.front().dropped);
    EXPECT_THAT(*history.versions(1), SizeIs(1));
}

}  // namespace
}  // namespace skerry::coordinator::ledger
