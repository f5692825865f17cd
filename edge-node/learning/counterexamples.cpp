#include "edge-node/learning/counterexamples.hpp"

#include <algorithm>
#include <cmath>

#include "common/parameters/normaliser.hpp"

namespace skerry::node {
namespace {

constexpr double kAnotherForSure = 0.8;

// Made rows, one after the other.
class Maker {
public:
    Maker(const parameters::ModelSpec& spec, const MakingOptions& options, Random& random)
        : spec_(spec), options_(options), random_(random) {}

    void add(const std::vector<float>& row, const MadeLabel& label) {
        made_.rows.insert(made_.rows.end(), row.begin(), row.end());
        made_.labels.push_back(label);
    }
    [[nodiscard]] std::vector<float> scaled(ByteView sample) const {
        auto values = parameters::scaled_values(spec_.input, sample);
        SKERRY_ASSERT(values.has_value());  // it was scaled when it came
        return std::move(*values);
    }
    void add_varied(ByteView sample, std::uint32_t label) {
        const auto row = feedback::varied_sample(spec_, sample, options_.deviations, {}, random_);
        SKERRY_ASSERT(row.has_value());  // it was scaled when it came
        add(*row, {label, label});
    }
    void add_error(const ErrorParent& parent) {
        if (!options_.adversarial) return add_varied(parent.sample, parent.label);
        add(scaled(parent.sample), {parent.label, parent.label, 1, true});
    }
    void add_contrast(const ErrorParent& parent, const feedback::Example& other) {
        if (options_.mixup <= 0) return add_varied(other.sample, other.label);
        std::vector<float> mixture = scaled(parent.sample);
        const std::vector<float> with = scaled(other.sample);
        const auto share = static_cast<float>(random_.uniform(0, double{options_.mixup}));
        for (std::size_t i = 0; i < mixture.size(); ++i)
            mixture[i] += share * (with[i] - mixture[i]);
        add(mixture, {parent.label, other.label, 1 - share});
    }

    [[nodiscard]] std::size_t count() const { return made_.labels.size(); }
    [[nodiscard]] MadeRows take() && { return std::move(made_); }

private:
    const parameters::ModelSpec& spec_;
    const MakingOptions& options_;
    Random& random_;
    MadeRows made_;
};

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
    return type == ErrorType::TierRouting || type == ErrorType::Novel || type == ErrorType::Confident ||
           type == ErrorType::Boundary || type == ErrorType::Ordinary;
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
                              const feedback::Reservoir& replay, const MakingOptions& options, Random& random) {
    Maker maker(spec, options, random);
    while (maker.count() < options.count) {
        const ErrorParent* const parent = parents.next();
        if (parent == nullptr) break;
        maker.add_error(*parent);
        if (const auto* other = any_of(replay, parent->predicted, random)) maker.add_contrast(*parent, *other);
        for (const std::size_t index : replay.draw(2, random)) {
            const feedback::Example& example = replay.examples()[index];
            maker.add_varied(example.sample, example.label);
        }
    }
    MadeRows made = std::move(maker).take();
    made.labels.resize(std::min(made.labels.size(), options.count));
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
        const auto answer = static_cast<std::uint32_t>(best - logits.begin());
        const bool another = answer != made.labels[i].label && answer != made.labels[i].other;
        if (another && 1 / sum > kAnotherForSure) continue;
        const auto row = std::span(made.rows).subspan(i * values, values);
        kept.rows.insert(kept.rows.end(), row.begin(), row.end());
        kept.labels.push_back(made.labels[i]);
    }
    return kept;
}

}  // namespace skerry::node
