#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/wire/soft_labels.hpp"
#include "edge-node/learning/engine.hpp"

namespace skerry::node {

/// What the heavy exit says of samples of each true class, on average, softened: the mean of softmax(z / 2). For nodes
/// without heavy, whose fleet has it from updates. Jeong et al. 2018, federated distillation.
class ClassProfile {
public:
    static constexpr double kFade = 0.95;  ///< of a trigger: some 2,000 rows count
    static constexpr double kRowsMin = 5;  ///< a mean over fewer says little of a class, and much of a sample

    /// One trigger: what the deepest exit said of the first `labels` of the answers' rows, before they were learned.
    /// `left_out`: rows whose label is doubted. Models of other than 2 to wire::SoftLabels::kClassesMax classes have
    /// none.
    void observe(const ForwardResult& answers, std::span<const std::uint32_t> labels,
                 const std::vector<bool>& left_out);
    /// Empty: too little was seen of every class.
    [[nodiscard]] wire::SoftLabels soft_labels() const;

    [[nodiscard]] bool empty() const { return rows_.empty(); }
    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote for so many classes.
    [[nodiscard]] Result<> load(ByteReader& from, std::size_t classes);

private:
    std::vector<double> rows_;    ///< shape [classes], fading; empty: nothing was seen
    std::vector<double> shares_;  ///< sums over them, shape [classes, classes]
};

/// What TrainPlan::class_targets wants of them; a class of which the fleet knows nothing is only like itself. Empty
/// where there are none, or they are of another number of classes.
[[nodiscard]] std::vector<float> class_targets_of(const wire::SoftLabels& labels, std::size_t classes);

}  // namespace skerry::node
