#include "tests/bench/router_replay.hpp"

#include <algorithm>

#include "common/parameters/multiply_adds.hpp"

namespace skerry::bench {

using node::RouterTuner;

namespace {

constexpr std::size_t kLabelled = 100;  // a learning step's

}  // namespace

std::uint32_t class_of(const std::vector<float>& logits) {
    return static_cast<std::uint32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

datasets::SourceOptions unseen_by(const Arguments& arguments) {
    datasets::SourceOptions options;
    options.seed = arguments.seed;
    options.shuffle = true;
    options.skip = arguments.learned;
    options.limit = kWarmUp;
    return options;
}

RouterTuner tuner_for(const node::Snapshot& snapshot, const Arguments& arguments, std::uint64_t dice) {
    const parameters::MultiplyAdds arithmetic = parameters::multiply_adds(snapshot.model->spec);
    node::RouterConfig config;
    config.mode = node::RouterMode::Risk;
    config.accuracy_retention = arguments.retention;
    return RouterTuner(
        config,
        {static_cast<double>(arithmetic.up_to(Tier::Light)), static_cast<double>(arithmetic.up_to(Tier::Medium)),
         static_cast<double>(arithmetic.up_to(Tier::Heavy))},
        dice);
}

RouterTuner::Routed routed_by(const node::Router& router, const RouterTuner::Logits& logits) {
    RouterTuner::Routed routed;
    for (std::optional<Tier> next = Tier::Light; next;) {
        routed.answered = *next;
        const auto exit = static_cast<std::size_t>(*next);
        const node::ExitReading reading = router.read(*next, *logits[exit]);
        routed.glances[exit] = {reading.predicted, reading.margin};
        next = router.next(*next, router.score(*next, reading.margin), Tier::Heavy);
    }
    return routed;
}

bool lost(const RouterTuner::Routed& routed, const ServedImage& image) {
    return routed.glances[static_cast<std::size_t>(routed.answered)]->predicted != class_of(*image.logits[2]);
}

double tell(RouterTuner& tuner, const RouterTuner::Routed& routed, const ServedImage& image) {
    const auto weight = tuner.answered(routed);
    if (!weight) return 0;
    tuner.audited(image.logits, routed.answered, *weight);
    return lost(routed, image) ? *weight : 0;
}

void warm_up(RouterTuner& tuner, const std::vector<ServedImage>& images) {
    std::shared_ptr<const node::Router> router = tuner.router();
    std::vector<float> logits;
    std::vector<std::uint32_t> labels;
    for (std::size_t i = 0; i < kWarmUp; ++i) {
        const ServedImage& image = images[i % images.size()];
        if (i % kBetween == 0) router = tuner.router();
        tell(tuner, routed_by(*router, image.logits), image);
        for (const auto& exit : image.logits)
            logits.insert(logits.end(), exit->begin(), exit->end());
        labels.push_back(image.label);
        if (labels.size() < kLabelled) continue;
        tuner.labelled(logits, labels, image.logits[0]->size());
        logits.clear(), labels.clear();
    }
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace skerry::bench
