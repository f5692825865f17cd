#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "common/base/bytes.hpp"
#include "edge-node/learning/engine.hpp"

namespace skerry::node {

/// When an exit also learns from the deeper ones, and how much: from the mean of their logits, and only while that
/// teacher is clearly better on the labels that come: by 0.3 points at least, and by more than chance has it (McNemar
/// 1947: of the rows that only one of the two has right, the teacher has 2 deviations more than half). From the first
/// step on, distillation made networks collapse that plain learning trains; behind this gate it helps where a task is
/// hard (Kim et al. 2023, DepthFL).
class Distillation {
public:
    static constexpr double kLeadMin = 0.003;         ///< a teacher's accuracy above the exit's
    static constexpr std::uint64_t kRampSteps = 300;  ///< from nothing to the most

    /// What the exits said of newly labelled rows, before they were learned: shape as the answers', the first `labels`.
    void observe(const ForwardResult& answers, std::span<const std::uint32_t> labels);
    /// So many mini-steps were taken with weights().
    void advance(std::size_t steps);
    /// a_k of each exit, at most `most`; 0 of the deepest.
    [[nodiscard]] std::array<float, kTiers> weights(float most) const;

    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote. Programs before checkpoint version 4 did not count `only_one`: what they
    /// wrote is read over, and everything begins anew.
    [[nodiscard]] Result<> load(ByteReader& from, bool counts_only_one = true);

private:
    [[nodiscard]] bool open(std::size_t exit) const;

    double rows_ = 0;                        ///< labelled, fading
    std::array<double, kTiers> lead_{};      ///< of them: those that the teacher had right less those that the exit had
    std::array<double, kTiers> only_one_{};  ///< of them: those that one of the two had right
    std::array<std::uint64_t, kTiers> steps_{};  ///< since its gate opened
};

}  // namespace skerry::node
