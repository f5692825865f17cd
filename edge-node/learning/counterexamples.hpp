#pragma once

#include <deque>
#include <span>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/random.hpp"
#include "common/parameters/model_spec.hpp"
#include "edge-node/learning/engine.hpp"
#include "feedback/counterexamples/sample_variation.hpp"
#include "feedback/error_type.hpp"
#include "feedback/reservoir.hpp"

namespace skerry::node {

/// A wrong answer that others are made from.
struct ErrorParent {
    Bytes sample;                 ///< as sent
    std::uint32_t label = 0;      ///< what it is
    std::uint32_t predicted = 0;  ///< what it was taken for
    std::uint64_t trigger = 0;    ///< when its label came
    std::uint32_t children = 0;   ///< made so far
};

/// The errors of late that are worth learning more about. Among them what an early exit got wrong and the deepest
/// knows: all exits learn from what is made of it, so the early one catches up. Not those whose label is doubted, nor
/// those of a world that has just changed. At most kParentsMax, the oldest go first; each leaves after kLifetime
/// triggers or kChildrenMax children.
class ErrorParents {
public:
    static constexpr std::size_t kParentsMax = 50;
    static constexpr std::uint64_t kLifetime = 20;
    static constexpr std::uint32_t kChildrenMax = 4;

    [[nodiscard]] static bool takes(feedback::ErrorType type);
    void add(ErrorParent parent);
    void expire(std::uint64_t trigger);
    /// The one whose turn it is, which has one child more from now on. Null: there is none.
    [[nodiscard]] const ErrorParent* next();

    [[nodiscard]] std::size_t size() const { return parents_.size(); }

    void save(ByteWriter& to) const;
    /// InvalidInput: not what save() wrote; samples have `sample_bytes`, labels are below `classes`.
    [[nodiscard]] Result<> load(ByteReader& from, std::size_t classes, std::size_t sample_bytes);

private:
    std::deque<ErrorParent> parents_;  ///< the one whose turn it is first
};

/// What a made row is to be taken for.
struct MadeLabel {
    std::uint32_t label = 0;
    std::uint32_t other = 0;   ///< of a mixture: the class that it was mixed with, else as `label`
    float share = 1;           ///< of `label`; the rest is of `other`
    bool adversarial = false;  ///< the learner moves it where its loss rises most, before it is learned
};

/// Rows made for one trigger, scaled, each with the label that it must keep.
struct MadeRows {
    std::vector<float> rows;  ///< shape [labels, input.values()]
    std::vector<MadeLabel> labels;
};

/// How rows are made.
struct MakingOptions {
    std::span<const float> deviations;  ///< of each channel or feature: feedback::varied()
    std::size_t count = 0;              ///< rows at most
    float mixup = 0;                    ///< the most that the other class has in a mixture; 0: nothing is mixed
    bool adversarial = false;           ///< an error itself, moved, instead of its variation
};

/// In turn a variation of an error, of a remembered sample of the class that it was taken for, so that the boundary is
/// seen from both sides (or, with mixup, a mixture of both with the labels in the same shares: Zhang et al. 2018), and
/// of two remembered samples of any class, so that not only errors become robust. None where there are no errors.
/// Draws from `random`.
[[nodiscard]] MadeRows make_counterexamples(const parameters::ModelSpec& spec, ErrorParents& parents,
                                            const feedback::Reservoir& replay, const MakingOptions& options,
                                            Random& random);

/// Those whose labels the deepest exit still finds possible, at the weights before the step: it prefers no third class
/// with more than 0.8. `answers`: of `made`, row by row.
[[nodiscard]] MadeRows accepted(const MadeRows& made, const ForwardResult& answers);

}  // namespace skerry::node
