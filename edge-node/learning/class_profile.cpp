#include "edge-node/learning/class_profile.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace skerry::node {
namespace {

constexpr std::uint32_t kProfileVersion = 1;
constexpr double kTemperature = 2;  // engine.hpp's T

std::vector<double> softened(std::span<const float> logits) {
    const float highest = *std::max_element(logits.begin(), logits.end());
    std::vector<double> shares;
    for (const float logit : logits)
        shares.push_back(std::exp(double{logit - highest} / kTemperature));
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    for (double& share : shares)
        share /= sum;
    return shares;
}

}  // namespace

void ClassProfile::observe(const ForwardResult& answers, std::span<const std::uint32_t> labels,
                           const std::vector<bool>& left_out) {
    if (answers.classes < 2 || answers.classes > wire::SoftLabels::kClassesMax) return;
    rows_.resize(answers.classes);
    shares_.resize(answers.classes * answers.classes);
    for (auto* fading : {&rows_, &shares_}) {
        for (double& value : *fading)
            value *= kFade;
    }
    for (std::size_t row = 0; row < labels.size(); ++row) {
        if (left_out[row]) continue;
        rows_[labels[row]] += 1;
        const std::vector<double> said = softened(answers.logits_of(row, answers.exits - 1));
        for (std::size_t c = 0; c < said.size(); ++c)
            shares_[labels[row] * said.size() + c] += said[c];
    }
}

wire::SoftLabels ClassProfile::soft_labels() const {
    if (std::none_of(rows_.begin(), rows_.end(), [](double rows) { return rows >= kRowsMin; })) return {};
    const std::size_t classes = rows_.size();
    wire::SoftLabels labels{std::vector<std::uint32_t>(classes), std::vector<std::uint16_t>(classes * classes)};
    for (std::size_t truth = 0; truth < classes; ++truth) {
        if (rows_[truth] < kRowsMin) continue;
        labels.rows[truth] = static_cast<std::uint32_t>(std::lround(rows_[truth]));
        const auto shares = std::span(shares_).subspan(truth * classes, classes);
        const double whole = std::accumulate(shares.begin(), shares.end(), 0.0);
        for (std::size_t c = 0; c < classes; ++c) {
            labels.shares[truth * classes + c] =
                static_cast<std::uint16_t>(std::floor(wire::SoftLabels::kWhole * shares[c] / whole));
        }
    }
    return labels;
}

void ClassProfile::save(ByteWriter& to) const {
    to.put(kProfileVersion);
    for (const auto* values : {&rows_, &shares_}) {
        for (const double value : *values)
            to.put(value);
    }
}

Result<> ClassProfile::load(ByteReader& from, std::size_t classes) {
    const bool known = from.get<std::uint32_t>() == kProfileVersion && classes <= wire::SoftLabels::kClassesMax;
    const std::size_t values = known ? classes + classes * classes : 0;
    std::vector<double> saved;
    for (std::size_t i = 0; i < values; ++i)
        saved.push_back(from.get<double>());
    const bool fine = std::all_of(saved.begin(), saved.end(), [](double v) { return std::isfinite(v) && v >= 0; });
    if (!known || !from.ok() || !fine) {
        return fail(ErrorCode::InvalidInput, "the saved profile of the classes is damaged");
    }
    rows_.assign(saved.begin(), saved.begin() + static_cast<std::ptrdiff_t>(classes));
    shares_.assign(saved.begin() + static_cast<std::ptrdiff_t>(classes), saved.end());
    return {};
}

std::vector<float> class_targets_of(const wire::SoftLabels& labels, std::size_t classes) {
    if (labels.empty() || labels.classes() != classes) return {};
    std::vector<float> targets(classes * classes);
    for (std::size_t truth = 0; truth < classes; ++truth) {
        if (labels.rows[truth] == 0) {
            targets[truth * classes + truth] = 1;
            continue;
        }
        const auto shares = std::span(labels.shares).subspan(truth * classes, classes);
        const auto whole = static_cast<float>(std::accumulate(shares.begin(), shares.end(), std::uint32_t{0}));
        for (std::size_t c = 0; c < classes; ++c)
            targets[truth * classes + c] = static_cast<float>(shares[c]) / whole;
    }
    return targets;
}

}  // namespace skerry::node
