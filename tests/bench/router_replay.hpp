#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/served_images.hpp"

namespace skerry::bench {

/// What router-bench is asked for.
struct Arguments {
    std::string model, data;
    std::uint64_t seed = 1;     ///< of the shuffle in which the model has learned …
    std::uint64_t learned = 0;  ///< … the first so many images
    double retention = 0.99;    ///< [router] accuracy_retention
    std::size_t rounds = 1;
};

/// Each prints the rows of its table. Errors: as load_model and open_source.
[[nodiscard]] Result<> measure_speed(const Arguments& arguments);
[[nodiscard]] Result<> measure_shift(const Arguments& arguments);

inline constexpr std::size_t kWarmUp = 10'000;  ///< requests that a router sees before anything is measured
/// Requests from a router to the next: a node makes one a quarter of a second, of 1000 a second.
inline constexpr std::size_t kBetween = 250;

/// The first kWarmUp images that the model has not learned.
[[nodiscard]] datasets::SourceOptions unseen_by(const Arguments& arguments);

/// A node's tuner in mode risk. `dice`: of its audits.
[[nodiscard]] node::RouterTuner tuner_for(const node::Snapshot& snapshot, const Arguments& arguments,
                                          std::uint64_t dice);
/// It serves kWarmUp of these images and is told their labels.
void warm_up(node::RouterTuner& tuner, const std::vector<ServedImage>& images);

/// As classify routes, from what the exits are known to say.
[[nodiscard]] node::RouterTuner::Routed routed_by(const node::Router& router, const node::RouterTuner::Logits& logits);
/// The answer is not heavy's.
[[nodiscard]] bool lost(const node::RouterTuner::Routed& routed, const ServedImage& image);
/// Tells the tuner, as a node does; an audit ends at once. 1/p of an audit that found another answer than heavy's.
double tell(node::RouterTuner& tuner, const node::RouterTuner::Routed& routed, const ServedImage& image);

/// The class that an exit names.
[[nodiscard]] std::uint32_t class_of(const std::vector<float>& logits);
[[nodiscard]] double median(std::vector<double> values);

}  // namespace skerry::bench
