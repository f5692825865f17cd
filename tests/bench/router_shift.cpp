#include <algorithm>
#include <cstdio>

#include "tests/bench/router_replay.hpp"

namespace skerry::bench {

using node::RouterTuner;

namespace {

constexpr std::size_t kStream = 60'000;

/// One third of a stream, or all of it.
struct Stretch {
    double requests = 0, differing = 0, audited = 0, heavy = 0, differing_fixed = 0;

    Stretch& operator+=(const Stretch& more) {
        requests += more.requests, differing += more.differing, audited += more.audited, heavy += more.heavy;
        differing_fixed += more.differing_fixed;
        return *this;
    }
};
using Stream = std::array<Stretch, 4>;  // before, during, after; all of it

Stretch serve_third(RouterTuner& tuner, const node::Router& fixed, const std::vector<ServedImage>& images) {
    Stretch third;
    std::shared_ptr<const node::Router> router;
    for (std::size_t i = 0; i < kStream / 3; ++i) {
        if (i % kBetween == 0) router = tuner.router();
        const ServedImage& image = images[i % images.size()];
        const RouterTuner::Routed routed = routed_by(*router, image.logits);
        third.requests += 1;
        third.heavy += routed.answered == Tier::Heavy ? 1 : 0;
        third.differing += lost(routed, image) ? 1 : 0;
        third.differing_fixed += lost(routed_by(fixed, image.logits), image) ? 1 : 0;
        third.audited += tell(tuner, routed, image);
    }
    return third;
}

/// The median over the streams, in per cent of the requests.
std::string share(const std::vector<Stream>& streams, double Stretch::*count, std::size_t part) {
    std::vector<double> values;
    for (const Stream& stream : streams)
        values.push_back(100 * stream[part].*count / stream[part].requests);
    std::array<char, 16> number{};
    std::snprintf(number.data(), number.size(), count == &Stretch::heavy ? "%.0f" : "%.2f", median(values));
    return number.data();
}
std::string thirds(const std::vector<Stream>& streams, double Stretch::*count) {
    return share(streams, count, 0) + " / " + share(streams, count, 1) + " / " + share(streams, count, 2);
}

}  // namespace

Result<> measure_shift(const Arguments& arguments) {
    const auto snapshot = SKERRY_TRY(winners_snapshot(arguments.model));
    datasets::SourceOptions unseen = unseen_by(arguments);
    const auto first = SKERRY_TRY(serve_images(*snapshot, arguments.data, unseen));
    unseen.skip += kWarmUp;
    unseen.limit = kStream / 3;
    const auto usual = SKERRY_TRY(serve_images(*snapshot, arguments.data, unseen));
    for (const Distortion distortion : kDistortions) {
        const auto changed = SKERRY_TRY(serve_images(*snapshot, arguments.data, unseen, distortion));
        std::vector<Stream> streams;
        std::vector<double> of_target;
        double target = 0;
        for (std::size_t dice = 0; dice < arguments.rounds; ++dice) {
            RouterTuner tuner = tuner_for(*snapshot, arguments, dice);
            warm_up(tuner, first);
            target = tuner.certificate().disagreement_target;  // no label comes any more: it stays
            const std::shared_ptr<const node::Router> fixed = tuner.router();
            Stream stream = {serve_third(tuner, *fixed, usual), serve_third(tuner, *fixed, changed),
                             serve_third(tuner, *fixed, usual)};
            for (std::size_t part = 0; part < 3; ++part)
                stream[3] += stream[part];
            of_target.push_back(stream[3].audited / stream[3].requests / target);
            streams.push_back(stream);
        }
        std::printf("| %s, %.3f | %s | %.2f | %s | %s | %s | %.2f | %.2f | %s | %s | %s |\n",
                    snapshot->model->spec.name.c_str(), arguments.retention, name_of(distortion), 100 * target,
                    thirds(streams, &Stretch::differing).c_str(), share(streams, &Stretch::differing, 3).c_str(),
                    share(streams, &Stretch::audited, 3).c_str(), median(of_target),
                    *std::max_element(of_target.begin(), of_target.end()),
                    thirds(streams, &Stretch::differing_fixed).c_str(),
                    share(streams, &Stretch::differing_fixed, 3).c_str(), thirds(streams, &Stretch::heavy).c_str());
    }
    return {};
}

}  // namespace skerry::bench
