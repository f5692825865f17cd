#include "edge-node/serving/executors/tournament.hpp"

#include <limits>
#include <stdexcept>

#include <gtest/gtest.h>

#include "edge-node/serving/executors/compiled_executors.hpp"
#include "tests/unit/parameters/specs.hpp"
#include "tests/unit/serving/fake_executors.hpp"

namespace skerry::node {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;
using testing::fake;

/// A clock that stands still but for the time that fakes say they take.
class TournamentOfFakes : public ::testing::Test {
protected:
    Candidate taking(std::string name, std::function<microseconds(std::size_t unit, std::size_t batch)> time) {
        return fake(std::move(name),
                    [this, time](std::size_t unit, std::span<float>, std::size_t batch) { now_ += time(unit, batch); });
    }
    Candidate steady(std::string name, microseconds time) {
        return taking(std::move(name), [time](std::size_t, std::size_t) { return time; });
    }
    Tournament hold(std::vector<Candidate> candidates, Tier held = Tier::Heavy) {
        return run_tournament(spec_, layout_, held, candidates,
                              {std::chrono::milliseconds(400), [this] { return now_; }});
    }
    /// The reason for which `candidate`, the fastest of all, may not serve.
    std::string reason_against(Candidate candidate) {
        const Tournament outcome = hold({steady("plain", microseconds(10)), std::move(candidate)});
        for (const auto& unit : outcome.lineup)
            EXPECT_EQ(unit, (std::array<std::size_t, 2>{0, 0}));
        EXPECT_EQ(outcome.standings[1].microseconds, decltype(Standing::microseconds){});
        return outcome.standings[1].excluded;
    }

    parameters::ModelSpec spec_ = parameters::testing::table();
    parameters::ParameterLayout layout_ = *parameters::ParameterLayout::of(spec_);
    nanoseconds now_{0};
};

TEST_F(TournamentOfFakes, GivesEachUnitAndBatchSizeToTheFastest) {
    const auto good_at_heads = [](std::size_t unit, std::size_t) { return microseconds(is_head(unit) ? 5 : 50); };
    const auto good_at_batches = [](std::size_t, std::size_t batch) { return microseconds(batch == 8 ? 3 : 40); };
    const Tournament outcome =
        hold({steady("plain", microseconds(20)), taking("heads", good_at_heads), taking("batches", good_at_batches)});
    for (std::size_t unit = 0; unit < kUnits; ++unit) {
        EXPECT_EQ(outcome.lineup[unit][0], is_head(unit) ? 1U : 0U);
        EXPECT_EQ(outcome.lineup[unit][1], 2U);
        EXPECT_DOUBLE_EQ(outcome.standings[0].microseconds[unit][0], 20);
        EXPECT_DOUBLE_EQ(outcome.standings[2].microseconds[unit][1], 3);
    }
}

TEST_F(TournamentOfFakes, GivesAUnitToOneForAllBatchSizesWhereThatIsNearlyAsFast) {
    const auto by_batch = [](int one, int eight) {
        return [one, eight](std::size_t, std::size_t batch) { return microseconds(batch == 8 ? eight : one); };
    };
    // The second is 5 % slower for one sample; the third is the fastest for one, and 20 % slower for eight.
    EXPECT_EQ(hold({steady("plain", microseconds(900)), taking("even", by_batch(105, 400)),
                    taking("single", by_batch(100, 480))})
                  .lineup[2],
              (std::array<std::size_t, 2>{1, 1}));
    EXPECT_EQ(hold({steady("plain", microseconds(900)), taking("even", by_batch(120, 400)),
                    taking("single", by_batch(100, 480))})
                  .lineup[2],
              (std::array<std::size_t, 2>{2, 1}))
        << "neither is nearly as fast for both";
    // Of several that are, the one whose worst is least.
    EXPECT_EQ(hold({taking("plain", by_batch(109, 400)), taking("even", by_batch(104, 404)),
                    taking("single", by_batch(100, 440))})
                  .lineup[2],
              (std::array<std::size_t, 2>{1, 1}));
}

TEST_F(TournamentOfFakes, TakesOfThoseThatAreNearlyAsFastTheOneThatIsMadeTheSoonest) {
    const auto making = [this](Candidate candidate, microseconds time) {
        candidate.make = [this, time, make = candidate.make](const auto& spec, const auto& layout, auto parameters) {
            now_ += time;
            return make(spec, layout, parameters);
        };
        return candidate;
    };
    const auto lineup_with = [&](int borrows) {
        return hold({making(steady("plain", microseconds(900)), microseconds(400)),
                     making(steady("packs", microseconds(100)), microseconds(1000)),
                     making(steady("borrows", microseconds(borrows)), microseconds(10))})
            .lineup[0];
    };
    EXPECT_EQ(lineup_with(109), (std::array<std::size_t, 2>{2, 2}));
    EXPECT_EQ(lineup_with(112), (std::array<std::size_t, 2>{1, 1}));
}

TEST_F(TournamentOfFakes, LeavesTiersThatAreNotHeldToTheReference) {
    const Tournament outcome = hold({steady("plain", microseconds(20)), steady("fast", microseconds(1))}, Tier::Light);
    EXPECT_EQ(outcome.lineup[0][0], 1U);
    EXPECT_EQ(outcome.lineup[2][0], 0U);
    EXPECT_EQ(outcome.standings[1].microseconds[2][0], 0);
}

TEST_F(TournamentOfFakes, ExcludesALiar) {
    const std::string reason =
        reason_against(fake("liar", [](std::size_t unit, std::span<float> values, std::size_t batch) {
            if (unit == 4 && batch == 8) values.back() += 0.5F;
        }));
    EXPECT_NE(reason.find("heavy stage"), std::string::npos) << reason;
    EXPECT_NE(reason.find("batch of 8"), std::string::npos) << reason;
}

TEST_F(TournamentOfFakes, ExcludesWhatThrows) {
    const auto thrower = [](std::size_t, std::span<float>, std::size_t) { throw std::runtime_error("no such kernel"); };
    EXPECT_EQ(reason_against(fake("thrower", thrower)), "it threw: no such kernel");
}

TEST_F(TournamentOfFakes, ExcludesWhatThrowsOnlyOnceItIsTimed) {
    const auto thrower = [calls = 0](std::size_t, std::span<float>, std::size_t) mutable {
        if (++calls > 20) throw std::runtime_error("worn out");
    };
    EXPECT_EQ(reason_against(fake("tired", thrower)), "it threw: worn out");
}

TEST_F(TournamentOfFakes, ExcludesWhatGivesNoNumbers) {
    const auto broken = [](std::size_t, std::span<float> values, std::size_t) {
        values.front() = std::numeric_limits<float>::quiet_NaN();
    };
    EXPECT_NE(reason_against(fake("broken", broken)).find("not a number"), std::string::npos);
}

TEST_F(TournamentOfFakes, ExcludesWhatCannotBeMade) {
    Candidate refuses{"refuses", [](const auto&, const auto&, auto) -> Result<std::unique_ptr<const Executor>> {
                          return fail(ErrorCode::Unavailable, "not on this processor");
                      }};
    EXPECT_EQ(reason_against(refuses), "not on this processor");
    Candidate throws{"throws", [](const auto&, const auto&, auto) -> Result<std::unique_ptr<const Executor>> {
                         throw std::runtime_error("out of code memory");
                     }};
    EXPECT_EQ(reason_against(throws), "it threw: out of code memory");
    Candidate once = steady("once", microseconds(1));
    once.make = [make = once.make, made = 0](const auto& spec, const auto& layout, auto parameters) mutable {
        if (made++ > 0) throw std::runtime_error("the next version does not fit");
        return make(spec, layout, parameters);
    };
    EXPECT_EQ(reason_against(once), "it threw: the next version does not fit");
}

TEST_F(TournamentOfFakes, LetsAnInexactOneRoundMapsButNotChangeClasses) {
    const auto rounded = [](std::size_t, std::span<float> values, std::size_t) {
        for (float& value : values)
            value *= 1.001F;
    };
    EXPECT_FALSE(reason_against(fake("rounding", rounded)).empty());
    const Tournament outcome = hold({steady("plain", microseconds(10)), fake("rounding", rounded, false)});
    EXPECT_EQ(outcome.standings[1].excluded, "");
    EXPECT_EQ(outcome.lineup[0][0], 1U);

    const auto swapped = [](std::size_t unit, std::span<float> values, std::size_t) {
        if (is_head(unit)) std::swap(values[0], values[1]);
    };
    EXPECT_FALSE(reason_against(fake("swapping", swapped, false)).empty());
}

TEST_F(TournamentOfFakes, EndsInTimeHoweverSlowTheModelIs) {
    hold({steady("plain", std::chrono::milliseconds(90)), steady("slow", std::chrono::milliseconds(80))});
    // The check and one timing of each unit, batch size and candidate, with a run before it, then no more.
    EXPECT_LE(now_, std::chrono::milliseconds(3 * 2 * kUnits * (90 + 80) + 400));
}

TEST(Tournament, TakesEveryCompiledExecutorOnThisMachine) {
    const parameters::ModelSpec spec = parameters::testing::digits();
    const auto layout = *parameters::ParameterLayout::of(spec);
    const Tournament outcome = run_tournament(spec, layout, Tier::Heavy, compiled_executors(), {});
    for (const Standing& standing : outcome.standings) {
        EXPECT_EQ(standing.excluded, "") << standing.name;
        EXPECT_GT(standing.microseconds[0][0], 0) << standing.name;
    }
}

}  // namespace
}  // namespace skerry::node
