#include "coordinator/admission/gates.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "aggregation/kernels/fold.hpp"

namespace skerry::coordinator {
namespace {

using wire::RefusalCode;

// A node clips in float32, and its norm comes out this much larger at most when summed in double.
constexpr double kNormTolerance = 1e-3;
// E[x]² exceeds E[x²] by this much at most after float32 roundings of both.
constexpr float kMomentTolerance = 1e-3F;

Flaw unleased(std::string text) {
    return {RefusalCode::Unleased, std::move(text)};
}

// E[x] of each channel, then E[x²] of each: those of some input within ±kScaledInputMax.
bool are_moments(std::span<const float> statistics) {
    const std::size_t channels = statistics.size() / 2;
    for (std::size_t c = 0; c < channels; ++c) {
        const float mean = statistics[c];
        const float square = statistics[channels + c];
        const float square_max = limits::kScaledInputMax * limits::kScaledInputMax;
        if (!(square <= square_max && mean * mean <= square * (1 + kMomentTolerance) + kMomentTolerance)) return false;
    }
    return true;
}

// Of a body whose Δ is not float32, without class pairs.
wire::DeltaBytesRange sizes_of(const wire::UpdateHeader& header) {
    const std::uint64_t head = wire::body_size(0, 0, header);
    const wire::DeltaBytesRange delta = wire::delta_bytes(header.form);
    return {head + delta.least, head + delta.most};
}

}  // namespace

Verdict check_lease(const wire::Lease& lease, const wire::UpdateHeader& header, const wire::FederationId& federation,
                    const NodeId& sender, TimePoint now) {
    if (lease.federation != federation || header.federation != federation) {
        return unleased("the lease or the update is of another federation");
    }
    if (lease.node != sender) return unleased("the lease is another node's");
    if (lease.id != header.lease || lease.base != header.base || lease.tier != header.tier) {
        return unleased("the update was not made under this lease: id, base version and tier must agree");
    }
    if (now >= lease.expires) {
        return unleased("the lease expired at " + to_text(lease.expires) + ": ask for a new one");
    }
    return {};
}

Verdict check_base(ModelVersion base, ModelVersion newest, std::uint64_t behind_max) {
    if (base.value == 0 || base.value > newest.value) {
        return Flaw{RefusalCode::Stale, "its base version " + std::to_string(base.value) + " is not published; " +
                                            std::to_string(newest.value) + " is the newest"};
    }
    if (newest.value - base.value > behind_max) {
        return Flaw{RefusalCode::Stale, "its base version " + std::to_string(base.value) + " is " +
                                            std::to_string(newest.value - base.value) + " behind version " +
                                            std::to_string(newest.value) + "; " +
                                            (behind_max == 0 ? "its round has closed without it"
                                                             : "at most " + std::to_string(behind_max) + " are taken")};
    }
    return {};
}

Verdict check_size(const wire::UpdateHeader& header, std::uint64_t sealed_bytes, const wire::Lease& lease,
                   const ModelShape& model) {
    if (sealed_bytes > lease.sealed_bytes_max) {
        return Flaw{RefusalCode::Oversized, std::to_string(sealed_bytes) + " sealed bytes are more than the " +
                                                std::to_string(lease.sealed_bytes_max) + " that the lease allows"};
    }
    const std::uint64_t values = model.prefix(header.tier);
    const std::uint64_t smallest = wire::body_size(values, 0, header);
    const std::uint64_t one_pair = wire::body_size(values, 1, header) - smallest;
    const std::uint64_t pairs = limits::kReportClassPairsMax * one_pair;
    const bool written_whole = header.form.encoding == wire::DeltaEncoding::Float32;
    const bool of_this_tier = written_whole || (header.form.values == values && header.form.exact == model.statistics);
    // How many pairs there are is only in the body, and how long the largest values are to name too.
    const auto [least, most] = written_whole ? wire::DeltaBytesRange{smallest, smallest} : sizes_of(header);
    const bool whole_pairs = least < most || (header.plain_bytes - least) % one_pair == 0;
    const bool fits = of_this_tier && header.plain_bytes >= least && header.plain_bytes <= most + pairs &&
                      whole_pairs && sealed_bytes == wire::sealed_size(header.plain_bytes);
    if (!fits) {
        return Flaw{RefusalCode::Misshapen, std::to_string(header.plain_bytes) + " bytes, sealed " +
                                                std::to_string(sealed_bytes) + ", are no update of the " +
                                                std::string(name_of(header.tier)) + " tier of this model"};
    }
    if (header.model != model.identity || lease.model != model.identity) {
        return Flaw{RefusalCode::Misshapen, "the update was made for another declared model"};
    }
    return {};
}

Verdict check_counts(const wire::UpdateBody& body, const ModelShape& model) {
    if (body.labelled > kLabelledMax || body.errors > body.labelled) {
        return Flaw{RefusalCode::Misshapen, std::to_string(body.errors) + " errors of " +
                                                std::to_string(body.labelled) + " labels are no counts of an update"};
    }
    const bool named = std::all_of(body.confusions.begin(), body.confusions.end(), [&](const auto& pair) {
        return pair.truth < model.classes && pair.predicted < model.classes;
    });
    if (!named) return Flaw{RefusalCode::Misshapen, "it counts a class that the model has not"};
    // Where the body has error counts, its reader has compared all numbers. A node that is older than they are may name
    // errors that it has not learned yet, so its pairs may be more than its errors; but no more than labels there can
    // be.
    const std::uint64_t in_pairs =
        std::accumulate(body.confusions.begin(), body.confusions.end(), std::uint64_t{0},
                        [](std::uint64_t sum, const wire::ClassPairCount& pair) { return sum + pair.count; });
    if (in_pairs > kLabelledMax) {
        return Flaw{RefusalCode::Misshapen,
                    std::to_string(in_pairs) + " errors by class pair are no counts of an update"};
    }
    return {};
}

Verdict check_audits(const wire::AuditCounts& counts) {
    using wire::AuditCounts;
    std::array<std::array<std::uint64_t, 1 + AuditCounts::kExits>, AuditCounts::kExits> totals{};
    for (std::size_t i = 0; i < counts.bins.size(); ++i) {
        auto& total = totals[i / AuditCounts::kBins];
        total[0] += counts.bins[i].requests;
        for (std::size_t exit = 0; exit < AuditCounts::kExits; ++exit)
            total[1 + exit] += counts.bins[i].differ[exit];
    }
    if (totals[0] != totals[1]) {
        return Flaw{RefusalCode::Misshapen,
                    "its audit counts of the light and the medium exit are not of the same audits"};
    }
    return {};
}

Verdict check_soft_labels(const wire::SoftLabels& labels, Tier tier, const ModelShape& model) {
    if (labels.empty() || (tier == Tier::Heavy && labels.classes() == model.classes)) return {};
    return Flaw{RefusalCode::Misshapen, "soft labels of " + std::to_string(labels.classes()) +
                                            " classes are none of a heavy exit of this model"};
}

std::uint64_t sealed_bytes_max(const ModelShape& model, Tier tier) {
    const std::size_t soft_label_classes =
        tier == Tier::Heavy ? std::min(model.classes, wire::SoftLabels::kClassesMax) : 0;
    return wire::sealed_size(wire::body_size(model.prefix(tier), limits::kReportClassPairsMax, wire::WithAudits::Yes,
                                             wire::WithErrorCounts::Yes, soft_label_classes));
}

namespace {

Flaw not_finite(std::uint64_t place) {
    return {RefusalCode::NonFinite, "value " + std::to_string(place) + " is not a finite number"};
}

}  // namespace

Verdict DeltaGate::take(std::span<const float> values) {
    if (const auto wrong = note(values)) return not_finite(taken_ + *wrong);
    taken_ += values.size();
    norms_.take(values);
    return {};
}

Verdict DeltaGate::take(const SparseValues& values) {
    SKERRY_ASSERT(taken_ == 0);
    if (const auto wrong = note(values.values)) return not_finite(values.places[*wrong]);
    taken_ = values.size;
    norms_.take(values);
    return {};
}

std::optional<std::size_t> DeltaGate::note(std::span<const float> values) {
    const std::size_t statistics = std::min(values.size(), statistics_max_ - statistics_.size());
    const std::span<const float> moments = values.first(statistics);
    statistics_.insert(statistics_.end(), moments.begin(), moments.end());
    const std::uint32_t largest =
        aggregation::kernels::best_kernels().largest_magnitude(std::as_bytes(values).data(), values.size());
    if (largest >= std::bit_cast<std::uint32_t>(std::numeric_limits<float>::infinity())) {
        const auto at = std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
        return static_cast<std::size_t>(at - values.begin());
    }
    bounded_ = bounded_ && std::bit_cast<float>(largest) <= limits::kDeltaMax;
    return std::nullopt;
}

double DeltaGate::norm() const {
    double squares = 0;
    for (const double norm : norms_.norms())
        squares += norm * norm;
    return std::sqrt(squares);
}

Verdict DeltaGate::finish() const {
    SKERRY_ASSERT(statistics_.size() == statistics_max_);
    if (!bounded_) {
        return Flaw{RefusalCode::OutOfBounds,
                    "a value is beyond ±" + std::to_string(static_cast<int>(limits::kDeltaMax))};
    }
    if (!are_moments(statistics_)) {
        return Flaw{RefusalCode::OutOfBounds, "its normaliser's moments are those of no input within ±" +
                                                  std::to_string(static_cast<int>(limits::kScaledInputMax))};
    }
    if (norm() > static_cast<double>(norm_max_) * (1.0 + kNormTolerance)) {
        return Flaw{RefusalCode::Norm, "its norm " + std::to_string(norm()) + " exceeds the " +
                                           std::to_string(norm_max_) + " that the lease allows"};
    }
    return {};
}

}  // namespace skerry::coordinator
