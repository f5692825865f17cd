#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "aggregation/rules/tier_norms.hpp"
#include "common/base/limits.hpp"
#include "common/base/sparse_values.hpp"
#include "common/wire/sealed_update.hpp"

/// What an update must pass before it may count, as pure functions in the order of PROTOCOL.md §5: each gives nothing,
/// or the refusal's name and sentence. The cheap ones judge the offer; examine.hpp judges the opened bytes.
namespace skerry::coordinator {

struct Flaw {
    wire::RefusalCode code = wire::RefusalCode::Malformed;
    std::string text;
};
using Verdict = std::optional<Flaw>;

/// What the declared model demands of an update.
struct ModelShape {
    Digest identity{};
    aggregation::TierSizes values{};  ///< float32 values of each tier's prefix
    std::size_t statistics = 0;       ///< values before the first trained weight: means, then as many second moments
    std::size_t classes = limits::kClassesMax;  ///< that a confusion may name, and soft labels are of

    [[nodiscard]] std::size_t prefix(Tier tier) const { return values[static_cast<std::size_t>(tier)]; }
};

/// Unleased: `lease`, whose signature is verified, is not this node's, not for this update, or has expired.
[[nodiscard]] Verdict check_lease(const wire::Lease& lease, const wire::UpdateHeader& header,
                                  const wire::FederationId& federation, const NodeId& sender, TimePoint now);

/// Stale: the base is more than `behind_max` behind `newest`, or no published version.
[[nodiscard]] Verdict check_base(ModelVersion base, ModelVersion newest,
                                 std::uint64_t behind_max = limits::kStalenessMax);

/// Oversized: larger than the lease allows. Misshapen: not the size of a tier's update, or of another model.
[[nodiscard]] Verdict check_size(const wire::UpdateHeader& header, std::uint64_t sealed_bytes, const wire::Lease& lease,
                                 const ModelShape& model);

/// Labels since a node's last update, and errors by class pair. The ledger's sums, 64 bits with a sign in its tables,
/// hold two thousand million updates of so many.
inline constexpr std::uint64_t kLabelledMax = 1ULL << 32U;

/// Misshapen: more labels or confusions than anybody has, more errors than labels, or a class that the model has not.
[[nodiscard]] Verdict check_counts(const wire::UpdateBody& body, const ModelShape& model);

/// Misshapen: audit counts that no node's audits can give. Each audit is in one bin of each exit, so their totals
/// agree.
[[nodiscard]] Verdict check_audits(const wire::AuditCounts& counts);

/// Misshapen: soft labels of another number of classes than the model's, or of an update without heavy.
[[nodiscard]] Verdict check_soft_labels(const wire::SoftLabels& labels, Tier tier, const ModelShape& model);

/// What an honest offer of a tier may take at most, and so what its lease says.
[[nodiscard]] std::uint64_t sealed_bytes_max(const ModelShape& model, Tier tier);

/// The last gate: a Δ of a tier's prefix, piece by piece. NonFinite, OutOfBounds (statistics also: not the moments of
/// any input within ±limits::kScaledInputMax), or Norm: the L2 norm of the trained part exceeds `norm_max` by more than
/// float rounding. Memory: the statistics.
class DeltaGate {
public:
    DeltaGate(const ModelShape& model, float norm_max)
        : statistics_max_(model.statistics),
          norm_max_(norm_max),
          norms_(aggregation::sections_of(model.values, model.statistics)) {}

    /// The next values. NonFinite only: what else is wrong is known at the end.
    [[nodiscard]] Verdict take(std::span<const float> values);
    /// All of them, of which those of `values` are not 0; the statistics are among those. Before any other.
    [[nodiscard]] Verdict take(const SparseValues& values);
    /// After all of them.
    [[nodiscard]] Verdict finish() const;
    /// Of the trained part.
    [[nodiscard]] double norm() const;
    [[nodiscard]] aggregation::TierNorms norms() const { return norms_.norms(); }

private:
    /// Nothing: all are finite; else which is not.
    [[nodiscard]] std::optional<std::size_t> note(std::span<const float> values);

    std::size_t statistics_max_;
    float norm_max_;
    aggregation::TierNormSums norms_;
    std::uint64_t taken_ = 0;
    std::vector<float> statistics_;
    bool bounded_ = true;
};

}  // namespace skerry::coordinator
