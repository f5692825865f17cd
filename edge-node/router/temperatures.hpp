#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/base/random.hpp"
#include "edge-node/router/router.hpp"

namespace skerry::node {

/// What all exits said about samples whose labels are known: the newest of them, for the temperatures and for what only
/// labels can tell. Memory: 600 KB, and with 1024 classes as much, since there are fewer then.
class LabelledReadings {
public:
    static constexpr std::size_t kReadingsMax = 500;
    static constexpr std::size_t kReadingsMin = 50;

    /// `logits`: shape [rows, kTiers, classes]; `labels`: shape [rows], below `classes`. A row that is not finite is
    /// left out; another number of classes than before begins anew.
    void add(std::span<const float> logits, std::span<const std::uint32_t> labels, std::size_t classes);

    [[nodiscard]] std::size_t size() const { return rows_.size(); }
    /// Since the beginning.
    [[nodiscard]] std::uint64_t seen() const { return seen_; }

    /// The temperature of each exit with the least mean cross entropy, within [kTemperatureMin, kTemperatureMax].
    /// Guo et al. 2017, "On Calibration of Modern Neural Networks", §4.2.
    /// `from`: where to begin; near the last ones it is found in two or three rounds over the rows, else in up to 20.
    [[nodiscard]] Router::Temperatures fitted(Router::Temperatures from = {1, 1, 1}) const;
    static constexpr float kTemperatureMin = 0.5F;
    static constexpr float kTemperatureMax = 4;

    /// The share that heavy answers rightly. No readings: nothing. Known beforehand: it is asked with each request.
    [[nodiscard]] std::optional<double> heavy_accuracy() const;
    /// How well light's uncertainty tells that light is wrong and heavy right (auroc.hpp).
    [[nodiscard]] std::optional<double> gate_auroc(const Router& router) const;

private:
    struct Row {
        std::uint32_t label = 0;
        std::vector<float> logits;  ///< shape [kTiers, classes]
        bool heavy_right = false;
    };
    [[nodiscard]] std::span<const float> logits_of(const Row& row, std::size_t exit) const;

    std::size_t classes_ = 0;
    std::size_t capacity_ = 0;
    std::vector<Row> rows_;  ///< a ring once it is full
    std::size_t next_ = 0;
    std::uint64_t seen_ = 0;
    std::size_t heavy_right_ = 0;  ///< of rows_
};

}  // namespace skerry::node
