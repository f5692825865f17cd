#include "coordinator/ledger/chain.hpp"

#include <gmock/gmock.h>

#include "tests/unit/coordinator/eventful_history.hpp"

namespace skerry::coordinator::ledger {
namespace {

using ::testing::HasSubstr;

const StopFlag kNever{false};

struct ChainTest : ::testing::Test {
    SqliteJournal journal = *SqliteJournal::open(":memory:");
    Events events = eventful_history();
    ChainTest() { EXPECT_TRUE(journal.append(kFederationStream, 0, events)); }

    Chain proven() { return *prove_chain(journal, kNever); }
};

TEST_F(ChainTest, IsProvenToItsHead) {
    std::size_t seen = 0;
    const auto chain = *prove_chain(journal, kNever, [&](const Recorded& recorded) -> Result<> {
        EXPECT_EQ(recorded.event, events.at(seen++));
        return {};
    });
    EXPECT_TRUE(chain.whole());
    EXPECT_EQ(chain.entries, events.size());
    EXPECT_EQ(seen, events.size());
    EXPECT_EQ(chain.head, *journal.hash_at(chain.entries));
}

TEST_F(ChainTest, IsProvenUpToTheFirstBadEntry) {
    ASSERT_TRUE(journal.database().run("UPDATE journal SET body = X'00' WHERE version = 7"));
    const Chain chain = proven();
    EXPECT_EQ(chain.entries, 6U);
    EXPECT_THAT(chain.problem, HasSubstr("journal entry 7 is missing or was changed"));
    ASSERT_TRUE(journal.database().run("DELETE FROM journal WHERE version = 3"));
    EXPECT_EQ(proven().entries, 2U);
}

TEST_F(ChainTest, StopsWhenItIsAsked) {
    const StopFlag now{true};
    EXPECT_EQ(prove_chain(journal, now).error().code, ErrorCode::Unavailable);
}

TEST_F(ChainTest, BeginsWithTheHistoryOfAHeadThatWasNoted) {
    for (const Version entry : {Version{1}, Version{5}, proven().entries}) {
        const NotedHead noted{entry, **journal.hash_at(entry)};
        EXPECT_EQ(*difference_from(noted, proven(), journal), "") << entry;
    }
}

TEST_F(ChainTest, OfAHistoryThatWasRewrittenIsAnother) {
    const NotedHead noted{5, **journal.hash_at(5)};
    auto rewritten = *SqliteJournal::open(":memory:");
    Events others = events;
    std::get<FederationCreated>(others[0]).name = "another";
    ASSERT_TRUE(rewritten.append(kFederationStream, 0, others));
    const Chain chain = *prove_chain(rewritten, kNever);
    EXPECT_TRUE(chain.whole()) << "nobody could tell without the head";
    EXPECT_THAT(*difference_from(noted, chain, rewritten), HasSubstr("the history was rewritten"));
}

TEST_F(ChainTest, ThatEndsBeforeWhatWasNotedIsAnOlderCopy) {
    const NotedHead noted{events.size() + 3, Digest{}};
    EXPECT_THAT(*difference_from(noted, proven(), journal), HasSubstr("restored from an older copy"));
}

TEST(NotedHead, IsReadAsItIsWritten) {
    const NotedHead head{1234, Digest{std::byte{0x5f}}};
    const auto read = NotedHead::parse(head.to_text());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->entry, head.entry);
    EXPECT_EQ(read->hash, head.hash);
    for (const char* const wrong : {"", "12", "12:", ":5f", "12:5f", "x:5f", "0:5f"})
        EXPECT_FALSE(NotedHead::parse(wrong)) << wrong;
}

}  // namespace
}  // namespace skerry::coordinator::ledger
