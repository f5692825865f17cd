#include "edge-node/serving/stages/stage_run.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/limits.hpp"
#include "common/parameters/map_shape.hpp"

namespace skerry::node {
namespace {

using Instant = StagedRequest::Instant;

/// The first channel or feature with a value at ±kScaledInputMax: nearly always one beyond it, which was clamped.
std::optional<std::size_t> channel_at_limit(const parameters::InputSpec& input, std::span<const float> scaled) {
    const auto at_limit = [](float value) { return std::abs(value) >= limits::kScaledInputMax; };
    const auto found = std::find_if(scaled.begin(), scaled.end(), at_limit);
    if (found == scaled.end()) return std::nullopt;
    return static_cast<std::size_t>(found - scaled.begin()) / (input.values() / input.channels());
}

/// The batch's input in one piece: normalised samples before the light stage, else the maps of the stage before.
void gather(const StageBatch& batch, std::vector<StageOutcome>& outcomes, std::vector<float>& in) {
    const Snapshot& snapshot = *batch.rows.front().request->snapshot;
    in.clear();
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
        const StagedRow& row = batch.rows[i];
        if (batch.stage != Tier::Light) {
            in.insert(in.end(), row.map.begin(), row.map.end());
            continue;
        }
        const parameters::InputSpec& input = snapshot.model->spec.input;
        const auto scaled = parameters::scaled_values(input, row.request->samples[row.index]);
        SKERRY_ASSERT(scaled.has_value());  // the request's values were checked when they were read
        outcomes[i].clamped_channel = channel_at_limit(input, *scaled);
        in.insert(in.end(), scaled->begin(), scaled->end());
    }
    if (batch.stage == Tier::Light) parameters::normalise(snapshot.normaliser, snapshot.model->spec.input, in);
}

/// The stage behind this one would end after the deadline.
bool too_late_to_go_on(const StageBatch& batch, const StagedRow& row, Instant now) {
    const auto& deadline = row.request->deadline;
    return deadline && now + batch.next_stage + kReplyTime > *deadline;
}

void read_exit_of(const StageBatch& batch, const StagedRow& row, std::span<const float> logits, Instant now,
                  StageOutcome& outcome) {
    const StagedRequest& request = *row.request;
    const Router& router = *request.router;
    Answer answer;
    answer.tier = batch.stage;
    answer.logits.assign(logits.begin(), logits.end());
    answer.reading = router.read(batch.stage, logits);
    answer.score = router.score(batch.stage, answer.reading.margin);
    // A row whose deadline cut it short was on its way to a deeper exit before its own head was read.
    const auto deepest = std::min(request.deepest, request.snapshot->held);
    const auto next = row.target > batch.stage ? row.target : router.next(batch.stage, answer.score, deepest);
    answer.anytime = next.has_value();
    if (next && !too_late_to_go_on(batch, row, now)) outcome.next = next;
    outcome.read = std::move(answer);
}

}  // namespace

std::vector<StageOutcome> run_stage(StageBatch& batch, StageScratch& scratch) {
    const Snapshot& snapshot = *batch.rows.front().request->snapshot;
    const std::size_t values = parameters::map_after(snapshot.model->spec, batch.stage).values();
    const std::size_t classes = snapshot.model->spec.classes.size();
    std::vector<StageOutcome> outcomes(batch.rows.size());
    gather(batch, outcomes, scratch.in);
    scratch.map.resize(batch.rows.size() * values);
    snapshot.executor->run_stage(batch.stage, scratch.in, scratch.map, batch.rows.size(), scratch.executor);
    const auto map_of = [&](std::size_t row) {
        return std::span<const float>(scratch.map).subspan(row * values, values);
    };

    const Instant now = std::chrono::steady_clock::now();
    std::vector<std::size_t> exiting;
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
        const StagedRow& row = batch.rows[i];
        if (row.target == batch.stage || too_late_to_go_on(batch, row, now)) {
            exiting.push_back(i);
        } else {
            outcomes[i].next = row.target;
        }
    }
    std::span<const float> maps = scratch.map;
    if (exiting.size() < batch.rows.size()) {
        scratch.exiting.clear();
        for (const std::size_t i : exiting)
            scratch.exiting.insert(scratch.exiting.end(), map_of(i).begin(), map_of(i).end());
        maps = scratch.exiting;
    }
    scratch.logits.resize(exiting.size() * classes);
    if (!exiting.empty()) snapshot.executor->head(batch.stage, maps, scratch.logits, exiting.size());
    for (std::size_t k = 0; k < exiting.size(); ++k) {
        const auto logits = std::span<const float>(scratch.logits).subspan(k * classes, classes);
        read_exit_of(batch, batch.rows[exiting[k]], logits, now, outcomes[exiting[k]]);
    }
    for (std::size_t i = 0; i < batch.rows.size(); ++i) {
        if (!outcomes[i].next) continue;
        batch.rows[i].target = *outcomes[i].next;
        batch.rows[i].map.assign(map_of(i).begin(), map_of(i).end());
    }
    return outcomes;
}

void record(const StagedRow& row, StageOutcome outcome) {
    StagedRequest& request = *row.request;
    if (outcome.clamped_channel) {
        ++request.clamped;
        if (!request.clamped_channel) request.clamped_channel = outcome.clamped_channel;
    }
    if (!outcome.read) return;
    Answer& best = request.answers[row.index];
    const auto glances = best.glances;
    const float sent_by = best.score;
    // The score that is told is that of the exit which sent the row on; of light, its own.
    const bool keeps_score = !outcome.next && outcome.read->tier != Tier::Light;
    best = std::move(*outcome.read);
    best.glances = glances;
    best.glances[static_cast<std::size_t>(best.tier)] = {best.reading.predicted, best.reading.margin};
    if (keeps_score) best.score = sent_by;
}

}  // namespace skerry::node
