#include "edge-node/serving/executors/reference_run.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "common/base/random.hpp"
#include "common/parameters/map_shape.hpp"
#include "common/parameters/normaliser.hpp"

namespace skerry::node {
namespace {

constexpr float kExactTolerance = 1e-4F;
constexpr float kLogitTolerance = 0.1F;
constexpr float kHesitation = 0.05F;

std::size_t best_of(std::span<const float> logits) {
    return static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

std::optional<std::string> difference(std::span<const float> values, std::span<const float> expected, float bound) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i])) return "value " + std::to_string(i) + " is not a number";
        if (!(std::abs(values[i] - expected[i]) <= bound)) {
            return "value " + std::to_string(i) + " is " + std::to_string(values[i]) + ", the reference's " +
                   std::to_string(expected[i]);
        }
    }
    return std::nullopt;
}

std::optional<std::string> other_class(std::span<const float> logits, std::span<const float> expected,
                                       std::size_t batch, float hesitation) {
    const std::size_t classes = logits.size() / batch;
    for (std::size_t row = 0; row < batch; ++row) {
        const auto wanted = expected.subspan(row * classes, classes);
        const std::size_t chosen = best_of(logits.subspan(row * classes, classes));
        if (wanted[best_of(wanted)] - wanted[chosen] <= hesitation) continue;
        return "sample " + std::to_string(row) + " gets another class than from the reference";
    }
    return std::nullopt;
}

std::optional<std::string> first_difference(const Executor& executor, bool exact, const ReferenceRun& run) {
    ExecutorScratch scratch;
    std::vector<float> map(run.in(0).begin(), run.in(0).end());
    for (std::size_t unit = 0; unit < run.units(); ++unit) {
        const std::span<const float> expected = run.out(unit);
        std::vector<float> values(expected.size());
        run_unit(executor, unit, map, values, run.batch(), scratch);
        float largest = 0;
        for (const float value : expected)
            largest = std::max(largest, std::abs(value));
        std::optional<std::string> found;
        if (exact) {
            found = difference(values, expected, kExactTolerance * (1 + largest));
        } else if (is_head(unit)) {
            found = difference(values, expected, kLogitTolerance * largest);
            if (!found) found = other_class(values, expected, run.batch(), kHesitation * largest);
        }
        if (found) return name_of_unit(unit) + ": " + *found + " (batch of " + std::to_string(run.batch()) + ")";
        if (!is_head(unit)) map = std::move(values);
    }
    return std::nullopt;
}

}  // namespace

ReferenceRun::ReferenceRun(const Executor& reference, const parameters::ModelSpec& spec, Tier held,
                           std::vector<float> inputs, std::size_t batch)
    : batch_(batch), inputs_(std::move(inputs)) {
    SKERRY_ASSERT(inputs_.size() == batch * spec.input.values());
    ExecutorScratch scratch;
    for (std::size_t unit = 0; unit < units_held(held); ++unit) {
        const std::size_t values = is_head(unit) ? spec.classes.size() : map_after(spec, tier_of_unit(unit)).values();
        values_.emplace_back(batch * values);
        run_unit(reference, unit, in(unit), values_.back(), batch, scratch);
    }
}

std::span<const float> ReferenceRun::in(std::size_t unit) const {
    if (unit == 0) return inputs_;
    return values_[is_head(unit) ? unit - 1 : unit - 2];
}

std::vector<float> check_inputs(const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
                                std::span<const float> parameters, std::span<const float> samples, std::size_t batch) {
    std::vector<float> inputs(batch * spec.input.values());
    if (samples.empty()) {
        Random random(batch);
        for (float& value : inputs)
            value = static_cast<float>(random.bell());
        return inputs;
    }
    for (std::size_t i = 0; i < inputs.size(); ++i)
        inputs[i] = samples[i % samples.size()];
    parameters::normalise(parameters::normaliser_of(layout, parameters), spec.input, inputs);
    return inputs;
}

std::optional<std::string> doubt_about(const Executor& executor, bool exact, const ReferenceRun& run) {
    try {
        return first_difference(executor, exact, run);
    } catch (const std::exception& thrown) {
        return std::string("it threw: ") + thrown.what();
    } catch (...) {
        return "it threw";
    }
}

}  // namespace skerry::node
