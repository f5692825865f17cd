#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/bytes.hpp"

namespace skerry::node {

/// How often each label has come lately: counts that fade by half in about 14 triggers.
class LabelShares {
public:
    explicit LabelShares(std::size_t classes) : counts_(classes, 0.0) {}

    void add(std::span<const std::uint32_t> labels);
    /// Class c is now called names[c], a permutation; the labels that were added last are by the new names already.
    void rename(std::span<const std::uint32_t> names, std::span<const std::uint32_t> newest);

    /// κ·log π for the training rows of one trigger, shape [classes]: π mixes the shares of the new labels with those
    /// of the replayed ones by how many rows each gives, smoothed so that an absent class keeps
    /// `smoothing`/(1 + smoothing) of its uniform share. Menon et al. 2021, "Long-tail learning via logit adjustment".
    struct Mix {
        double new_rows = 1;
        std::span<const double> replay_counts;  ///< [classes]; empty: nothing is replayed
        double replay_rows = 0;
        double smoothing = 0.05;
        double strength = 1;
    };
    [[nodiscard]] std::vector<float> log_prior(const Mix& mix) const;

    /// Of all pairs of two classes, the share that this node can teach a model to tell apart, 0 … 1: those of which
    /// both come here, with `smoothing` of a uniform share or more.
    [[nodiscard]] double pairs_seen(double smoothing) const;

    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote for as many classes.
    [[nodiscard]] Result<> load(ByteReader& from);

private:
    std::vector<double> counts_;
};

}  // namespace skerry::node
