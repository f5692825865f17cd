#include "coordinator/admission/sketch.hpp"

#include <algorithm>
#include <cstring>

namespace skerry::coordinator {
namespace {

void add(std::span<const float> values, const float* signs, float sign, float* sums) {
    for (std::size_t i = 0; i < values.size(); ++i)
        sums[i] += signs[i] * (sign * values[i]);
}

}  // namespace

SketchKey SketchKey::drawn_from(const ByteArray<16>& random) {
    SketchKey key;
    std::memcpy(&key.value, random.data(), sizeof(key.value));
    key.value |= 1U;
    return key;
}

Sketcher::Sketcher(SketchKey key) : blocks_(key.value), signs_(kSigns + kBuckets), sums_(kBuckets) {
    Random coins(~key.value);
    for (float& sign : signs_)
        sign = coins.below(2) == 0 ? 1.0F : -1.0F;
}

// Which bucket and which sign a value has: of each block its own rotation, and its own place among the signs.
void Sketcher::begin_block() {
    first_bucket_ = static_cast<std::size_t>(blocks_.below(kBuckets));
    signs_of_block_ = signs_.data() + blocks_.below(kSigns);
    sign_of_block_ = blocks_.below(2) == 0 ? 1.0F : -1.0F;
}

void Sketcher::take(std::span<const float> values) {
    while (!values.empty()) {
        const auto within = static_cast<std::size_t>(taken_ % kBuckets);
        if (within == 0) begin_block();
        const std::size_t count = std::min(values.size(), kBuckets - within);
        take_within_block(values.first(count));
        taken_ += count;
        values = values.subspan(count);
    }
}

void Sketcher::take(const SparseValues& values, std::size_t from) {
    SKERRY_ASSERT(taken_ == 0 && from <= values.size);
    const auto [places, numbers] = values.part(from, values.size);
    std::size_t next = 0;
    for (std::size_t first = from; first < values.size; first += kBuckets) {
        begin_block();
        for (; next < places.size() && places[next] < first + kBuckets; ++next) {
            const std::size_t within = places[next] - first;
            sums_[(first_bucket_ + within) % kBuckets] += signs_of_block_[within] * (sign_of_block_ * numbers[next]);
        }
    }
    taken_ = values.size - from;
}

void Sketcher::take_within_block(std::span<const float> values) {
    const auto within = static_cast<std::size_t>(taken_ % kBuckets);
    const std::size_t bucket = (first_bucket_ + within) % kBuckets;
    const std::size_t to_the_end = std::min(values.size(), kBuckets - bucket);
    add(values.first(to_the_end), signs_of_block_ + within, sign_of_block_, sums_.data() + bucket);
    add(values.subspan(to_the_end), signs_of_block_ + within + to_the_end, sign_of_block_, sums_.data());
}

std::array<Sketch, kTiers> sketches_of(std::span<const float> weights, const ModelShape& model, SketchKey key) {
    std::array<Sketch, kTiers> sketches;
    Sketcher sketcher(key);
    std::size_t from = model.statistics;
    for (std::size_t tier = 0; tier < kTiers; ++tier) {
        const auto to = static_cast<std::size_t>(model.values[tier]);
        sketcher.take(weights.subspan(from, to - from));
        sketches[tier] = sketcher.sketch();
        from = to;
    }
    return sketches;
}

}  // namespace skerry::coordinator
