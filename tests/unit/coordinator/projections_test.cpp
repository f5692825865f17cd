#include "coordinator/ledger/projections.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include <gmock/gmock.h>

#include "coordinator/ledger/history.hpp"
#include "coordinator/ledger/schema.hpp"
#include "coordinator/ledger/sqlite_journal.hpp"
#include "coordinator/round/fleet_errors.hpp"
#include "tests/unit/coordinator/eventful_history.hpp"

namespace skerry::coordinator::ledger {
namespace {

// What the sixth schema has added.
constexpr std::array kWithoutRecipes{"ALTER TABLE rounds DROP COLUMN rule", "ALTER TABLE rounds DROP COLUMN optimiser",
                                     "ALTER TABLE rounds DROP COLUMN seed",
                                     "ALTER TABLE versions DROP COLUMN optimiser"};

// And the seventh.
constexpr std::array kWithoutQuarantine{"DROP INDEX updates_held",
                                        "DROP INDEX updates_by_round_of_acceptance",
                                        "ALTER TABLE updates DROP COLUMN held",
                                        "ALTER TABLE nodes DROP COLUMN quarantined",
                                        "ALTER TABLE nodes DROP COLUMN quarantined_by",
                                        "ALTER TABLE nodes DROP COLUMN quarantine_reason"};

// And the eighth.
constexpr std::array kWithoutTrials{"ALTER TABLE versions DROP COLUMN restores_from", "DROP TABLE trials",
                                    "ALTER TABLE rounds DROP COLUMN tier_quorum"};
constexpr std::array kWithoutRollbacks{"ALTER TABLE versions DROP COLUMN restores",
                                       "ALTER TABLE versions DROP COLUMN reason"};

bool is_of_quarantine_or_rollback(const Event& event) {
    const auto* const published = std::get_if<VersionPublished>(&event);
    return std::holds_alternative<NodeQuarantined>(event) || std::holds_alternative<NodeReleased>(event) ||
           (published != nullptr && published->restores);
}

bool is_of_a_trial(const Event& event) {
    return std::holds_alternative<TrialBegan>(event) || std::holds_alternative<TrialEnded>(event);
}

using ::testing::IsEmpty;
using ::testing::SizeIs;

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

TEST(Projections, RecordByWhatARoundIsSummed) {
    Policy policy = FederationBench::small_policy();
    policy.rounds.recipe = {"bucketing(2), mean", "adam"};
    FederationBench bench(policy);
    FakeNode first = bench.enrolled();
    FakeNode second = bench.enrolled();
    bench.contribute(first, std::vector<float>(8, 1.0F));
    bench.contribute(second, std::vector<float>(8, 1.0F));
    auto journal = *SqliteJournal::open(":memory:");
    ASSERT_TRUE(journal.append(kFederationStream, 0, bench.journal.events(kFederationStream)));
    const auto read = *journal.read(kFederationStream, 0, 100);
    ASSERT_EQ(read.size(), bench.journal.events(kFederationStream).size());
    for (std::size_t i = 0; i < read.size(); ++i)
        EXPECT_EQ(read[i].event, bench.journal.events(kFederationStream)[i]) << i;

    const History history(journal.database());
    const auto round = *history.round(RoundId{1});
    EXPECT_EQ(round.recipe, policy.rounds.recipe);
    EXPECT_NE(round.seed, Digest{});
    const auto version = *history.version(ModelVersion{2});
    EXPECT_TRUE(version.optimiser);
    EXPECT_EQ(version.optimiser, bench.core->newest().optimiser);
}

TEST(Projections, OfAnOlderProgramAreBroughtUpToDate) {
    const TempFolder folder;
    Events before;
    for (const Event& event : eventful_history()) {
        const bool newer = std::holds_alternative<UpdateSetAside>(event) || is_of_quarantine_or_rollback(event) ||
                           is_of_a_trial(event);
        if (!newer) before.push_back(event);
    }
    std::vector<std::string> wanted;
    {
        auto journal = *SqliteJournal::open(folder.path / "history.db");
        ASSERT_TRUE(journal.append(kFederationStream, 0, before));
        wanted = dump(journal.database());
        for (const char* const undo : kWithoutTrials)
            ASSERT_TRUE(journal.database().run(undo));
        for (const char* const undo : kWithoutRollbacks)
            ASSERT_TRUE(journal.database().run(undo));
        for (const char* const undo : kWithoutQuarantine)
            ASSERT_TRUE(journal.database().run(undo));
        for (const char* const undo : kWithoutRecipes)
            ASSERT_TRUE(journal.database().run(undo));
        for (const char* const undo :
             {"DROP TABLE alarms", "DROP TABLE totals", "DROP TABLE error_types", "DROP TABLE rebuild_due",
              "ALTER TABLE rounds DROP COLUMN erased", "ALTER TABLE rounds DROP COLUMN erased_by",
              "DROP INDEX updates_by_time", "ALTER TABLE updates DROP COLUMN reported_errors",
              "ALTER TABLE updates DROP COLUMN set_aside", "UPDATE confusions SET count = count + 100"})
            ASSERT_TRUE(journal.database().run(undo));
        ASSERT_TRUE(journal.database().run("PRAGMA user_version = 1"));
    }
    auto journal = *SqliteJournal::open(folder.path / "history.db");
    EXPECT_EQ(dump(journal.database()), wanted);
}

TEST(Projections, KnowWhichUpdatesAnOlderProgramHadErased) {
    const TempFolder folder;
    std::vector<std::string> wanted;
    {
        auto journal = *SqliteJournal::open(folder.path / "history.db");
        Events events = eventful_history();
        std::erase_if(events, [](const Event& event) {
            const auto* const dropped = std::get_if<VersionDropped>(&event);
            return std::holds_alternative<UpdatesErased>(event) || is_of_quarantine_or_rollback(event) ||
                   is_of_a_trial(event) || (dropped != nullptr && dropped->version == ModelVersion{4});
        });
        ASSERT_TRUE(journal.append(kFederationStream, 0, events));
        ASSERT_TRUE(journal.append(kFederationStream, events.size(), {VersionDropped{kStart, ModelVersion{4}}}));
        wanted = dump(journal.database());
        for (const char* const undo : kWithoutTrials)
            ASSERT_TRUE(journal.database().run(undo));
        for (const char* const undo : kWithoutRollbacks)
            ASSERT_TRUE(journal.database().run(undo));
        for (const char* const undo : kWithoutQuarantine)
            ASSERT_TRUE(journal.database().run(undo));
        for (const char* const undo : kWithoutRecipes)
            ASSERT_TRUE(journal.database().run(undo));
        for (const char* const undo : {"ALTER TABLE rounds DROP COLUMN erased",
                                       "ALTER TABLE rounds DROP COLUMN erased_by", "PRAGMA user_version = 4"})
            ASSERT_TRUE(journal.database().run(undo));
    }
    auto journal = *SqliteJournal::open(folder.path / "history.db");
    EXPECT_EQ(dump(journal.database()), wanted);
    const auto round = *History(journal.database()).round(RoundId{4});
    EXPECT_EQ(round.erased, kStart);
    EXPECT_EQ(round.erased_by, "limits.versions_kept");
}

TEST(Projections, RefuseToEraseWhatIsNotKept) {
    auto journal = *SqliteJournal::open(":memory:");
    const Events events = eventful_history();
    ASSERT_TRUE(journal.append(kFederationStream, 0, events));
    for (const std::uint64_t round : {1, 2, 99}) {  // abandoned, erased, unknown
        UpdatesErased again;
        again.round = RoundId{round};
        EXPECT_FALSE(journal.append(kFederationStream, events.size(), {again})) << round;
    }
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

TEST_F(HistoryTest, ShowsWhatIsHeldAndWhatIsSetAsideApartFromWhatWaits) {
    const History history(journal.database());
    const auto rounds = *history.rounds(100);
    ASSERT_EQ(rounds.front().state, "open");
    const auto waiting = *history.contributors(rounds.front());
    EXPECT_EQ(rounds.front().accepted, waiting.size());
    for (const UpdateRow& row : waiting)
        EXPECT_TRUE(!row.held && row.set_aside.empty());
    std::map<std::string, int> found;
    for (const RoundRow& round : rounds) {
        const auto uncounted = *history.uncounted(round.id);
        for (const UpdateRow& row : uncounted)
            ++found[row.held ? "held" : row.set_aside.substr(0, 9)];
    }
    EXPECT_EQ(found, (std::map<std::string, int>{{"held", 1}, {"discarded", 1}, {"its node ", 1}}));
}

TEST_F(HistoryTest, SumsTheErrorsOfWhatVersionsCount) {
    const History history(journal.database());
    FleetErrors core;
    Pool pool;
    for (const Event& event : events) {
        if (const auto* accepted = std::get_if<UpdateAccepted>(&event)) {
            core.apply(*accepted);
            pool.apply(*accepted);
        } else if (const auto* aside = std::get_if<UpdateSetAside>(&event)) {
            core.apply(*aside);
            pool.apply(*aside);
        } else if (const auto* quarantined = std::get_if<NodeQuarantined>(&event)) {
            pool.apply(*quarantined);
        } else if (const auto* released = std::get_if<NodeReleased>(&event)) {
            pool.apply(*released);
        } else if (const auto* frozen = std::get_if<RoundFrozen>(&event)) {
            pool.apply(*frozen);
        } else if (const auto* published = std::get_if<VersionPublished>(&event); published && published->round.value) {
            core.count(pool.frozen());
            pool.apply(*published);
        }
        EXPECT_EQ(core.waiting(), pool.waiting().size() + pool.held().size() + pool.frozen().size())
            << "none is kept for ever";
    }
    const auto fleet = *history.errors(std::nullopt, std::nullopt);
    EXPECT_EQ(fleet.fleet, core.known()) << "the tables and the fold agree";
    EXPECT_EQ(fleet.fleet.updates, history.counts()->counted);
    EXPECT_LT(fleet.fleet.updates, history.counts()->accepted);
    ASSERT_THAT(fleet.pairs, SizeIs(1));
    EXPECT_EQ(fleet.pairs[0].count, fleet.fleet.errors);
    EXPECT_GT(fleet.fleet.by_type[5], 0U);
    ErrorTally sum;
    for (const auto& node : fleet.nodes) {
        sum += node.tally;
        EXPECT_EQ(history.errors(node.node, std::nullopt)->fleet, node.tally);
    }
    EXPECT_EQ(sum, fleet.fleet);
}

TEST_F(HistoryTest, SumsTheErrorsSinceAMomentAsThoseOfAllTime) {
    const History history(journal.database());
    const auto all = *history.errors(std::nullopt, std::nullopt);
    const auto since = *history.errors(std::nullopt, TimePoint{});
    EXPECT_EQ(since.fleet, all.fleet);
    ASSERT_EQ(since.pairs.size(), all.pairs.size());
    EXPECT_EQ(since.pairs[0].count, all.pairs[0].count);
    EXPECT_EQ(since.nodes.back().tally, all.nodes.back().tally);
    const auto late = *history.errors(std::nullopt, time_of(events.back()));
    EXPECT_EQ(late.fleet.errors, 0U);
    EXPECT_THAT(late.nodes, SizeIs(all.nodes.size()));
}

TEST_F(HistoryTest, CountsByTotalsWhatTheRowsSay) {
    const History history(journal.database());
    std::map<std::string_view, std::uint64_t> kinds;
    std::uint64_t published = 0;
    for (const Event& event : events) {
        ++kinds[name_of(event)];
        if (const auto* version = std::get_if<VersionPublished>(&event)) published += version->updates;
    }
    const auto counts = *history.counts();
    EXPECT_EQ(counts.accepted, kinds["update_accepted"]);
    EXPECT_EQ(counts.counted, published);
    EXPECT_EQ(counts.set_aside, 2U);
    EXPECT_EQ(counts.refused, kinds["update_refused"]);
}

TEST_F(HistoryTest, NamesTheUpdateThatARevocationSetAside) {
    const History history(journal.database());
    const auto open = history.rounds(1)->front();
    EXPECT_EQ(open.accepted, 0U);
    EXPECT_THAT(*history.contributors(open), IsEmpty());
    const auto revoked = std::find_if(events.begin(), events.end(),
                                      [](const Event& event) { return std::holds_alternative<NodeRevoked>(event); });
    const auto updates = *history.updates_of(std::get<NodeRevoked>(*revoked).node, 1);
    ASSERT_THAT(updates, SizeIs(1));
    EXPECT_EQ(updates[0].set_aside, "its node was revoked");
    EXPECT_FALSE(updates[0].version);
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

TEST(History, TellsOfAlarmsAndOfTheRoundThatTheyHastened) {
    auto journal = *SqliteJournal::open(":memory:");
    Version version = 0;
    for (const Event& event : eventful_history())
        version = *journal.append(kFederationStream, version, {event});
    const History history(journal.database());
    const auto alarms = *history.alarms({}, 10);
    ASSERT_THAT(alarms, SizeIs(2));
    EXPECT_EQ(alarms[0].alarm.number, 3U) << "newest first";
    EXPECT_FALSE(alarms[0].alarm.label_class);
    EXPECT_EQ(alarms[0].early, std::nullopt);
    EXPECT_EQ(alarms[1].alarm.label_class, 0U);
    EXPECT_EQ(alarms[1].alarm.detector, DriftDetector::PageHinkley);
    EXPECT_EQ(alarms[1].alarm.after, 0.5);
    EXPECT_EQ(alarms[1].missed, 1U);
    ASSERT_TRUE(alarms[1].early);
    EXPECT_EQ(history.alarm(alarms[1].id)->node, alarms[1].node);
    EXPECT_EQ(history.round(*alarms[1].early)->early, alarms[1].id);
    EXPECT_THAT(*history.alarms({NodeId{}, {}}, 10), IsEmpty());
    EXPECT_THAT(*history.alarms({alarms[0].node, alarms[0].recorded}, 10), SizeIs(2));
    EXPECT_THAT(*history.alarms({{}, alarms[0].recorded + std::chrono::milliseconds(1)}, 10), IsEmpty());
    EXPECT_EQ(history.alarm(4711).error().code, ErrorCode::NotFound);
}

TEST_F(HistoryTest, TellsOfAVersionHowItsTrialEnded) {
    const History history(journal.database());
    const VersionRow newest = history.versions(1)->front();
    ASSERT_TRUE(newest.trial && newest.trial->ended);
    EXPECT_EQ(newest.trial->outcome, "published");
    EXPECT_EQ(newest.trial->reason, "no worse");
    EXPECT_EQ(newest.trial->canaries, 1U);
    EXPECT_EQ(newest.trial->counts.worse, 30U);
    EXPECT_FALSE(history.version(ModelVersion{1})->trial);
}

}  // namespace
}  // namespace skerry::coordinator::ledger
