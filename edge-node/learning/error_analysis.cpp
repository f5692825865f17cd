#include "edge-node/learning/error_analysis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace skerry::node {
namespace {

constexpr std::size_t kEnergiesMax = 1000;
constexpr std::size_t kEnergiesMin = 200;
constexpr std::size_t kStrangeOneIn = 200;
constexpr std::size_t kErrorNeighbours = 5;
constexpr std::size_t kErrorVotes = 4;
constexpr std::size_t kErrorWitnesses = 3;
constexpr std::size_t kWitnessesAgree = 2;
constexpr double kDeeperKnows = 0.5;
constexpr double kDoubted = 0.9;  // nobody else's label needs neighbours: as type_of()'s

std::vector<double> probabilities_of(std::span<const float> logits) {
    const double highest = *std::max_element(logits.begin(), logits.end());
    std::vector<double> probabilities;
    double sum = 0;
    for (const float logit : logits)
        sum += probabilities.emplace_back(std::exp(double{logit} - highest));
    for (double& probability : probabilities)
        probability /= sum;
    return probabilities;
}

/// Of the exits together: one by itself is too sure of what it has seldom seen.
double probability_of(std::uint32_t label, const ForwardResult& answers, std::size_t row) {
    double sum = 0;
    for (std::size_t exit = 0; exit < answers.exits; ++exit)
        sum += probabilities_of(answers.logits_of(row, exit))[label];
    return sum / static_cast<double>(answers.exits);
}

std::size_t second_of(std::span<const float> logits) {
    const auto first = std::max_element(logits.begin(), logits.end()) - logits.begin();
    std::size_t second = first == 0 ? logits.size() - 1 : 0;
    for (std::size_t c = 0; c < logits.size(); ++c) {
        if (static_cast<std::ptrdiff_t>(c) != first && logits[c] > logits[second]) second = c;
    }
    return second;
}

}  // namespace

float EnergyHistory::strange() const {
    if (energies_.size() < kEnergiesMin) return std::numeric_limits<float>::infinity();
    std::vector<float> sorted(energies_.begin(), energies_.end());
    const auto rank = sorted.end() - 1 - static_cast<std::ptrdiff_t>(sorted.size() / kStrangeOneIn);
    std::nth_element(sorted.begin(), rank, sorted.end());
    return *rank;
}

void EnergyHistory::add(float energy) {
    energies_.push_back(energy);
    if (energies_.size() > kEnergiesMax) energies_.pop_front();
}

void EnergyHistory::save(ByteWriter& to) const {
    to.put(static_cast<std::uint32_t>(energies_.size()));
    for (const float energy : energies_)
        to.put(energy);
}

Result<> EnergyHistory::load(ByteReader& from) {
    energies_.clear();
    const auto count = from.get<std::uint32_t>();
    const bool possible = from.ok() && count <= kEnergiesMax && from.remaining() >= count * sizeof(float);
    for (std::uint32_t i = 0; possible && i < count; ++i) {
        const auto energy = from.get<float>();
        if (!std::isfinite(energy)) return fail(ErrorCode::InvalidInput, "the saved energies are damaged");
        energies_.push_back(energy);
    }
    if (!possible) return fail(ErrorCode::InvalidInput, "the saved energies are damaged");
    return {};
}

std::vector<double> suspicions_of(const ReviewedRows& rows, const ForwardResult& answers, const ReviewedRows& known,
                                  const NoiseRate& noise) {
    std::vector<float> all(known.rows.begin(), known.rows.end());
    std::vector<std::uint32_t> labels(known.labels.begin(), known.labels.end());
    all.insert(all.end(), rows.rows.begin(), rows.rows.end());
    labels.insert(labels.end(), rows.labels.begin(), rows.labels.end());
    std::vector<double> suspicions;
    if (rows.labels.empty()) return suspicions;
    const std::size_t values = rows.rows.size() / rows.labels.size();
    for (std::size_t i = 0; i < rows.labels.size(); ++i) {
        const std::uint32_t label = rows.labels[i];
        double& suspicion =
            suspicions.emplace_back(noise.suspicion(probability_of(label, answers, i), answers.classes));
        // Itself is the nearest of all, and agrees.
        if (suspicion > kSuspected && neighbours_say(label, rows.rows.subspan(i * values, values), {all, labels},
                                                     kErrorWitnesses + 1, kWitnessesAgree + 1)) {
            suspicion = 0;
        }
    }
    return suspicions;
}

float energy_of(std::span<const float> logits) {
    const float highest = *std::max_element(logits.begin(), logits.end());
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(double{logit} - double{highest});
    return -highest - static_cast<float>(std::log(sum));
}

std::vector<feedback::ErrorType> types_of(std::span<const AnsweredRow> rows, const ForwardResult& answers,
                                          const ReviewedRows& known, const Circumstances& circumstances) {
    const std::size_t deepest = answers.exits - 1;
    std::vector<feedback::ErrorType> types(rows.size(), feedback::ErrorType::Unjudged);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const feedback::Prediction& prediction = *rows[i].prediction;
        const std::uint32_t label = rows[i].label;
        if (prediction.predicted == label) continue;
        const std::vector<double> now = probabilities_of(answers.logits_of(i, deepest));
        const std::size_t answered = std::min(static_cast<std::size_t>(prediction.tier), deepest);
        feedback::ErrorEvidence evidence;
        evidence.deeper_knows = answered < deepest && now[label] > kDeeperKnows;
        evidence.unlike_the_known = energy_of(answers.logits_of(i, deepest)) > circumstances.strange;
        evidence.predicted = now[prediction.predicted];
        evidence.truth = now[label];
        evidence.neighbours_agree =
            evidence.predicted > kDoubted &&
            neighbours_say(prediction.predicted, rows[i].scaled, known, kErrorNeighbours, kErrorVotes);
        evidence.reacting = circumstances.reacting;
        if (!circumstances.suspicions.empty()) evidence.suspicion = circumstances.suspicions[i];
        evidence.answered = double{prediction.probability};
        evidence.margin = double{prediction.margin};
        evidence.truth_was_second = second_of(answers.logits_of(i, answered)) == label;
        types[i] = feedback::type_of(evidence);
    }
    return types;
}

}  // namespace skerry::node
