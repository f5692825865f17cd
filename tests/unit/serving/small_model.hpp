#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "edge-node/serving/executors/plain_executor.hpp"
#include "edge-node/serving/snapshot.hpp"
#include "tests/unit/parameters/specs.hpp"

namespace skerry::node::testing {

/// Two features, two classes; each exit sees h = relu([x, y]) and its logits are 1000·h, but for the heavy exit, which
/// always says "up". So [1,0] is obviously "down", [0,1] obviously "up" and [1,1] a tie that goes to heavy.
inline parameters::ModelSpec small_spec() {
    parameters::ModelSpec spec = parameters::testing::table(2);
    const parameters::Layer two{parameters::Layer::Kind::Dense, 2, 3, 1};
    spec.stages = {std::vector{two}, std::vector{two}, std::vector{two}};
    return spec;
}

inline std::vector<float> small_parameters() {
    return {
        0, 0, 1, 1,                                // normaliser
        1, 0, 0, 1, 0, 0, 1000, 0, 0, 1000, 0, 0,  // light: dense, head
        1, 0, 0, 1, 0, 0, 1000, 0, 0, 1000, 0, 0,  // medium
        1, 0, 0, 1, 0, 0, 0,    0, 0, 0,    0, 1000,
    };
}

inline std::shared_ptr<const Snapshot> small_snapshot(Tier held = Tier::Heavy,
                                                      feedback::SnapshotVersion version = {ModelVersion{7}, 3},
                                                      parameters::ModelSpec spec = small_spec()) {
    auto model = Model::of(std::move(spec)).value();
    std::vector<float> values = small_parameters();
    values.resize(model->layout.prefix(held));
    return make_snapshot(std::move(model), version, std::move(values), plain_executor).value();
}

}  // namespace skerry::node::testing
