#include "edge-node/serving/snapshot.hpp"

#include <utility>

#include "common/base/finite.hpp"

namespace skerry::node {

Result<std::shared_ptr<const Model>> Model::of(parameters::ModelSpec spec) {
    parameters::ParameterLayout layout = SKERRY_TRY(parameters::ParameterLayout::of(spec));
    return std::make_shared<const Model>(Model{std::move(spec), std::move(layout)});
}

Result<std::shared_ptr<const Snapshot>> make_snapshot(std::shared_ptr<const Model> model,
                                                      feedback::SnapshotVersion version, SharedWeights parameters,
                                                      const ExecutorFactory& factory) {
    if (!all_finite(*parameters)) {
        return fail(ErrorCode::InvalidInput, "a parameter of version " + version.to_text() + " is not finite");
    }
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->held = SKERRY_TRY(model->layout.tier_of_prefix(parameters->size()));
    snapshot->executor = SKERRY_TRY(factory(model->spec, model->layout, *parameters));
    snapshot->normaliser = parameters::normaliser_of(model->layout, *parameters);
    snapshot->version = version;
    snapshot->model = std::move(model);
    snapshot->parameters = std::move(parameters);
    return snapshot;
}

Result<std::shared_ptr<const Snapshot>> make_snapshot(std::shared_ptr<const Model> model,
                                                      feedback::SnapshotVersion version, std::vector<float> parameters,
                                                      const ExecutorFactory& factory) {
    return make_snapshot(std::move(model), version, std::make_shared<const std::vector<float>>(std::move(parameters)),
                         factory);
}

std::shared_ptr<const Snapshot> SnapshotSlot::current() const {
    const std::lock_guard lock(mutex_);
    return snapshot_;
}

void SnapshotSlot::publish(std::shared_ptr<const Snapshot> snapshot) {
    const std::lock_guard lock(mutex_);
    snapshot_.swap(snapshot);  // the old one is freed by the argument, after the lock
}

}  // namespace skerry::node
