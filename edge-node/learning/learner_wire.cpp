#include "edge-node/learning/learner_wire.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace skerry::node::learner_wire {
namespace {

constexpr std::uint32_t kNoTarget = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kAlignment = 64;
constexpr double kTargetsTolerance = 1e-3;  // float32 roundings of limits::kClassesMax values

// Hands out regions one after another. After the first that does not fit, none does.
class Cursor {
public:
    explicit Cursor(std::uint64_t limit) : limit_(limit) {}

    std::uint64_t take(std::uint64_t count, std::uint64_t size) {
        const std::uint64_t begin = end_;
        if (!ok_ || count > (limit_ - begin) / size) {
            ok_ = false;
            return 0;
        }
        const std::uint64_t end = begin + count * size;
        end_ = std::min((end + kAlignment - 1) / kAlignment * kAlignment, limit_);
        return begin;
    }
    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] std::uint64_t end() const { return end_; }

private:
    std::uint64_t limit_;
    std::uint64_t end_ = 0;
    bool ok_ = true;
};

tl::unexpected<Error> malformed(const std::string& what) {
    return fail(ErrorCode::InvalidInput, "malformed learner " + what);
}

bool usable(float value) {
    return std::isfinite(value) && value >= 0;
}

Result<> read_class_targets(ByteReader& reader, std::size_t classes, TrainPlan& plan) {
    plan.class_target_share = reader.get<float>();
    const auto values = reader.get<std::uint32_t>();
    if (!usable(plan.class_target_share) || plan.class_target_share > 1 ||
        (values == 0 && plan.class_target_share > 0) || (values != 0 && values != classes * classes)) {
        return malformed("plan: the class targets' share or length");
    }
    for (std::uint32_t first = 0; first < values; first += static_cast<std::uint32_t>(classes)) {
        double sum = 0;
        for (std::size_t c = 0; c < classes; ++c) {
            plan.class_targets.push_back(reader.get<float>());
            if (!usable(plan.class_targets.back())) return malformed("plan: a class target is no probability");
            sum += double{plan.class_targets.back()};
        }
        // False also for bytes that ended early, which read as zeros.
        if (!(std::abs(sum - 1) <= kTargetsTolerance)) return malformed("plan: class targets do not add up to 1");
    }
    return {};
}

}  // namespace

Result<std::size_t> bytes_for(const Counts& counts) {
    Cursor cursor(kExchangeBytesMax);
    cursor.take(counts.text, 1);
    for (const std::uint64_t floats :
         {counts.parameters, counts.memory, counts.rows, counts.targets, counts.anchor, counts.logits, counts.losses}) {
        cursor.take(floats, sizeof(float));
    }
    if (!cursor.ok()) return fail(ErrorCode::InvalidInput, "the model is too large to exchange with the learner");
    return static_cast<std::size_t>(std::max(cursor.end(), kAlignment));
}

Result<Regions> regions_in(std::span<std::byte> mapping, const Counts& counts) {
    Cursor cursor(mapping.size());
    const auto floats = [&](std::uint64_t count) {
        const std::uint64_t begin = cursor.take(count, sizeof(float));
        // A mapping begins at a page and a region at a multiple of 64 bytes.
        return std::span(reinterpret_cast<float*>(mapping.data() + begin), cursor.ok() ? count : 0);
    };
    Regions regions;
    const std::uint64_t text = cursor.take(counts.text, 1);
    regions.text = mapping.subspan(text, cursor.ok() ? counts.text : 0);
    regions.parameters = floats(counts.parameters);
    regions.memory = floats(counts.memory);
    regions.rows = floats(counts.rows);
    regions.targets = floats(counts.targets);
    regions.anchor = floats(counts.anchor);
    regions.logits = floats(counts.logits);
    regions.losses = floats(counts.losses);
    if (!cursor.ok()) return malformed("request: its memory is smaller than it says");
    return regions;
}

Bytes encode(const Request& request) {
    ByteWriter writer;
    writer.put(kMagic).put(kVersion).put(static_cast<std::uint16_t>(request.verb)).put(request.id);
    const Counts& counts = request.counts;
    writer.put(counts.text).put(counts.parameters).put(counts.memory).put(counts.rows).put(counts.targets);
    writer.put(counts.anchor).put(counts.logits).put(counts.losses).put(request.optimiser_steps);
    return std::move(writer).take();
}

Bytes encode(const Answer& answer) {
    ByteWriter writer;
    writer.put(kMagic).put(kVersion).put(static_cast<std::uint16_t>(answer.verb)).put(answer.id);
    const int code = answer.ok ? 0 : 1 + static_cast<int>(answer.code);
    writer.put(static_cast<std::uint16_t>(code)).put(static_cast<std::uint8_t>(answer.finite ? 1 : 0));
    writer.put(answer.learning_rate);
    writer.put_sized(bytes_of(std::string_view(answer.message).substr(0, kMessageBytesMax)));
    return std::move(writer).take();
}

Result<Request> decode_request(ByteView frame) {
    ByteReader reader(frame);
    const bool ours = reader.get<std::uint32_t>() == kMagic && reader.get<std::uint16_t>() == kVersion;
    const auto verb = reader.get<std::uint16_t>();
    Request request;
    request.id = reader.get<std::uint64_t>();
    for (std::uint64_t* count : {&request.counts.text, &request.counts.parameters, &request.counts.memory,
                                 &request.counts.rows, &request.counts.targets, &request.counts.anchor,
                                 &request.counts.logits, &request.counts.losses, &request.optimiser_steps}) {
        *count = reader.get<std::uint64_t>();
    }
    if (!ours || !reader.finished() || verb > static_cast<std::uint16_t>(Verb::Train)) return malformed("request");
    request.verb = static_cast<Verb>(verb);
    return request;
}

Result<Answer> decode_answer(ByteView frame) {
    ByteReader reader(frame);
    const bool ours = reader.get<std::uint32_t>() == kMagic && reader.get<std::uint16_t>() == kVersion;
    const auto verb = reader.get<std::uint16_t>();
    Answer answer;
    answer.id = reader.get<std::uint64_t>();
    const auto code = reader.get<std::uint16_t>();
    answer.finite = reader.get<std::uint8_t>() == 1;
    answer.learning_rate = reader.get<float>();
    answer.message = text_of(reader.get_sized(kMessageBytesMax));
    const bool known =
        verb <= static_cast<std::uint16_t>(Verb::Train) && code <= 1 + static_cast<std::uint16_t>(ErrorCode::Internal);
    if (!ours || !known || !reader.finished()) return malformed("answer");
    answer.verb = static_cast<Verb>(verb);
    answer.ok = code == 0;
    if (!answer.ok) answer.code = static_cast<ErrorCode>(code - 1);
    return answer;
}

Bytes encode(const TrainPlan& plan) {
    ByteWriter writer;
    writer.put(static_cast<std::uint8_t>(plan.optimiser)).put(plan.hypergradient);
    writer.put(plan.learning_rate).put(plan.gradient_norm_max).put(plan.logit_weight).put(plan.proximal);
    writer.put(plan.label_noise);
    for (const float bound : plan.rate_bounds)
        writer.put(bound);
    for (const auto& weights : {plan.exit_weights, plan.distillation}) {
        for (const float weight : weights)
            writer.put(weight);
    }
    writer.put(static_cast<std::uint32_t>(plan.class_log_prior.size()));
    for (const float prior : plan.class_log_prior)
        writer.put(prior);
    writer.put(plan.class_target_share).put(static_cast<std::uint32_t>(plan.class_targets.size()));
    for (const float probability : plan.class_targets)
        writer.put(probability);
    writer.put(static_cast<std::uint32_t>(plan.steps.size()));
    for (const TrainStep& step : plan.steps) {
        writer.put(static_cast<std::uint32_t>(step.size()));
        for (const TrainRow& row : step) {
            writer.put(row.row).put(row.label).put(row.weight).put(row.target.value_or(kNoTarget));
            writer.put(row.adversarial);
        }
    }
    return std::move(writer).take();
}

Result<TrainPlan> decode_plan(ByteView bytes, const PlanBounds& bounds) {
    ByteReader reader(bytes);
    TrainPlan plan;
    const auto optimiser = reader.get<std::uint8_t>();
    if (optimiser > static_cast<std::uint8_t>(Optimiser::Cocob)) return malformed("plan: an unknown optimiser");
    plan.optimiser = static_cast<Optimiser>(optimiser);
    bool fine = true;
    const auto read = [&](float& value) {
        value = reader.get<float>();
        fine = fine && usable(value);
    };
    for (float* value : {&plan.hypergradient, &plan.learning_rate, &plan.gradient_norm_max, &plan.logit_weight,
                         &plan.proximal, &plan.label_noise}) {
        read(*value);
    }
    std::for_each(plan.rate_bounds.begin(), plan.rate_bounds.end(), read);
    for (auto* weights : {&plan.exit_weights, &plan.distillation})
        std::for_each(weights->begin(), weights->end(), read);
    if (!fine) return malformed("plan: a rate or weight is negative or not finite");
    if (plan.label_noise >= 1) return malformed("plan: its share of wrong labels");
    const auto priors = reader.get<std::uint32_t>();
    if (priors != 0 && priors != bounds.classes) return malformed("plan: the class prior has another length");
    for (std::uint32_t i = 0; i < priors; ++i) {
        plan.class_log_prior.push_back(reader.get<float>());
        if (!std::isfinite(plan.class_log_prior.back())) return malformed("plan: the class prior is not finite");
    }
    SKERRY_TRY(read_class_targets(reader, bounds.classes, plan));
    const auto steps = reader.get<std::uint32_t>();
    if (!reader.ok() || steps == 0 || steps > kStepsMax) return malformed("plan: its number of steps");
    for (std::uint32_t s = 0; s < steps; ++s) {
        const auto rows = reader.get<std::uint32_t>();
        if (!reader.ok() || rows == 0 || rows > kStepRowsMax) return malformed("plan: a step's number of rows");
        TrainStep& step = plan.steps.emplace_back();
        for (std::uint32_t i = 0; i < rows; ++i) {
            TrainRow row;
            row.row = reader.get<std::uint32_t>();
            row.label = reader.get<std::uint32_t>();
            row.weight = reader.get<float>();
            const auto target = reader.get<std::uint32_t>();
            if (target != kNoTarget) row.target = target;
            row.adversarial = reader.get<float>();
            const bool fits = row.row < bounds.rows && row.label < bounds.classes && usable(row.weight) &&
                              row.weight > 0 && usable(row.adversarial) &&
                              (!row.target || *row.target < bounds.targets);
            if (!reader.ok() || !fits) return malformed("plan: a row refers to what is not there");
            step.push_back(row);
        }
    }
    if (!reader.finished()) return malformed("plan: its length");
    if (plan.hypergradient > 0 && plan.optimiser != Optimiser::Adam) {
        return malformed("plan: only Adam's rate can follow a hypergradient");
    }
    if (plan.hypergradient > kHypergradientMax || plan.rate_bounds[0] > plan.rate_bounds[1]) {
        return malformed("plan: its hypergradient or the bounds of its rate");
    }
    return plan;
}

}  // namespace skerry::node::learner_wire
