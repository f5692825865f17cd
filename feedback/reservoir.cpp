#include "feedback/reservoir.hpp"

#include <algorithm>
#include <cmath>

namespace skerry::feedback {

bool is_for_validation(std::uint64_t order) {
    return Random(order).next() % 10 == 0;
}

Reservoir::Reservoir(Keeps keeps, std::size_t capacity, std::size_t classes)
    : keeps_(keeps), capacity_(capacity), held_(classes), seen_(classes) {}

void Reservoir::offer(Example example, Random& random) {
    SKERRY_ASSERT(example.label < held_.size());
    ++seen_[example.label];
    if (examples_.size() < capacity_) {
        ++held_[example.label];
        examples_.push_back(std::move(example));
        return;
    }
    const auto place = place_for(example.label, random);
    if (!place) return;
    --held_[examples_[*place].label];
    ++held_[example.label];
    examples_[*place] = std::move(example);
}

std::optional<std::size_t> Reservoir::place_for(std::uint32_t label, Random& random) const {
    if (capacity_ == 0) return std::nullopt;
    const std::size_t largest = *std::max_element(held_.begin(), held_.end());
    const bool is_largest = held_[label] == largest;
    if (keeps_ == Keeps::History && is_largest &&
        random.uniform() * static_cast<double>(seen_[label]) > static_cast<double>(held_[label])) {
        return std::nullopt;
    }
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
        const std::uint32_t other = examples_[i].label;
        if (is_largest ? other == label : held_[other] == largest) candidates.push_back(i);
    }
    if (keeps_ == Keeps::Newest) {
        return *std::min_element(candidates.begin(), candidates.end(), [this](std::size_t a, std::size_t b) {
            return examples_[a].trigger < examples_[b].trigger;
        });
    }
    return candidates[random.below(candidates.size())];
}

void Reservoir::rest(const std::vector<bool>& rests) {
    SKERRY_ASSERT(rests.size() == examples_.size());
    for (std::size_t i = 0; i < rests.size(); ++i)
        examples_[i].rests = rests[i];
}

void Reservoir::wake() {
    for (Example& example : examples_)
        example.rests = false;
}

void Reservoir::rename(const std::vector<std::uint32_t>& names) {
    SKERRY_ASSERT(names.size() == held_.size());
    const std::vector<std::size_t> held = held_;
    const std::vector<std::uint64_t> seen = seen_;
    for (std::size_t c = 0; c < names.size(); ++c) {
        held_[names[c]] = held[c];
        seen_[names[c]] = seen[c];
    }
    for (Example& example : examples_) {
        example.rests = example.rests && names[example.label] == example.label;
        example.label = names[example.label];
        example.logits.clear();
    }
}

void Reservoir::erase(const std::vector<std::size_t>& indices) {
    for (auto index = indices.rbegin(); index != indices.rend(); ++index) {
        --held_[examples_[*index].label];
        examples_.erase(examples_.begin() + static_cast<std::ptrdiff_t>(*index));
    }
}

std::size_t Reservoir::erase_resting() {
    std::vector<std::size_t> resting;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
        if (examples_[i].rests) resting.push_back(i);
    }
    erase(resting);
    return resting.size();
}

std::vector<std::size_t> Reservoir::draw(std::size_t count, Random& random) const {
    std::vector<std::size_t> drawn;
    std::vector<std::size_t> deck;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
        if (!examples_[i].rests) deck.push_back(i);
    }
    for (std::size_t left = deck.size(); left > 0 && drawn.size() < count;) {
        const std::size_t pick = random.below(left);
        drawn.push_back(deck[pick]);
        std::swap(deck[pick], deck[--left]);
    }
    return drawn;
}

std::vector<std::size_t> Reservoir::awake() const {
    std::vector<std::size_t> counts(held_.size());
    for (const Example& example : examples_)
        counts[example.label] += example.rests ? 0 : 1;
    return counts;
}

std::size_t Reservoir::saved_bytes() const {
    std::size_t bytes = 2 * sizeof(std::uint32_t) + seen_.size() * sizeof(std::uint64_t);
    for (const Example& example : examples_) {
        bytes += 3 * sizeof(std::uint32_t) + sizeof(std::uint64_t) + example.sample.size() +
                 example.logits.size() * sizeof(float);
    }
    return bytes;
}

void Reservoir::save(ByteWriter& to) const {
    to.put(static_cast<std::uint32_t>(seen_.size()));
    for (const auto count : seen_)
        to.put(count);
    to.put(static_cast<std::uint32_t>(examples_.size()));
    for (const Example& example : examples_) {
        to.put(example.label).put(example.trigger).put_sized(example.sample);
        to.put_sized(std::as_bytes(std::span(example.logits)));
    }
}

void Reservoir::save_resting(ByteWriter& to) const {
    Bytes rests;
    for (const Example& example : examples_)
        rests.push_back(std::byte{example.rests});
    to.put_sized(rests);
}

Result<> Reservoir::load_resting(ByteReader& from) {
    const ByteView rests = from.get_sized(from.remaining());
    if (!from.ok() || rests.size() < examples_.size()) {
        return fail(ErrorCode::InvalidInput, "the saved example reservoir is damaged: who rests");
    }
    for (std::size_t i = 0; i < examples_.size(); ++i)
        examples_[i].rests = rests[i] != std::byte{0};
    return {};
}

Result<Reservoir> Reservoir::load(ByteReader& from, Keeps keeps, std::size_t capacity, std::size_t classes,
                                  std::size_t sample_bytes) {
    const auto damaged = [] { return fail(ErrorCode::InvalidInput, "the saved example reservoir is damaged"); };
    Reservoir loaded(keeps, capacity, classes);
    if (from.get<std::uint32_t>() != classes) return damaged();
    for (auto& count : loaded.seen_)
        count = from.get<std::uint64_t>();
    const auto examples = from.get<std::uint32_t>();
    for (std::uint32_t i = 0; i < examples; ++i) {
        Example example;
        example.label = from.get<std::uint32_t>();
        example.trigger = from.get<std::uint64_t>();
        const ByteView sample = from.get_sized(sample_bytes);
        const ByteView logits = from.get_sized(classes * sizeof(float));
        const bool has_logits = logits.size() == classes * sizeof(float);
        if (!from.ok() || example.label >= classes || sample.size() != sample_bytes ||
            (!logits.empty() && !has_logits)) {
            return damaged();
        }
        if (has_logits) {
            example.logits.resize(classes);
            std::memcpy(example.logits.data(), logits.data(), logits.size());
        }
        if (!std::all_of(example.logits.begin(), example.logits.end(), [](float z) { return std::isfinite(z); })) {
            return damaged();
        }
        // An operator may have lowered the capacity since: what no longer fits is let go.
        if (loaded.examples_.size() == capacity) continue;
        example.sample = copy_of(sample);
        ++loaded.held_[example.label];
        loaded.examples_.push_back(std::move(example));
    }
    if (!from.ok()) return damaged();
    return loaded;
}

}  // namespace skerry::feedback
