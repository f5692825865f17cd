#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/datasets/dataset.hpp"
#include "edge-node/router/router_tuner.hpp"
#include "edge-node/serving/snapshot.hpp"

namespace skerry::bench {

/// A model file's snapshot on the executors that win the tournament here and now. Errors: as load_model.
[[nodiscard]] Result<std::shared_ptr<const node::Snapshot>> winners_snapshot(const std::string& model);

/// How the world changes: what a camera does that is turned, looks through fog, or has a bad sensor.
enum class Distortion { None, Rotation, Fog, Noise };
inline constexpr std::array<Distortion, 3> kDistortions = {Distortion::Rotation, Distortion::Fog, Distortion::Noise};
[[nodiscard]] const char* name_of(Distortion distortion);

/// One image and what all exits say of it.
struct ServedImage {
    std::vector<float> scaled;  ///< as scaled_values gives it
    std::uint32_t label = 0;
    node::RouterTuner::Logits logits;
};

/// All that `options` select, each read by every exit. InvalidInput: as open_source, or no bytes for a distortion.
[[nodiscard]] Result<std::vector<ServedImage>> serve_images(const node::Snapshot& snapshot, const std::string& data,
                                                            const datasets::SourceOptions& options,
                                                            Distortion distortion = Distortion::None);

}  // namespace skerry::bench
