#pragma once

#include <optional>
#include <vector>

#include "edge-node/serving/stages/staged_request.hpp"

namespace skerry::node {

/// What a stage found out about one row.
struct StageOutcome {
    std::optional<Answer> read;                  ///< its exit; nothing where the head was skipped
    std::optional<Tier> next;                    ///< the exit to be read next; nothing: `read` is final
    std::optional<std::size_t> clamped_channel;  ///< light stage: channel or feature of a value at ±kScaledInputMax
};

/// The buffers of one thread that runs stages.
struct StageScratch {
    ExecutorScratch executor;
    std::vector<float> in;       ///< shape [rows, …]
    std::vector<float> map;      ///< shape [rows, …]
    std::vector<float> exiting;  ///< the maps of the rows whose head is read
    std::vector<float> logits;   ///< shape [rows, classes]
};

/// Runs `batch` through its stage and reads the heads of the rows that want this exit, or that would miss their
/// deadline if they went on to a deeper one. Leaves in each row that goes on its map and its next target. One outcome
/// a row, in their order. Writes nothing of the requests: any number of threads at once, each with its own scratch.
[[nodiscard]] std::vector<StageOutcome> run_stage(StageBatch& batch, StageScratch& scratch);

/// Puts what a stage has read into the request's answer for that row: the best so far, marked `anytime` as long as a
/// deeper exit is wanted.
void record(const StagedRow& row, StageOutcome outcome);

}  // namespace skerry::node
