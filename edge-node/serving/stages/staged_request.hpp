#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "edge-node/serving/classify.hpp"

namespace skerry::node {

/// What a deadline must leave for the way from the decision to the last byte of the reply.
inline constexpr std::chrono::microseconds kReplyTime{200};

/// One request on its way through the stages. Its rows are answered by one snapshot and one router, each when its exit
/// is reached; the request is answered when all its rows are.
struct StagedRequest {
    using Instant = std::chrono::steady_clock::time_point;

    StagedRequest() = default;
    StagedRequest(const StagedRequest&) = delete;
    StagedRequest& operator=(const StagedRequest&) = delete;
    virtual ~StagedRequest() = default;

    /// On the loop's thread, once, when `answers` is complete; not when the engine is destroyed before.
    virtual void answered() = 0;

    // What is asked; does not change while the stages run.
    std::shared_ptr<const Snapshot> snapshot;
    std::shared_ptr<const Router> router;
    std::span<const Bytes> samples;   ///< at least one, checked: each as scaled_values takes it
    Tier deepest = Tier::Heavy;       ///< no exit beyond it is read
    Instant arrived;                  ///< begins the latency budget
    std::optional<Instant> deadline;  ///< when the answer has to leave

    // What came of it; read it in answered().
    std::vector<Answer> answers;                   ///< one a row
    std::uint64_t clamped = 0;                     ///< rows with a value at ±limits::kScaledInputMax after scaling
    std::optional<std::size_t> clamped_channel{};  ///< of the first of these: channel or feature
    std::chrono::nanoseconds computing{0};         ///< of the batches that its rows were in, each whole and once

    // The engine's own.
    std::size_t rows_open = 0;  ///< without their final answer
    std::size_t bytes = 0;      ///< what it was admitted with
    std::uint64_t batch = 0;    ///< the newest that computing holds
    bool closed = false;        ///< its answer leaves: what its rows still find is not wanted
};

/// One sample between two stages.
struct StagedRow {
    std::shared_ptr<StagedRequest> request;
    std::size_t index = 0;      ///< among the request's samples
    Tier target = Tier::Light;  ///< the exit to be read next; the heads before it are skipped
    std::vector<float> map;     ///< what the stage before gave; empty at the light stage
};

/// Rows of one snapshot that run through one stage together.
struct StageBatch {
    Tier stage = Tier::Light;
    std::vector<StagedRow> rows;
    std::chrono::nanoseconds next_stage{0};  ///< what a batch of the stage behind this one takes, to 95 %
};

}  // namespace skerry::node
