#pragma once

#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "edge-node/serving/stages/staged_request.hpp"
#include "tests/unit/serving/small_model.hpp"

namespace skerry::node::testing {

using Samples = std::vector<std::vector<float>>;

/// A request to the small model that owns its samples.
struct TestRequest final : StagedRequest {
    explicit TestRequest(const Samples& values, std::shared_ptr<const Snapshot> weights = small_snapshot()) {
        for (const std::vector<float>& row : values) {
            const auto raw = std::as_bytes(std::span(row));
            owned.emplace_back(raw.begin(), raw.end());
        }
        samples = owned;
        snapshot = std::move(weights);
        router = std::make_shared<const Router>();
        arrived = std::chrono::steady_clock::now();
        answers.resize(owned.size());
        rows_open = owned.size();
    }

    void answered() override {
        ++times_answered;
        if (on_answered) on_answered();
    }

    std::vector<Bytes> owned;
    int times_answered = 0;
    std::function<void()> on_answered;
};

/// What the small model finds easy, and what it sends on to its heavy exit.
inline const std::vector<float> kDown = {1, 0};
inline const std::vector<float> kUp = {0, 1};
inline const std::vector<float> kTie = {1, 1};

}  // namespace skerry::node::testing
