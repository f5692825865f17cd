#include "edge-node/serving/executors/serving_executors.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "common/base/bytes.hpp"
#include "edge-node/serving/executors/reference_run.hpp"
#include "edge-node/serving/executors/tournament_file.hpp"

namespace skerry::node {

struct ServingExecutors::State {
    std::vector<Candidate> candidates;
    CalibrationRows samples;
    ExecutorFacts facts;  ///< `trouble` under the mutex, the rest fixed
    std::mutex mutex;

    [[nodiscard]] bool only_reference() const {
        return std::all_of(facts.lineup.begin(), facts.lineup.end(), [](const auto& unit) {
            return std::all_of(unit.begin(), unit.end(), [](std::size_t place) { return place == 0; });
        });
    }
    /// Every winner promises the reference's numbers.
    [[nodiscard]] bool exact() const {
        for (const auto& unit : facts.lineup) {
            for (const std::size_t place : unit)
                if (!candidates[place].exact) return false;
        }
        return true;
    }
    void note(std::string trouble) {
        const std::lock_guard lock(mutex);
        facts.trouble = std::move(trouble);
    }

    Result<ReferenceRun> reference_run(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
                                       std::span<const float> parameters, Tier held, std::vector<float> inputs) const {
        const Candidate& reference = candidates.front();
        const auto made = reference.once ? reference.once(spec, SKERRY_TRY(network_of(spec, layout, parameters)))
                                         : reference.make(spec, layout, parameters);
        if (!made) return tl::unexpected(made.error());
        return ReferenceRun(**made, spec, held, std::move(inputs), 1);
    }

    Result<std::unique_ptr<const Executor>> make(const parameters::ModelSpec& spec,
                                                 const parameters::ParameterLayout& layout,
                                                 std::span<const float> parameters) {
        const Candidate& reference = candidates.front();
        if (only_reference()) return reference.make(spec, layout, parameters);
        const Tier held = SKERRY_TRY(layout.tier_of_prefix(parameters.size()));
        const auto fall_back = [&](std::string why) {
            note(std::move(why));
            return reference.make(spec, layout, parameters);
        };
        try {
            auto chosen = lined_up_executor(spec, layout, parameters, candidates, facts.lineup);
            if (!chosen) return fall_back(chosen.error().message);
            auto inputs = check_inputs(spec, layout, parameters, rows_of(samples), 1);
            const ReferenceRun run = SKERRY_TRY(reference_run(spec, layout, parameters, held, std::move(inputs)));
            if (auto doubt = doubt_about(**chosen, exact(), run)) return fall_back(std::move(*doubt));
            note("");
            return chosen;
        } catch (const std::exception& thrown) {
            return fall_back(std::string("it threw: ") + thrown.what());
        }
    }
};

namespace {

Lineup all_on(std::size_t place, Tier held) {
    Lineup lineup{};
    for (std::size_t unit = 0; unit < units_held(held); ++unit)
        lineup[unit].fill(place);
    return lineup;
}

bool named(const Lineup& lineup, std::size_t place) {
    return std::any_of(lineup.begin(), lineup.end(),
                       [&](const auto& unit) { return std::find(unit.begin(), unit.end(), place) != unit.end(); });
}

}  // namespace

ServingExecutors::ServingExecutors(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
                                   Tier held, std::vector<Candidate> candidates, const Options& options)
    : state_(std::make_shared<State>()) {
    ExecutorFacts& facts = state_->facts;
    facts.held = held;
    if (options.executor != "auto") {
        std::erase_if(candidates, [&, reference = candidates.front().name](const Candidate& candidate) {
            return candidate.name != reference && candidate.name != options.executor;
        });
    }
    const std::string key = options.machine + "\nmodel " + to_hex(identity_of(spec)) + " " + std::string(name_of(held));
    auto outcome = load_tournament(options.file, key, candidates, held);
    facts.remembered = outcome.has_value();
    if (!outcome) {
        outcome = run_tournament(spec, layout, held, candidates, options.limits, rows_of(options.samples));
        // Not being able to keep it costs the next start a moment, and nothing else.
        static_cast<void>(save_tournament(options.file, key, *outcome));
    }
    facts.standings = std::move(outcome->standings);
    facts.lineup = outcome->lineup;
    if (options.executor != "auto" && options.executor != candidates.front().name) {
        if (candidates.size() < 2) {
            facts.trouble = "this program has no executor '" + options.executor + "' on this machine";
        } else if (!facts.standings[1].excluded.empty()) {
            facts.trouble = options.executor + ": " + facts.standings[1].excluded;
        } else {
            facts.lineup = all_on(1, held);
        }
    }
    // What has lost gives back what it holds for its model.
    for (std::size_t place = 1; place < candidates.size(); ++place)
        if (!named(facts.lineup, place)) candidates[place].make = nullptr, candidates[place].pack = nullptr;
    state_->candidates = std::move(candidates);
    state_->samples = options.samples;
}

ExecutorFactory ServingExecutors::factory() const {
    return [state = state_](const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
                            std::span<const float> parameters) { return state->make(spec, layout, parameters); };
}

ExecutorFacts ServingExecutors::facts() const {
    const std::lock_guard lock(state_->mutex);
    return state_->facts;
}

}  // namespace skerry::node
