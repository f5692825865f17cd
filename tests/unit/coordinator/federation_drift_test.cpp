#include <gmock/gmock.h>

#include "tests/unit/coordinator/federation_bench.hpp"

namespace skerry::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

wire::Report report_of(std::uint64_t first, std::uint64_t count = 1) {
    wire::Report report;
    report.global = ModelVersion{1};
    for (std::uint64_t number = first; number < first + count; ++number) {
        DriftAlarm& alarm = report.alarms.emplace_back();
        alarm.number = number;
        alarm.at = kStart;
        alarm.label_class = 3;
        alarm.before = 0.125;
        alarm.after = 0.5;
    }
    return report;
}

class FederationDriftTest : public ::testing::Test {
protected:
    static Policy of_three() {
        Policy policy = FederationBench::small_policy();
        policy.rounds.goal = 3;
        policy.rounds.early_interval = 5min;
        return policy;
    }
    [[nodiscard]] std::vector<ledger::DriftReported> recorded() const {
        std::vector<ledger::DriftReported> found;
        for (const ledger::Event& event : bench_.journal.events(ledger::kFederationStream)) {
            if (const auto* drift = std::get_if<ledger::DriftReported>(&event)) found.push_back(*drift);
        }
        return found;
    }
    [[nodiscard]] std::vector<std::uint64_t> numbers() const {
        std::vector<std::uint64_t> numbers;
        for (const ledger::DriftReported& drift : recorded())
            numbers.push_back(drift.alarm.number);
        return numbers;
    }
    static wire::Announcement announced(const std::vector<wire::FromCoordinator>& said) {
        for (const wire::FromCoordinator& message : said)
            if (const auto* found = std::get_if<wire::Announcement>(&message)) return *found;
        ADD_FAILURE() << "nothing was announced";
        return {};
    }

    FederationBench bench_{of_three()};
    FakeNode node_ = bench_.enrolled();
    FakeNode other_ = bench_.enrolled();
};

TEST_F(FederationDriftTest, RecordsAnAlarmOnceHoweverOftenItIsReportedAndSaysSo) {
    EXPECT_EQ(announced(bench_.say(node_, report_of(1, 2))).alarms_known, 2U);
    EXPECT_EQ(announced(bench_.say(node_, report_of(1, 2))).alarms_known, 2U) << "the answer may have been lost";
    bench_.restart();
    bench_.say(node_, report_of(2, 2));
    EXPECT_THAT(numbers(), ElementsAre(1, 2, 3));
    EXPECT_EQ(recorded().back().node, node_.id());
    EXPECT_EQ(recorded().back().alarm, report_of(3).alarms[0]);
}

TEST_F(FederationDriftTest, SaysNothingToAReportWithoutAlarms) {
    EXPECT_THAT(bench_.say(node_, report_of(1, 0)), IsEmpty());
}

TEST_F(FederationDriftTest, CountsTheAlarmsThatItNeverSaw) {
    bench_.say(node_, report_of(3));
    bench_.say(node_, report_of(2));
    EXPECT_THAT(numbers(), ElementsAre(3)) << "one that was overtaken is settled";
    EXPECT_EQ(recorded()[0].missed, 2U);
}

TEST_F(FederationDriftTest, TakesTwelveOfANodeInAnHourAndTheOthersLater) {
    for (std::uint64_t first = 1; first <= 17; first += 8)
        bench_.say(node_, report_of(first, 8));
    EXPECT_THAT(recorded(), SizeIs(12));
    EXPECT_THAT(bench_.say(node_, report_of(17, 8)), IsEmpty());
    bench_.say(other_, report_of(1));
    EXPECT_THAT(recorded(), SizeIs(13)) << "another node has an hour of its own";
    bench_.wait(1h);
    bench_.say(node_, report_of(17, 8));
    EXPECT_EQ(numbers().back(), 24U);
    EXPECT_EQ(recorded()[13].missed, 4U);
}

TEST_F(FederationDriftTest, FreezesTheOpenRoundAsSoonAsItsQuorumIsThere) {
    bench_.contribute(node_, kOnes);
    bench_.contribute(other_, kOnes);
    ASSERT_EQ(bench_.core->newest().version, ModelVersion{1}) << "the goal is three";
    bench_.say(node_, report_of(1));
    EXPECT_EQ(bench_.core->newest().version, ModelVersion{2});
    EXPECT_EQ(recorded()[0].early, RoundId{1});
    EXPECT_EQ(bench_.core->pool().of(node_.id()).counted, Sequence{1});
}

TEST_F(FederationDriftTest, HastensTheNextRoundWhereNoneIsOpenAlsoAfterARestart) {
    bench_.say(node_, report_of(1));
    bench_.restart();
    bench_.contribute(node_, kOnes);
    EXPECT_EQ(bench_.core->newest().version, ModelVersion{1}) << "a quorum is two";
    bench_.contribute(other_, kOnes);
    EXPECT_EQ(bench_.core->newest().version, ModelVersion{2});
    bench_.contribute(node_, kOnes);
    bench_.contribute(other_, kOnes);
    EXPECT_EQ(bench_.core->newest().version, ModelVersion{2}) << "only one round was hastened";
}

TEST_F(FederationDriftTest, TellsEveryNodeThatTheFleetIsInDriftAndForHowLong) {
    bench_.say(other_, wire::Report{});
    const auto said = bench_.say(node_, report_of(1));
    ASSERT_THAT(said, SizeIs(2));
    for (const wire::FromCoordinator& message : said)
        EXPECT_EQ(std::get<wire::Announcement>(message).drift, (wire::DriftNotice{5min, true}));
    bench_.wait(2min);
    wire::Hello hello;
    hello.protocol = limits::kProtocolVersion;
    hello.model = bench_.core->model().identity;
    hello.certificate_expires = bench_.now + 24h * 90;
    EXPECT_EQ(std::get<wire::Welcome>(bench_.say(other_, hello).at(0)).newest.drift, (wire::DriftNotice{3min, true}));
    bench_.contribute(node_, kOnes);
    bench_.contribute(other_, kOnes);
    EXPECT_EQ(std::get<wire::Welcome>(bench_.say(other_, hello).at(0)).newest.drift, (wire::DriftNotice{3min, false}))
        << "its early round is over";
    bench_.wait(3min);
    EXPECT_EQ(std::get<wire::Welcome>(bench_.say(other_, hello).at(0)).newest.drift, wire::DriftNotice{});
}

TEST_F(FederationDriftTest, GrantsOneEarlyRoundInAnIntervalWhoeverCries) {
    bench_.say(node_, report_of(1));
    bench_.say(node_, report_of(2));
    bench_.say(other_, report_of(1));
    bench_.wait(5min - 1ms);
    bench_.say(node_, report_of(3));
    bench_.wait(1ms);
    bench_.say(node_, report_of(4));
    std::vector<std::uint64_t> early;
    for (const ledger::DriftReported& drift : recorded())
        early.push_back(drift.early.value);
    EXPECT_THAT(early, ElementsAre(1, 0, 0, 0, 1));
}

TEST_F(FederationDriftTest, OnlyRecordsWhereEarlyRoundsAreOff) {
    bench_.policy.rounds.early_on_drift = false;
    bench_.restart();
    const wire::Announcement answer = announced(bench_.say(node_, report_of(1)));
    EXPECT_EQ(answer.alarms_known, 1U);
    EXPECT_EQ(answer.drift, wire::DriftNotice{});
    EXPECT_EQ(recorded()[0].early, RoundId{});
}

TEST_F(FederationDriftTest, HearsNoAlarmOfARevokedNode) {
    bench_.tell(OperatorRevokesNode{1, node_.id(), "stolen"});
    bench_.say(node_, report_of(1));
    EXPECT_THAT(recorded(), IsEmpty());
}

TEST_F(FederationDriftTest, WithAClockThatWasSetBackWaitsForNoOldHour) {
    bench_.say(node_, report_of(1, 8));
    bench_.say(node_, report_of(9, 8));
    ASSERT_THAT(recorded(), SizeIs(12));
    bench_.now -= 24h * 365;
    bench_.restart();
    bench_.say(node_, report_of(13, 4));
    EXPECT_EQ(numbers().back(), 16U);
}

}  // namespace
}  // namespace skerry::coordinator
