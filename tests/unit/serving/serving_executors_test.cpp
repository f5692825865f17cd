#include "edge-node/serving/executors/serving_executors.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <gtest/gtest.h>

#include "edge-node/serving/executors/tournament_file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/parameters/specs.hpp"
#include "tests/unit/serving/executor_logits.hpp"
#include "tests/unit/serving/fake_executors.hpp"

namespace skerry::node {
namespace {

using std::chrono::microseconds;
using testing::fake;

class ServingExecutorsTest : public ::testing::Test {
protected:
    /// Agrees, and is `faster` than the reference by the clock of these tests.
    Candidate taking(std::string name, microseconds time) {
        return fake(std::move(name), [this, time](std::size_t, std::span<float>, std::size_t) {
            ++runs_;
            now_ += time;
        });
    }
    std::vector<Candidate> two() { return {taking("plain", microseconds(20)), taking("fast", microseconds(2))}; }
    ServingExecutors choose(std::vector<Candidate> candidates, std::string executor = "auto",
                            std::string machine = "this one") {
        return {spec_,
                layout_,
                Tier::Heavy,
                std::move(candidates),
                {std::move(executor),
                 dir_.path() / "executors.json",
                 std::move(machine),
                 {std::chrono::milliseconds(10), [this] { return now_; }}}};
    }
    std::vector<float> logits_of_a_snapshot(const ServingExecutors& executors) {
        const auto made = executors.factory()(spec_, layout_, parameters_);
        EXPECT_TRUE(made);
        return testing::logits_of(**made, spec_, Tier::Heavy, std::vector<float>(spec_.input.values(), 0.5F));
    }

    TemporaryFolder dir_;
    parameters::ModelSpec spec_ = parameters::testing::table();
    parameters::ParameterLayout layout_ = *parameters::ParameterLayout::of(spec_);
    std::vector<float> parameters_ = parameters::initial_parameters(spec_, layout_, 3);
    std::chrono::nanoseconds now_{0};
    std::size_t runs_ = 0;
};

TEST_F(ServingExecutorsTest, RemembersTheOutcomeForTheNextStart) {
    const ExecutorFacts first = choose(two()).facts();
    EXPECT_FALSE(first.remembered);
    EXPECT_EQ(first.lineup[0][0], 1U);
    runs_ = 0;
    const ExecutorFacts second = choose(two()).facts();
    EXPECT_TRUE(second.remembered);
    EXPECT_EQ(runs_, 0U);
    EXPECT_EQ(second.lineup, first.lineup);
    EXPECT_EQ(second.standings[1].microseconds, first.standings[1].microseconds);
}

TEST_F(ServingExecutorsTest, HoldsANewTournamentOnAnotherMachineModelOrSetOfExecutors) {
    choose(two());
    EXPECT_FALSE(choose(two(), "auto", "another").facts().remembered);
    EXPECT_TRUE(choose(two(), "auto", "another").facts().remembered);
    EXPECT_FALSE(choose({taking("plain", microseconds(1)), taking("new", microseconds(1))}, "auto", "another")
                     .facts()
                     .remembered);
    spec_.classes.push_back("sideways");
    layout_ = *parameters::ParameterLayout::of(spec_);
    EXPECT_FALSE(choose(two()).facts().remembered);
}

TEST_F(ServingExecutorsTest, HoldsANewTournamentWhenTheFileIsDamagedAnywhere) {
    choose(two());
    const auto path = dir_.path() / "executors.json";
    std::ifstream file(path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    file.close();
    ASSERT_GT(text.size(), 100U);
    const auto write = [&](const std::string& damaged) {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << damaged;
    };
    for (std::size_t cut = 0; cut + 3 < text.size(); cut += 7) {
        write(text.substr(0, cut));
        EXPECT_FALSE(choose(two()).facts().remembered) << "cut at " << cut;
    }
    const auto replaced = [&](const std::string& from, const std::string& to) {
        std::string damaged = text;
        const auto at = damaged.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return at == std::string::npos ? damaged : damaged.replace(at, from.size(), to);
    };
    for (const std::string& damaged :
         {std::string(100'000, ' '), std::string("[]"),
          replaced("\"lineup\": [\n  [\n   1", "\"lineup\": [\n  [\n   2"),
          replaced("\"lineup\": [\n  [\n   1", "\"lineup\": [\n  [\n   -1"), replaced("2.0", "-2.0"),
          replaced("2.0", "1e999"), replaced("\"excluded\": \"\"", "\"excluded\": 5")}) {
        write(damaged);
        EXPECT_FALSE(choose(two()).facts().remembered) << damaged.substr(0, 400);
    }
}

TEST_F(ServingExecutorsTest, ServesWithoutAPlaceToRememberIn) {
    const ServingExecutors executors(spec_, layout_, Tier::Heavy, two(),
                                     {"auto", dir_.path() / "missing" / "file", "", {}});
    EXPECT_EQ(logits_of_a_snapshot(executors).size(), spec_.classes.size());
}

TEST_F(ServingExecutorsTest, ServesOnTheOneThatTheOperatorNames) {
    const ExecutorFacts slow =
        choose({taking("plain", microseconds(2)), taking("slow", microseconds(9))}, "slow").facts();
    EXPECT_EQ(slow.lineup[0][0], 1U);
    EXPECT_EQ(slow.trouble, "");
    const ExecutorFacts plain = choose(two(), "plain").facts();
    EXPECT_EQ(plain.lineup, Lineup{});
    EXPECT_EQ(plain.trouble, "");
}

TEST_F(ServingExecutorsTest, SaysWhyTheOneThatTheOperatorNamesDoesNotServe) {
    EXPECT_NE(choose(two(), "xnnpack").facts().trouble.find("xnnpack"), std::string::npos);
    const auto liar = [](std::size_t, std::span<float> values, std::size_t) { values[0] += 1; };
    const ServingExecutors executors = choose({taking("plain", microseconds(2)), fake("liar", liar)}, "liar");
    EXPECT_NE(executors.facts().trouble.find("liar: light stage"), std::string::npos) << executors.facts().trouble;
    EXPECT_EQ(executors.facts().lineup, Lineup{});
}

TEST_F(ServingExecutorsTest, ServesOnTheReferenceWhileASnapshotDoesNotAgree) {
    bool lies = false;
    const auto fault = [&lies](std::size_t unit, std::span<float> values, std::size_t) {
        if (lies && unit == 5) values[0] += 1;
    };
    const ServingExecutors executors = choose({taking("plain", microseconds(20)), fake("moody", fault)});
    const std::vector<float> expected = logits_of_a_snapshot(executors);
    EXPECT_EQ(executors.facts().trouble, "");
    lies = true;
    EXPECT_EQ(logits_of_a_snapshot(executors), expected);
    EXPECT_NE(executors.facts().trouble.find("heavy head"), std::string::npos);
    lies = false;
    EXPECT_EQ(logits_of_a_snapshot(executors), expected);
    EXPECT_EQ(executors.facts().trouble, "");
}

TEST_F(ServingExecutorsTest, ServesOnTheReferenceWhenAnotherCannotBeMadeAnyMore) {
    bool broken = false;
    Candidate fast = taking("fast", microseconds(1));
    fast.make = [&broken, make = fast.make](const auto& spec, const auto& layout,
                                            auto parameters) -> Result<std::unique_ptr<const Executor>> {
        if (broken) throw std::runtime_error("no memory");
        return make(spec, layout, parameters);
    };
    const ServingExecutors executors = choose({taking("plain", microseconds(20)), fast});
    broken = true;
    EXPECT_EQ(logits_of_a_snapshot(executors).size(), spec_.classes.size());
    EXPECT_EQ(executors.facts().trouble, "it threw: no memory");
}

TEST_F(ServingExecutorsTest, RefusesAPrefixThatIsNoTier) {
    parameters_.pop_back();
    EXPECT_FALSE(choose(two()).factory()(spec_, layout_, parameters_));
}

TEST_F(ServingExecutorsTest, MixesExecutorsWithinOneModel) {
    const auto heads_only = [this](std::size_t unit, std::span<float>, std::size_t) {
        now_ += microseconds(is_head(unit) ? 1 : 99);
    };
    std::vector<std::size_t> used(kUnits);
    const auto count = [&used](std::size_t unit, std::span<float>, std::size_t) { ++used[unit]; };
    const ServingExecutors executors = choose({fake("plain",
                                                    [this, count](std::size_t unit, auto values, auto batch) {
                                                        now_ += microseconds(10);
                                                        count(unit, values, batch);
                                                    }),
                                               fake("heads", heads_only)});
    const auto made = *executors.factory()(spec_, layout_, parameters_);
    used.assign(kUnits, 0);
    testing::logits_of(*made, spec_, Tier::Heavy, std::vector<float>(spec_.input.values()));
    EXPECT_EQ(used, (std::vector<std::size_t>{1, 0, 1, 0, 1, 0}));
}

}  // namespace
}  // namespace skerry::node
