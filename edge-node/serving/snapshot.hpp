#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "common/base/shared_weights.hpp"
#include "common/parameters/layout.hpp"
#include "common/parameters/normaliser.hpp"
#include "edge-node/serving/executors/executor.hpp"
#include "feedback/prediction.hpp"

namespace skerry::node {

/// What stays the same from version to version.
struct Model {
    parameters::ModelSpec spec;
    parameters::ParameterLayout layout;

    /// InvalidInput: the spec has problems().
    [[nodiscard]] static Result<std::shared_ptr<const Model>> of(parameters::ModelSpec spec);
};

/// One version, ready to answer: a request reads one snapshot from its first to its last stage. Immutable.
struct Snapshot {
    feedback::SnapshotVersion version;
    std::shared_ptr<const Model> model;
    SharedWeights parameters;  ///< shape [layout.prefix(held)], all finite
    parameters::Normaliser normaliser;
    std::unique_ptr<const Executor> executor;
    Tier held = Tier::Light;  ///< the deepest exit that it has
};

/// Packs weights for serving; for the largest models this takes as long as reading them a few times, so it belongs
/// off the serving path. InvalidInput: the parameters are no tier's prefix, or one is not finite.
[[nodiscard]] Result<std::shared_ptr<const Snapshot>> make_snapshot(std::shared_ptr<const Model> model,
                                                                    feedback::SnapshotVersion version,
                                                                    SharedWeights parameters,
                                                                    const ExecutorFactory& factory);
[[nodiscard]] Result<std::shared_ptr<const Snapshot>> make_snapshot(std::shared_ptr<const Model> model,
                                                                    feedback::SnapshotVersion version,
                                                                    std::vector<float> parameters,
                                                                    const ExecutorFactory& factory);

/// Holds the snapshot that new requests read. Thread-safe; a swap drops and delays nothing, since whoever holds the
/// old snapshot keeps it.
///
/// A mutex around one pointer copy: libstdc++ 12's atomic<shared_ptr> unlocks with relaxed order after a load, which
/// ThreadSanitizer reports, and holds a lock bit inside all the same.
class SnapshotSlot {
public:
    /// Null: nothing published yet.
    [[nodiscard]] std::shared_ptr<const Snapshot> current() const;
    void publish(std::shared_ptr<const Snapshot> snapshot);

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace skerry::node
