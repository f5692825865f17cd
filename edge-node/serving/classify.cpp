#include "edge-node/serving/classify.hpp"

#include <algorithm>
#include <utility>

#include "common/parameters/map_shape.hpp"

namespace skerry::node {
namespace {

/// Runs the stages up to `tier` on from `done` (nothing: from the input); the map is then in scratch.map.
void run_up_to(const Snapshot& snapshot, std::optional<Tier> done, Tier tier, std::span<const float> input,
               ClassifyScratch& scratch) {
    for (std::size_t stage = done ? static_cast<std::size_t>(*done) + 1 : 0; stage <= static_cast<std::size_t>(tier);
         ++stage) {
        const auto which = static_cast<Tier>(stage);
        scratch.next_map.resize(parameters::map_after(snapshot.model->spec, which).values());
        snapshot.executor->run_stage(which, stage == 0 ? input : std::span<const float>(scratch.map), scratch.next_map,
                                     1, scratch.executor);
        scratch.map.swap(scratch.next_map);
    }
}

std::vector<float> read_head(const Snapshot& snapshot, Tier tier, const ClassifyScratch& scratch) {
    std::vector<float> logits(snapshot.model->spec.classes.size());
    snapshot.executor->head(tier, scratch.map, logits, 1);
    return logits;
}

}  // namespace

Answer classify(const Snapshot& snapshot, std::vector<float> scaled, const Router& router, Tier deepest,
                ClassifyScratch& scratch) {
    deepest = std::min(deepest, snapshot.held);
    parameters::normalise(snapshot.normaliser, snapshot.model->spec.input, scaled);
    Answer answer;
    std::optional<Tier> done;
    for (std::optional<Tier> next = Tier::Light; next;) {
        run_up_to(snapshot, done, *next, scaled, scratch);
        answer.tier = *next;
        done = answer.tier;
        answer.logits = read_head(snapshot, answer.tier, scratch);
        answer.reading = router.read(answer.tier, answer.logits);
        answer.glances[static_cast<std::size_t>(answer.tier)] = {answer.reading.predicted, answer.reading.margin};
        const float score = router.score(answer.tier, answer.reading.margin);
        next = router.next(answer.tier, score, deepest);
        // The last exit does not choose a tier any more; the light one always does.
        if (next || answer.tier == Tier::Light) answer.score = score;
    }
    return answer;
}

std::array<std::optional<std::vector<float>>, kTiers> all_exits(const Snapshot& snapshot, std::vector<float> scaled,
                                                                ClassifyScratch& scratch) {
    parameters::normalise(snapshot.normaliser, snapshot.model->spec.input, scaled);
    std::array<std::optional<std::vector<float>>, kTiers> logits;
    std::optional<Tier> done;
    for (std::size_t exit = 0; exit <= static_cast<std::size_t>(snapshot.held); ++exit) {
        run_up_to(snapshot, done, static_cast<Tier>(exit), scaled, scratch);
        done = static_cast<Tier>(exit);
        logits[exit] = read_head(snapshot, *done, scratch);
    }
    return logits;
}

}  // namespace skerry::node
