#pragma once

#include <array>
#include <map>
#include <optional>

#include "coordinator/admission/sketch.hpp"

namespace skerry::coordinator {

/// Where the model has moved before each of the held versions, as sketches: from the average of the versions before.
/// Volatile: begins anew at each start and with each rollback. Memory: 48 KiB a version. Not thread-safe.
class Movements {
public:
    using Weights = std::array<Sketch, kTiers>;  ///< of each tier's prefix

    /// A version comes of a round. `share`, above 0 and at most 1: what it counts in the average from here on.
    void published(const Digest& weights, Weights sketches, double share);
    /// The model does not go on from where it was.
    void restored();
    template <class Kept>
    void keep(Kept kept) {
        std::erase_if(before_, [&](const auto& of_version) { return !kept(of_version.first); });
    }

    /// The cosine between an update and how the model had moved when it came to the update's base. Nothing: not known.
    [[nodiscard]] std::optional<double> along(const Digest& base, Tier tier, const Sketch& update) const;

private:
    std::optional<Weights> average_;
    std::map<Digest, Weights> before_;  ///< by the version's weights
};

}  // namespace skerry::coordinator
