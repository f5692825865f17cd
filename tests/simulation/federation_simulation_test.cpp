#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/simulation/found_seed.hpp"

// Goal: no order, loss, repetition, cut or crash makes the federation break a law.
// Method: the real cores over a seeded network, on a virtual clock; laws.hpp is checked after every step.
// A failure prints its seed, and the least that skerry-simulate must be told to see it too; with --trace it shows each
// step, with --keep it writes the seed into seeds.txt, where it belongs from then on.
// SKERRY_FIRST_SEED and SKERRY_SEEDS choose other seeds than the first five hundred.
namespace skerry::simulation {
namespace {

constexpr std::uint64_t kSeeds = 500;
constexpr std::uint64_t kShards = 10;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* const text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

Outcome play_seed(std::uint64_t seed, Mutation mutation = Mutation::None) {
    Plan plan;
    plan.seed = seed;
    plan.mutation = mutation;
    return play(plan);
}

void expect_lawful(const Plan& plan) {
    const Outcome outcome = play(plan);
    ASSERT_FALSE(outcome.violation) << to_text(*outcome.violation, plan.seed) << "\nskerry-simulate "
                                    << arguments_of(shrink(plan, outcome.violation->law));
    EXPECT_GE(outcome.nodes, 2U);
    EXPECT_GE(outcome.counters.versions, plan.rounds) << arguments_of(plan);
    EXPECT_TRUE(!plan.faults.crash || outcome.counters.crashes > outcome.nodes) << arguments_of(plan);
}

void expect_lawful(std::uint64_t seed) {
    Plan plan;
    plan.seed = seed;
    expect_lawful(plan);
}

TEST(FederationSimulation, SeedsThatOnceFoundABugKeepEveryLaw) {
    std::ifstream file(SKERRY_SIMULATION_SEEDS);
    ASSERT_TRUE(file) << "seeds.txt is missing";
    for (std::string line; std::getline(file, line);) {
        const auto plan = plan_of_line(line);
        ASSERT_TRUE(plan) << plan.error().message;
        if (*plan) expect_lawful(**plan);
    }
}

// A slice of the seeds each, so that ctest plays them side by side.
class EverySeed : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(EverySeed, KeepsEveryLaw) {
    const std::uint64_t first = from_environment("SKERRY_FIRST_SEED", 0);
    const std::uint64_t seeds = from_environment("SKERRY_SEEDS", kSeeds);
    for (std::uint64_t seed = GetParam(); seed < seeds; seed += kShards)
        expect_lawful(first + seed);
}

INSTANTIATE_TEST_SUITE_P(Shard, EverySeed, ::testing::Range<std::uint64_t>(0, kShards));

TEST(FederationSimulation, ASeedReplaysStepByStep) {
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        const Outcome once = play_seed(seed);
        const Outcome again = play_seed(seed);
        EXPECT_EQ(once.trace, again.trace) << "seed " << seed;
        EXPECT_EQ(once.counters.steps, again.counters.steps) << "seed " << seed;
    }
}

TEST(FederationSimulation, InFairWeatherNothingIsRefusedOrLost) {
    Plan plan;
    plan.faults = Faults::none();
    for (plan.seed = 0; plan.seed < 10; ++plan.seed) {
        const Outcome outcome = play(plan);
        EXPECT_FALSE(outcome.violation) << to_text(*outcome.violation, plan.seed);
        EXPECT_EQ(outcome.counters.lost, 0U);
        EXPECT_EQ(outcome.counters.crashes, 0U);
    }
}

TEST(FederationSimulation, AModelOfSeveralChunksTravelsInPieces) {
    Plan plan;
    plan.values = {100'000, 300'000, 600'000};
    std::uint64_t drafts = 0;
    for (plan.seed = 0; plan.seed < 2; ++plan.seed) {
        const Outcome outcome = play(plan);
        EXPECT_FALSE(outcome.violation) << to_text(*outcome.violation, plan.seed);
        drafts += outcome.counters.drafts;
    }
    EXPECT_GT(drafts, 0U) << "no coordinator crashed while an update came";
}

TEST(FederationSimulation, ALargeFleetTakesTurnsAndAllOfItCatchesUp) {
    Plan plan;
    plan.nodes = 500;
    plan.rounds = 1;
    for (const Faults& faults : {Faults::none(), *Faults::parse("loss,repeat,reorder,disk")}) {
        plan.faults = faults;
        expect_lawful(plan);
    }
}

/// Plays seeds until they have shown what a test is about, so that it holds whatever the seeds happen to draw.
template <class Shown>
Counters play_until(Shown shown) {
    Plan plan;
    Counters all;
    for (; !shown(all); ++plan.seed) {
        if (plan.seed == kSeeds) {
            ADD_FAILURE() << "not seen in " << kSeeds << " seeds";
            break;
        }
        const Outcome outcome = play(plan);
        EXPECT_FALSE(outcome.violation) << to_text(*outcome.violation, plan.seed);
        all += outcome.counters;
    }
    return all;
}

TEST(FederationSimulation, VersionsTravelAsDifferencesAndGoOnAfterCrashes) {
    // Some differences are of no use, and the whole is fetched.
    play_until([](const Counters& all) { return all.differences > 20 && all.unreadable > 0 && all.resumed > 0; });
}

TEST(FederationSimulation, AlarmsReachTheLedgerAndHastenRounds) {
    const Counters all = play_until([](const Counters& seen) { return seen.alarms > 40 && seen.early > 10; });
    EXPECT_LT(all.early, all.alarms);
}

TEST(FederationSimulation, NodesGoIntoQuarantineAndComeOut) {
    play_until([](const Counters& all) {
        return all.outliers > 0 && all.struck > 0 && all.quarantines > 20 && all.held > 10;
    });
}

TEST(FederationSimulation, VersionsGoToCanariesFirstAndSomeAreWithdrawn) {
    const Counters all = play_until([](const Counters& seen) { return seen.trials > 20 && seen.withdrawn > 5; });
    EXPECT_LT(all.withdrawn, all.trials);
}

TEST(FederationSimulation, SomeTiersGetTheWeightsOfAnOlderVersionAgain) {
    const Counters all = play_until([](const Counters& seen) { return seen.joined > 2; });
    EXPECT_LT(all.joined, all.rollbacks);
}

TEST(FederationSimulation, DisksFailAndLosePowerWhileTheJournalIsWritten) {
    play_until([](const Counters& all) { return all.disk_faults > 20 && all.power_cuts > 80; });
}

TEST(FoundSeed, ShrinksToWhatStillBreaksTheSameLaw) {
    Plan plan;
    plan.mutation = Mutation::NeverSyncs;
    Outcome outcome = play(plan);
    while (!outcome.violation) {
        ++plan.seed;
        outcome = play(plan);
    }
    const Plan smallest = shrink(plan, outcome.violation->law);
    const Outcome again = play(smallest);
    ASSERT_TRUE(again.violation);
    EXPECT_EQ(again.violation->law, outcome.violation->law);
    EXPECT_EQ(to_text(smallest.faults), "crash,disk") << "which a power cut needs";
    EXPECT_EQ(smallest.rounds, 1U);
    EXPECT_LE(smallest.nodes, outcome.nodes);
}

TEST(FoundSeed, IsReadBackAsItWasKept) {
    Plan plan;
    plan.seed = 17;
    plan.faults = *Faults::parse("crash,disk");
    plan.nodes = 2;
    plan.values = values_of(100);
    const std::string line = kept_line(plan, {"appends_are_whole", "what was seen --here", {}});
    const auto read = plan_of_line(line);
    ASSERT_TRUE(read && *read) << line;
    EXPECT_EQ(arguments_of(**read), arguments_of(plan));
    EXPECT_EQ(arguments_of(**read), "--seed 17 --faults crash,disk --nodes 2 --values 100");
    EXPECT_FALSE(*plan_of_line("# a comment"));
    EXPECT_FALSE(*plan_of_line(""));
    EXPECT_FALSE(plan_of_line("17 --fault crash"));
    EXPECT_FALSE(plan_of_line("seventeen"));
}

// A law that no bug can break proves nothing: each planted one must be caught, and by a law that names it.
struct Planted {
    Mutation mutation;
    std::set<std::string> laws;
};

void PrintTo(const Planted& planted, std::ostream* out) {
    *out << name_of(planted.mutation);
}

std::string name_of_planted(const ::testing::TestParamInfo<Planted>& tested) {
    std::string name(name_of(tested.param.mutation));
    std::erase(name, '-');  // which a test's name may not have
    return name;
}

class PlantedBug : public ::testing::TestWithParam<Planted> {};

TEST_P(PlantedBug, IsCaught) {
    const Planted& planted = GetParam();
    for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
        const Outcome outcome = play_seed(seed, planted.mutation);
        // What follows from it may break another law first, which says less of it.
        if (!outcome.violation || !planted.laws.contains(outcome.violation->law)) continue;
        RecordProperty("seed", static_cast<int>(seed));
        return;
    }
    ADD_FAILURE() << name_of(planted.mutation) << " breaks none of its laws in " << kSeeds << " seeds";
}

INSTANTIATE_TEST_SUITE_P(
    EachIn, PlantedBug,
    ::testing::Values(Planted{Mutation::AckBeforeCommit, {"no_receipt_without_its_update"}},
                      Planted{Mutation::LedgerBeforeBlob, {"no_accepted_update_without_its_bytes"}},
                      Planted{Mutation::NeverSyncs, {"no_receipt_without_its_update", "the_journal_opens"}},
                      Planted{Mutation::JournalUnflushed, {"no_receipt_without_its_update", "the_journal_opens"}},
                      Planted{Mutation::AppendsByHalves, {"appends_are_whole"}},
                      Planted{Mutation::IgnoresFailedAppend, {"no_receipt_without_its_update"}},
                      Planted{Mutation::UpdatesInMemory, {"no_accepted_update_without_its_bytes"}},
                      Planted{Mutation::SumsInMemory, {"no_version_without_its_weights"}},
                      Planted{Mutation::RollbackLosesPin, {"a_pin_holds"}},
                      Planted{Mutation::SpoolNeverSyncs, {"the_spool_holds_what_it_told"}},
                      Planted{Mutation::SpoolLeavesUnfinished, {"the_spool_holds_what_it_told"}},
                      Planted{Mutation::NoDedup, {"one_fate_for_each_update", "nothing_learned_is_lost"}},
                      Planted{Mutation::ForgetsFrozenRound, {"rounds_end"}},
                      Planted{Mutation::SumsShort, {"versions_are_the_exact_mean"}},
                      Planted{Mutation::ErasesHeldWeights, {"no_version_without_its_weights"}},
                      Planted{Mutation::NodeForgetsSpool, {"nothing_learned_is_lost"}},
                      Planted{Mutation::NodeForgetsProgress, {"nothing_learned_is_lost"}},
                      Planted{Mutation::NodeReappliesCounted, {"nothing_learned_is_lost"}},
                      Planted{Mutation::NodeSpoilsVersion, {"nodes_install_published_versions_upwards"}},
                      Planted{Mutation::CountsRevoked, {"counted_at_most_once"}},
                      Planted{Mutation::ForgetsErrors, {"errors_are_counted_once"}},
                      Planted{Mutation::ForgetsAlarms, {"alarms_are_recorded_once"}},
                      Planted{Mutation::ErasesNewestUpdates, {"no_accepted_update_without_its_bytes"}},
                      Planted{Mutation::ForgetsErasures, {"what_is_erased_is_gone"}},
                      Planted{Mutation::ForgetsTrials, {"candidates_go_to_canaries_alone"}},
                      Planted{Mutation::CountsHeld, {"held_updates_count_nowhere"}}),
    name_of_planted);

}  // namespace
}  // namespace skerry::simulation
