#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "edge-node/serving/executors/calibration_rows.hpp"
#include "edge-node/serving/executors/tournament.hpp"

namespace skerry::node {

struct ExecutorFacts {
    std::vector<Standing> standings;
    Lineup lineup{};  ///< places in `standings`
    Tier held = Tier::Light;
    bool remembered = false;  ///< the times are those of an earlier start
    std::string trouble;      ///< why the reference serves in the place of another; empty: it does not
};

/// Chooses who serves a model, at the start, and then makes each snapshot's executor: checked against the reference on
/// one input before it serves; at the first doubt the reference serves. Thread-safe.
class ServingExecutors {
public:
    struct Options {
        std::string executor = "auto";  ///< or the name of the one candidate that serves if it agrees
        std::filesystem::path file;     ///< where the outcome is kept
        std::string machine;            ///< machine_key(): an outcome of another one is not used
        TournamentLimits limits;
        CalibrationRows samples = nullptr;  ///< to check with; null: drawn inputs
    };

    /// Blocks: reads the file, else holds the tournament, and writes it.
    ServingExecutors(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout, Tier held,
                     std::vector<Candidate> candidates, const Options& options);

    [[nodiscard]] ExecutorFactory factory() const;
    [[nodiscard]] ExecutorFacts facts() const;

private:
    struct State;
    std::shared_ptr<State> state_;  ///< shared with the factories
};

}  // namespace skerry::node
