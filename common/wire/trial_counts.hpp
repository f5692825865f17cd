#pragma once

#include <cstdint>

#include "common/base/ids.hpp"

namespace skerry::wire {

/// What a canary has seen so far of a version on trial and of the one before it, both as they came, without what the
/// node has learned since, on the same labelled samples and routed as the node routes. Never holds a sample.
struct TrialCounts {
    static constexpr std::uint64_t kSamplesMax = std::uint64_t{1} << 40U;

    ModelVersion version;       ///< on trial
    std::uint64_t samples = 0;  ///< labelled, and asked of both
    std::uint64_t better = 0;   ///< only the version on trial answered them rightly
    std::uint64_t worse = 0;    ///< only the one before did
    std::uint64_t cheaper = 0;  ///< the version on trial answered them at a lighter exit
    std::uint64_t dearer = 0;   ///< at a deeper one
    bool refused = false;       ///< the version fails this node's self-test: it is not installed here

    /// The parts are no more than the whole, which is at most kSamplesMax.
    [[nodiscard]] bool consistent() const {
        return samples <= kSamplesMax && better <= samples && worse <= samples - better && cheaper <= samples &&
               dearer <= samples - cheaper;
    }

    TrialCounts& operator+=(const TrialCounts& more) {
        samples += more.samples;
        better += more.better;
        worse += more.worse;
        cheaper += more.cheaper;
        dearer += more.dearer;
        refused = refused || more.refused;
        return *this;
    }
    bool operator==(const TrialCounts&) const = default;
};

}  // namespace skerry::wire
