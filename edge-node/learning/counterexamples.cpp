#include "edge-node/learning/counterexamples.hpp"

#include <algorithm>
#include <cmath>

#include "common/parameters/normaliser.hpp"

namespace skerry::node {
namespace {

constexpr double kAnotherForSure = 0.8;

void add_varied(const parameters::ModelSpec& spec, ByteView sample, std::uint32_t label,
                std::span<const float> deviations, Random& random, MadeRows& made) {
    const auto scaled = parameters::scaled_values(spec.input, sample);
    SKERRY_ASSERT(scaled.has_value());  // it was scaled when it came
    const std::vector<float> row = feedback::varied(spec, *scaled, deviations, {}, random);
    made.rows.insert(made.rows.end(), row.begin(), row.end());
    made.labels.push_back(label);
}

const feedback::Example* any_of(const feedback::Reservoir& replay, std::uint32_t label, Random& random) {
    const std::size_t held = replay.held()[label];
    if (held == 0) return nullptr;
    std::uint64_t skip = random.below(held);
    for (const feedback::Example& example : replay.examples()) {
        if (example.label == label && skip-- == 0) return &example;
    }
    return nullptr;
}

}  // namespace

bool ErrorParents::takes(feedback::ErrorType type) {
    using feedback::ErrorType;
    return type == ErrorType::Confident || type == ErrorType::Boundary || type == ErrorType::Ordinary ||
           type == ErrorType::Novel;
}

void ErrorParents::add(ErrorParent parent) {
    parents_.push_back(std::move(parent));
    if (parents_.size() <= kParentsMax) return;
    parents_.erase(std::min_element(parents_.begin(), parents_.end(),
                                    [](const ErrorParent& a, const ErrorParent& b) { return a.trigger < b.trigger; }));
}

void ErrorParents::expire(std::uint64_t trigger) {
    std::erase_if(parents_, [trigger](const ErrorParent& parent) {
        return parent.children >= kChildrenMax || parent.trigger + kLifetime <= trigger;
    });
}

const ErrorParent* ErrorParents::next() {
    if (parents_.empty()) return nullptr;
    std::rotate(parents_.begin(), parents_.begin() + 1, parents_.end());
    ErrorParent& turn = parents_.back();
    ++turn.children;
    return &turn;
}

void ErrorParents::save(ByteWriter& to) const {
    to.put(static_cast<std::uint32_t>(parents_.size()));
    for (const ErrorParent& parent : parents_) {
        to.put(parent.label).put(parent.predicted).put(parent.trigger).put(parent.children);
        to.put_sized(parent.sample);
    }
}

Result<> ErrorParents::load(ByteReader& from, std::size_t classes, std::size_t sample_bytes) {
    parents_.clear();
    const auto count = from.get<std::uint32_t>();
    for (std::uint32_t i = 0; from.ok() && i < count && count <= kParentsMax; ++i) {
        ErrorParent parent;
        parent.label = from.get<std::uint32_t>();
        parent.predicted = from.get<std::uint32_t>();
        parent.trigger = from.get<std::uint64_t>();
        parent.children = from.get<std::uint32_t>();
        parent.sample = copy_of(from.get_sized(sample_bytes));
        if (!from.ok() || parent.sample.size() != sample_bytes || parent.label >= classes ||
            parent.predicted >= classes) {
            return fail(ErrorCode::InvalidInput, "the saved errors are damaged");
        }
        parents_.push_back(std::move(parent));
    }
    if (!from.ok() || parents_.size() != count) return fail(ErrorCode::InvalidInput, "the saved errors are damaged");
    return {};
}

MadeRows make_counterexamples(const parameters::ModelSpec& spec, ErrorParents& parents,
                              const feedback::Reservoir& replay, std::span<const float> deviations, std::size_t count,
                              Random& random) {
    MadeRows made;
    while (made.labels.size() < count) {
        const ErrorParent* const parent = parents.next();
        if (parent == nullptr) break;
        add_varied(spec, parent->sample, parent->label, deviations, random, made);
        if (const auto* other = any_of(replay, parent->predicted, random))
            add_varied(spec, other->sample, other->label, deviations, random, made);
        for (const std::size_t index : replay.draw(2, random)) {
            const feedback::Example& example = replay.examples()[index];
            add_varied(spec, example.sample, example.label, deviations, random, made);
        }
    }
    made.labels.resize(std::min(made.labels.size(), count));
    made.rows.resize(made.labels.size() * spec.input.values());
    return made;
}

MadeRows accepted(const MadeRows& made, const ForwardResult& answers) {
    MadeRows kept;
    const std::size_t values = made.labels.empty() ? 0 : made.rows.size() / made.labels.size();
    for (std::size_t i = 0; i < made.labels.size(); ++i) {
        const auto logits = answers.logits_of(i, answers.exits - 1);
        const auto best = std::max_element(logits.begin(), logits.end());
        double sum = 0;
        for (const float logit : logits)
            sum += std::exp(double{logit} - double{*best});
        const bool another = best - logits.begin() != std::ptrdiff_t{made.labels[i]};
        if (another && 1 / sum > kAnotherForSure) continue;
        const auto row = std::span(made.rows).subspan(i * values, values);
        kept.rows.insert(kept.rows.end(), row.begin(), row.end());
        kept.labels.push_back(made.labels[i]);
    }
    return kept;
}

}  // namespace skerry::node
