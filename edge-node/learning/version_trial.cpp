#include "edge-node/learning/version_trial.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/parameters/normaliser.hpp"

namespace skerry::node {

namespace {

struct Routed {
    Tier tier = Tier::Light;
    std::uint32_t predicted = 0;
};

Routed route(const ForwardResult& answers, std::size_t row, const Router& router) {
    const auto deepest = static_cast<Tier>(answers.exits - 1);
    Routed routed;
    for (std::optional<Tier> next = Tier::Light; next;) {
        routed.tier = *next;
        const ExitReading reading = router.read(*next, answers.logits_of(row, static_cast<std::size_t>(*next)));
        routed.predicted = reading.predicted;
        next = router.next(*next, router.score(*next, reading.margin), deepest);
    }
    return routed;
}

struct Batch {
    std::shared_ptr<const Rivals> rivals;
    std::shared_ptr<const Router> router;
    std::function<void(std::optional<wire::TrialCounts>)> done;
    std::vector<float> rows;
    std::vector<std::uint32_t> labels;
    ForwardResult before;
};

bool usable(const Result<ForwardResult>& answers) {
    return answers &&
           std::all_of(answers->logits.begin(), answers->logits.end(), [](float z) { return std::isfinite(z); });
}

}  // namespace

wire::TrialCounts compare(const ForwardResult& before, const ForwardResult& after,
                          std::span<const std::uint32_t> labels, const Router& router) {
    wire::TrialCounts counts;
    for (std::size_t row = 0; row < labels.size(); ++row) {
        const Routed old = route(before, row, router);
        const Routed fresh = route(after, row, router);
        const bool old_right = old.predicted == labels[row];
        const bool fresh_right = fresh.predicted == labels[row];
        ++counts.samples;
        counts.better += fresh_right && !old_right ? 1 : 0;
        counts.worse += old_right && !fresh_right ? 1 : 0;
        counts.cheaper += fresh.tier < old.tier ? 1 : 0;
        counts.dearer += fresh.tier > old.tier ? 1 : 0;
    }
    return counts;
}

void compare_versions(LearningEngine& engine, const parameters::ModelSpec& spec, std::shared_ptr<const Rivals> rivals,
                      std::span<const feedback::LabelledSample> batch, std::shared_ptr<const Router> router,
                      std::function<void(std::optional<wire::TrialCounts>)> done) {
    auto job = std::make_shared<Batch>(Batch{std::move(rivals), std::move(router), std::move(done), {}, {}, {}});
    for (const feedback::LabelledSample& labelled : batch) {
        const auto scaled = parameters::scaled_values(spec.input, labelled.prediction.sample);
        if (!scaled || labelled.label >= spec.classes.size()) continue;
        job->rows.insert(job->rows.end(), scaled->begin(), scaled->end());
        job->labels.push_back(labelled.label);
    }
    if (job->labels.empty()) return job->done(wire::TrialCounts{});
    engine.forward({job->rivals->before, job->rows}, [&engine, job](Result<ForwardResult> before) {
        if (!usable(before)) return job->done(std::nullopt);
        job->before = *std::move(before);
        engine.forward({job->rivals->after, job->rows}, [job](const Result<ForwardResult>& after) {
            // What comes next wants the memory.
            job->rivals.reset();
            job->rows = {};
            if (!usable(after)) return job->done(std::nullopt);
            job->done(compare(job->before, *after, job->labels, *job->router));
        });
    });
}

}  // namespace skerry::node
