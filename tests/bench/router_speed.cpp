#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <utility>

#include "common/parameters/map_shape.hpp"
#include "edge-node/serving/classify.hpp"
#include "tests/bench/router_replay.hpp"
#include "tests/bench/torch_peer.hpp"

namespace skerry::bench {

using node::RouterTuner;
using node::Snapshot;

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kImagesOfHeavy = 50;  // in each round: it takes the same for each image

double microseconds_each(std::size_t count, const std::function<void(std::size_t)>& run) {
    const auto begin = Clock::now();
    for (std::size_t i = 0; i < count; ++i)
        run(i);
    return std::chrono::duration<double, std::micro>(Clock::now() - begin).count() / static_cast<double>(count);
}

/// Always heavy, with no head before it: on the executors that the routed answers have.
class AlwaysHeavy {
public:
    explicit AlwaysHeavy(const Snapshot& snapshot) : snapshot_(snapshot), logits_(snapshot.model->spec.classes.size()) {
        for (std::size_t tier = 0; tier < kTiers; ++tier)
            maps_[tier].resize(parameters::map_after(snapshot.model->spec, static_cast<Tier>(tier)).values());
    }
    node::ExitReading operator()(std::vector<float> scaled, const node::Router& router) {
        parameters::normalise(snapshot_.normaliser, snapshot_.model->spec.input, scaled);
        std::span<const float> map = scaled;
        for (std::size_t tier = 0; tier < kTiers; ++tier) {
            snapshot_.executor->run_stage(static_cast<Tier>(tier), map, maps_[tier], 1, scratch_);
            map = maps_[tier];
        }
        snapshot_.executor->head(Tier::Heavy, map, logits_, 1);
        return router.read(Tier::Heavy, logits_);
    }

private:
    const Snapshot& snapshot_;
    std::array<std::vector<float>, kTiers> maps_;
    std::vector<float> logits_;
    node::ExecutorScratch scratch_;
};

struct Speed {
    std::vector<double> routed, heavy, eager, eager_without_onednn;  // µs an answer, of each round
    std::array<double, kTiers> answered{};
    double answers = 0, right = 0, differing = 0;
};

/// One round: all take turns on images of `chunk`; the tuner then hears what was answered.
void take_turns(const Snapshot& snapshot, RouterTuner& tuner, const TorchPeer& peer, std::span<const ServedImage> chunk,
                Speed& speed) {
    const std::shared_ptr<const node::Router> router = tuner.router();
    node::ClassifyScratch scratch;
    AlwaysHeavy always_heavy(snapshot);
    std::vector<node::Answer> answers(chunk.size());
    speed.routed.push_back(microseconds_each(chunk.size(), [&](std::size_t i) {
        answers[i] = node::classify(snapshot, chunk[i].scaled, *router, Tier::Heavy, scratch);
    }));
    const std::size_t few = std::min(kImagesOfHeavy, chunk.size());
    speed.heavy.push_back(microseconds_each(few, [&](std::size_t i) { (void)always_heavy(chunk[i].scaled, *router); }));
    std::vector<std::vector<float>> normalised;  // beforehand: LibTorch is spared this
    for (std::size_t i = 0; i < few; ++i) {
        normalised.push_back(chunk[i].scaled);
        parameters::normalise(snapshot.normaliser, snapshot.model->spec.input, normalised.back());
    }
    std::vector<float> logits(snapshot.model->spec.classes.size());
    for (const bool onednn : {true, false}) {
        (onednn ? speed.eager : speed.eager_without_onednn).push_back(microseconds_each(few, [&](std::size_t i) {
            peer.run(Path::HeavyAlone, onednn, normalised[i], 1, logits);
        }));
    }
    for (std::size_t i = 0; i < chunk.size(); ++i) {
        const node::Answer& answer = answers[i];
        speed.answers += 1;
        speed.answered[static_cast<std::size_t>(answer.tier)] += 1;
        speed.right += answer.reading.predicted == chunk[i].label ? 1 : 0;
        const RouterTuner::Routed routed{answer.tier, answer.glances, {}};
        speed.differing += lost(routed, chunk[i]) ? 1 : 0;
        tell(tuner, routed, chunk[i]);
    }
}

}  // namespace

Result<> measure_speed(const Arguments& arguments) {
    const auto snapshot = SKERRY_TRY(winners_snapshot(arguments.model));
    datasets::SourceOptions test;
    test.split = datasets::Split::Test;
    const auto images = SKERRY_TRY(serve_images(*snapshot, arguments.data, test));
    RouterTuner tuner = tuner_for(*snapshot, arguments, arguments.seed);
    warm_up(tuner, SKERRY_TRY(serve_images(*snapshot, arguments.data, unseen_by(arguments))));
    const TorchPeer peer(snapshot->model->spec, snapshot->model->layout, *snapshot->parameters);

    Speed ignored;  // the first round only warms up
    take_turns(*snapshot, tuner, peer, std::span(images).first(std::min(kBetween, images.size())), ignored);
    Speed speed;
    for (std::size_t round = 0; round < arguments.rounds; ++round) {
        for (std::size_t i = 0; i < images.size(); i += kBetween)
            take_turns(*snapshot, tuner, peer, std::span(images).subspan(i, std::min(kBetween, images.size() - i)),
                       speed);
    }
    const auto heavy_right = static_cast<double>(std::count_if(
        images.begin(), images.end(), [](const auto& image) { return class_of(*image.logits[2]) == image.label; }));
    const double heavy_accuracy = heavy_right / static_cast<double>(images.size());
    const double accuracy = speed.right / speed.answers;
    const double routed = median(speed.routed);
    const double heavy = median(speed.heavy);
    const double eager = std::min(median(speed.eager), median(speed.eager_without_onednn));
    std::printf(
        "| %s | %.3f | %.2f | %.2f | %.2f | %.2f | %.0f / %.0f / %.0f | %.1f | %.1f | −%.0f %% | %.0f | %.1f |\n",
        snapshot->model->spec.name.c_str(), arguments.retention, 100 * heavy_accuracy, 100 * accuracy,
        100 * accuracy / heavy_accuracy, 100 * speed.differing / speed.answers, 100 * speed.answered[0] / speed.answers,
        100 * speed.answered[1] / speed.answers, 100 * speed.answered[2] / speed.answers, routed, heavy,
        100 * (1 - routed / heavy), eager, eager / routed);
    return {};
}

}  // namespace skerry::bench
