#include "edge-node/serving/executors/tournament.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <limits>
#include <optional>
#include <utility>

#include "common/parameters/map_shape.hpp"
#include "edge-node/serving/executors/reference_run.hpp"

namespace skerry::node {
namespace {

constexpr std::size_t kRoundsMax = 16;
constexpr std::size_t kRunsMax = 64;
constexpr double kTimingMicroseconds = 200;  ///< one timing lasts about this long: the clock's own cost vanishes

struct Entrant {
    std::unique_ptr<const Executor> executor;  ///< null: excluded
    Standing* standing;
};

void exclude(Entrant& entrant, std::string reason) {
    entrant.standing->excluded = std::move(reason);
    entrant.standing->microseconds = {};
    entrant.executor.reset();
}

std::unique_ptr<const Executor> make(const Candidate& candidate, const parameters::ModelSpec& spec,
                                     const parameters::ParameterLayout& layout, std::span<const float> parameters,
                                     Standing& standing) try {
    auto made = candidate.make(spec, layout, parameters);
    if (made) return std::move(*made);
    standing.excluded = made.error().message;
    return nullptr;
} catch (const std::exception& thrown) {
    standing.excluded = std::string("it threw: ") + thrown.what();
    return nullptr;
}

/// Of one that was made before: so what all versions share is there. The fastest of a few, of a large one the first.
void time_making(Entrant& entrant, const Candidate& candidate, const parameters::ModelSpec& spec,
                 const parameters::ParameterLayout& layout, std::span<const float> parameters, Tier held,
                 const TournamentLimits& limits) try {
    constexpr int kTries = 3;
    constexpr double kLongMicroseconds = 10'000;
    const auto fastest_of = [&](const auto& make_one) {
        double best = std::numeric_limits<double>::infinity();
        for (int i = 0; i < kTries && (i == 0 || best < kLongMicroseconds); ++i) {
            const auto begin = limits.clock();
            static_cast<void>(make_one());
            best = std::min(best, std::chrono::duration<double, std::micro>(limits.clock() - begin).count());
        }
        return best;
    };
    if (!candidate.pack) {
        entrant.standing->making.fill(fastest_of([&] { return candidate.make(spec, layout, parameters); }));
        return;
    }
    const auto network = network_of(spec, layout, parameters);
    for (std::size_t unit = 0; network && unit < units_held(held); ++unit) {
        const NetworkSource alone = only(*network, Units().set(unit));
        entrant.standing->making[unit] = fastest_of([&] { return candidate.pack(spec, alone); });
    }
} catch (const std::exception& thrown) {
    exclude(entrant, std::string("it threw: ") + thrown.what());
}

void time_once(Entrant& entrant, std::size_t unit, std::size_t timed, const ReferenceRun& run,
               const TournamentLimits& limits, ExecutorScratch& scratch) try {
    double& best = entrant.standing->microseconds[unit][timed];
    const double wanted = best > 0 ? kTimingMicroseconds / best : 1;
    const auto runs = static_cast<std::size_t>(std::clamp(wanted, 1.0, static_cast<double>(kRunsMax)));
    std::vector<float> out(run.out(unit).size());
    // Those before it have left little of its weights in the caches, and more of them where it has fewer runs.
    run_unit(*entrant.executor, unit, run.in(unit), out, run.batch(), scratch);
    const auto begin = limits.clock();
    for (std::size_t i = 0; i < runs; ++i)
        run_unit(*entrant.executor, unit, run.in(unit), out, run.batch(), scratch);
    const std::chrono::duration<double, std::micro> taken = limits.clock() - begin;
    const double each = std::max(taken.count() / static_cast<double>(runs), 1e-3);
    best = best > 0 ? std::min(best, each) : each;
} catch (const std::exception& thrown) {
    exclude(entrant, std::string("it threw: ") + thrown.what());
}

void time_all(std::vector<Entrant>& entrants, std::span<const ReferenceRun> runs, const TournamentLimits& limits) {
    const auto end = limits.clock() + limits.time;
    ExecutorScratch scratch;
    for (std::size_t round = 0; round < kRoundsMax; ++round) {
        for (std::size_t timed = 0; timed < runs.size(); ++timed) {
            for (std::size_t unit = 0; unit < runs[timed].units(); ++unit) {
                for (Entrant& entrant : entrants) {
                    if (round > 0 && limits.clock() >= end) return;
                    if (entrant.executor) time_once(entrant, unit, timed, runs[timed], limits, scratch);
                }
            }
        }
    }
}

std::size_t fastest(const std::vector<Standing>& standings, std::size_t unit, std::size_t timed) {
    std::size_t best = 0;
    for (std::size_t place = 1; place < standings.size(); ++place) {
        if (!standings[place].excluded.empty()) continue;
        if (standings[place].microseconds[unit][timed] < standings[best].microseconds[unit][timed]) best = place;
    }
    return best;
}

/// Nearly as fast: what the clock of a busy machine tells apart by chance.
constexpr double kNearly = 1.1;

/// By timed batch size. One for all of them where it is nearly as fast as the fastest for each: two would hold the
/// unit's weights twice, and pack them twice for each version. Of several the one that packs the least, as its making
/// shows.
std::array<std::size_t, kTimedBatches.size()> chosen(const std::vector<Standing>& standings, std::size_t unit) {
    std::array<std::size_t, kTimedBatches.size()> places{};
    for (std::size_t timed = 0; timed < places.size(); ++timed)
        places[timed] = fastest(standings, unit, timed);
    const auto best = [&](std::size_t first, std::size_t last) {
        std::optional<std::size_t> one;
        std::pair<double, double> least;
        for (std::size_t place = 0; place < standings.size(); ++place) {
            const Standing& standing = standings[place];
            if (!standing.excluded.empty()) continue;
            double worst = 1;
            for (std::size_t timed = first; timed < last; ++timed) {
                worst = std::max(
                    worst, standing.microseconds[unit][timed] / standings[places[timed]].microseconds[unit][timed]);
            }
            const std::pair cost{standing.making[unit], worst};
            if (worst <= kNearly && (!one || cost < least)) one = place, least = cost;
        }
        return one;
    };
    if (const auto one = best(0, places.size())) {
        places.fill(*one);
    } else {
        for (std::size_t timed = 0; timed < places.size(); ++timed)
            places[timed] = best(timed, timed + 1).value_or(places[timed]);
    }
    return places;
}

}  // namespace

Tournament run_tournament(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout, Tier held,
                          std::span<const Candidate> candidates, const TournamentLimits& limits,
                          std::span<const float> samples) {
    SKERRY_ASSERT(!candidates.empty());
    std::vector<float> parameters = parameters::initial_parameters(spec, layout, 1);
    parameters.resize(layout.prefix(held));
    Tournament tournament;
    tournament.standings.resize(candidates.size());
    std::vector<Entrant> entrants;
    for (std::size_t place = 0; place < candidates.size(); ++place) {
        Standing& standing = tournament.standings[place];
        standing.name = candidates[place].name;
        entrants.push_back({make(candidates[place], spec, layout, parameters, standing), &standing});
        if (entrants.back().executor)
            time_making(entrants.back(), candidates[place], spec, layout, parameters, held, limits);
    }
    SKERRY_ASSERT(entrants.front().executor != nullptr);
    std::vector<ReferenceRun> runs;
    for (const std::size_t batch : kTimedBatches) {
        runs.emplace_back(*entrants.front().executor, spec, held,
                          check_inputs(spec, layout, parameters, samples, batch), batch);
        for (std::size_t place = 1; place < entrants.size(); ++place) {
            if (!entrants[place].executor) continue;
            const auto doubt = doubt_about(*entrants[place].executor, candidates[place].exact, runs.back());
            if (doubt) exclude(entrants[place], *doubt);
        }
    }
    time_all(entrants, runs, limits);
    for (std::size_t unit = 0; unit < units_held(held); ++unit)
        tournament.lineup[unit] = chosen(tournament.standings, unit);
    return tournament;
}

}  // namespace skerry::node
