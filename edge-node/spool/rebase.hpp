#pragma once

#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/error.hpp"
#include "common/base/sparse_values.hpp"

/// The arithmetic of a node's weights, on float32 vectors of one length:
///
///     weights   = base + Σ Δ of updates that no version has counted + progress not yet sent
///     progress  = weights − base − Σ Δ                          what the next update is made of
///     weights'  = base' + Σ Δ after the counted ones + progress  when version base' is installed
///
/// Every sum runs in float32 in the order of the updates, so that what was sent cancels to the last bit: progress is
/// exactly zero where nothing was learned since the last update, and weights' is then exactly base' plus its Δ.
///
/// The first `statistics` values, the normaliser's moments, are state and no sum: a difference of moments that is added
/// to other moments can make a variance negative. They have no progress; an update carries them as they are, the
/// coordinator averages them, and an installed version replaces them.
///
/// What is personal is neither shared nor replaced: it has no progress, an update carries zeros for it, and it stays as
/// it is when a version is installed or a refused update dropped. Arivazhagan et al. 2019, "Federated Learning with
/// Personalization Layers".
namespace skerry::node {

using Values = std::span<const float>;
/// Δ as it is kept: whole, or without its zeroes.
using KeptDelta = std::variant<std::vector<float>, SparseValues>;

/// Which values of a node's vector are shared in another way than the rest.
struct Sharing {
    std::size_t statistics = 0;  ///< values before the first trained weight
    /// Half-open ranges behind these, of the whole model; a vector that is a prefix has what of them lies in it.
    std::vector<std::pair<std::size_t, std::size_t>> personal{};
};

/// Puts what of `from` is personal into `values`; both of one length.
void keep_personal(std::span<float> values, Values from, const Sharing& sharing);

/// Starts as weights − base; then each Δ is taken off in the order of sequences.
class Progress {
public:
    /// Both of one length. `sharing`: borrowed.
    Progress(Values weights, Values base, const Sharing& sharing);
    void take_off(const KeptDelta& delta);
    /// Zero in the statistics and in what is personal.
    [[nodiscard]] std::vector<float> take() &&;

private:
    const Sharing& sharing_;
    std::vector<float> values_;
};

/// base + Σ Δ + progress, where the Δ are added to the progress first, newest last.
class Rebase {
public:
    explicit Rebase(std::vector<float> progress) : values_(std::move(progress)) {}
    void add(const KeptDelta& delta);
    [[nodiscard]] std::vector<float> onto(Values base) &&;

private:
    std::vector<float> values_;
};

/// weights' of the algebra above, to the bit, where every Δ is without its zeroes: in one pass over the vectors, which
/// are several times what a processor's caches hold. `kept`: all Δ in order; the version counts the first `counted`.
/// What is personal stays as in `weights`.
[[nodiscard]] std::vector<float> rebased(Values weights, Values base, Values next, const Sharing& sharing,
                                         std::span<const SparseValues> kept, std::size_t counted);

/// L2 norm. Not finite where a value is not.
[[nodiscard]] double norm_of(Values values);

struct Clipped {
    float norm = 0;    ///< L2 norm of the trained part before
    float factor = 1;  ///< what the trained part was multiplied with
};

/// Scales the trained part of Δ (behind the first `statistics` values) down to `norm_max` if it is longer, and cuts
/// every value to ±limits::kDeltaMax. What is cut off stays progress, by the algebra above.
/// InvalidInput: a value is not finite; then Δ is not to be shared.
[[nodiscard]] Result<Clipped> clip(std::span<float> delta, std::size_t statistics, float norm_max);

}  // namespace skerry::node
