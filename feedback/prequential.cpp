#include "feedback/prequential.hpp"

namespace skerry::feedback {
namespace {

double share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

// How far above a baseline, of what was left to gain. A perfect baseline leaves nothing.
double gain_over(double baseline, double accuracy) {
    return baseline >= 1.0 ? 0.0 : (accuracy - baseline) / (1.0 - baseline);
}

}  // namespace

Prequential::Prequential(std::size_t classes) : seen_(classes), predicted_(classes), fading_(classes) {}

void Prequential::add(Tier tier, std::uint32_t predicted, std::uint32_t truth) {
    SKERRY_ASSERT(truth < seen_.size() && predicted < predicted_.size());
    const bool correct = predicted == truth;
    const Counts one{1, correct ? 1U : 0U, total_.labelled > 0 && majority_ == truth ? 1U : 0U,
                     last_ == truth ? 1U : 0U};
    for (Counts* counts : {&total_, &running_}) {
        counts->labelled += one.labelled;
        counts->correct += one.correct;
        counts->majority_correct += one.majority_correct;
        counts->last_correct += one.last_correct;
    }
    const auto index = static_cast<std::size_t>(tier);
    ++tier_labelled_[index];
    tier_correct_[index] += one.correct;
    ++predicted_[predicted];
    if (++seen_[truth] > seen_[majority_]) majority_ = truth;
    last_ = truth;
    fading_.add(tier, predicted, truth);
}

void Prequential::end_trigger() {
    window_.push_back(running_);
    running_ = {};
    if (window_.size() > kWindowTriggers) window_.pop_front();
}

PrequentialNumbers Prequential::numbers() const {
    Counts recent = running_;
    for (const Counts& counts : window_) {
        recent.labelled += counts.labelled;
        recent.correct += counts.correct;
        recent.last_correct += counts.last_correct;
        recent.majority_correct += counts.majority_correct;
    }
    double chance = 0;
    for (std::size_t c = 0; c < seen_.size(); ++c) {
        chance += share(seen_[c], total_.labelled) * share(predicted_[c], total_.labelled);
    }
    PrequentialNumbers numbers;
    numbers.labelled = total_.labelled;
    numbers.accuracy = share(total_.correct, total_.labelled);
    numbers.accuracy_window = share(recent.correct, recent.labelled);
    numbers.majority = share(total_.majority_correct, total_.labelled);
    numbers.last_class = share(total_.last_correct, total_.labelled);
    numbers.majority_window = share(recent.majority_correct, recent.labelled);
    numbers.last_class_window = share(recent.last_correct, recent.labelled);
    numbers.kappa = gain_over(chance, numbers.accuracy);
    numbers.kappa_temporal = gain_over(numbers.last_class, numbers.accuracy);
    numbers.tier_labelled = tier_labelled_;
    numbers.tier_correct = tier_correct_;
    numbers.accuracy_fading = fading_.accuracy();
    numbers.kappa_fading = fading_.kappa();
    for (std::size_t tier = 0; tier < kTiers; ++tier)
        numbers.tier_accuracy_fading[tier] = fading_.accuracy_of(static_cast<Tier>(tier));
    return numbers;
}

void Prequential::save(ByteWriter& to) const {
    const auto put = [&to](const Counts& counts) {
        to.put(counts.labelled).put(counts.correct).put(counts.majority_correct).put(counts.last_correct);
    };
    to.put(static_cast<std::uint32_t>(seen_.size()));
    for (const auto count : seen_)
        to.put(count);
    for (const auto count : predicted_)
        to.put(count);
    to.put(static_cast<std::uint8_t>(last_ ? 1 : 0)).put(last_.value_or(0)).put(majority_);
    put(total_);
    put(running_);
    to.put(static_cast<std::uint32_t>(window_.size()));
    for (const Counts& counts : window_)
        put(counts);
    for (const auto count : tier_labelled_)
        to.put(count);
    for (const auto count : tier_correct_)
        to.put(count);
}

Result<Prequential> Prequential::load(ByteReader& from, std::size_t classes) {
    const auto damaged = [] { return fail(ErrorCode::InvalidInput, "the saved prequential counts are damaged"); };
    bool sane = true;
    const auto get = [&] {
        Counts counts;
        counts.labelled = from.get<std::uint64_t>();
        counts.correct = from.get<std::uint64_t>();
        counts.majority_correct = from.get<std::uint64_t>();
        counts.last_correct = from.get<std::uint64_t>();
        sane = sane && counts.correct <= counts.labelled && counts.majority_correct <= counts.labelled &&
               counts.last_correct <= counts.labelled;
        return counts;
    };
    if (from.get<std::uint32_t>() != classes) return damaged();
    Prequential loaded(classes);
    for (auto& count : loaded.seen_)
        count = from.get<std::uint64_t>();
    for (auto& count : loaded.predicted_)
        count = from.get<std::uint64_t>();
    const bool has_last = from.get<std::uint8_t>() != 0;
    const auto last = from.get<std::uint32_t>();
    loaded.majority_ = from.get<std::uint32_t>();
    if (has_last) loaded.last_ = last;
    loaded.total_ = get();
    loaded.running_ = get();
    const auto windows = from.get<std::uint32_t>();
    if (windows > kWindowTriggers) return damaged();
    for (std::uint32_t i = 0; i < windows; ++i)
        loaded.window_.push_back(get());
    for (auto& count : loaded.tier_labelled_)
        count = from.get<std::uint64_t>();
    for (auto& count : loaded.tier_correct_)
        count = from.get<std::uint64_t>();
    if (!from.ok() || !sane || last >= classes || loaded.majority_ >= classes) return damaged();
    return loaded;
}

}  // namespace skerry::feedback
