#include "edge-node/api/tensor_samples.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "edge-node/api/refusal.hpp"
#include "edge-node/api/text_samples.hpp"

namespace skerry::node {
namespace {

using parameters::DataType;

/// The dtype holds the value: integers exactly, real numbers rounded.
bool holds(DataType dtype, double value, bool integer) {
    if (dtype == DataType::UInt8) return value >= 0 && value <= 255 && value == std::floor(value);
    if (dtype == DataType::Int16) return value >= -32768 && value <= 32767 && value == std::floor(value);
    if (std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) return false;
    return !integer || static_cast<double>(static_cast<float>(value)) == value;
}

bool same(const Datatype& type, DataType dtype) {
    return type.name == datatype_of(dtype);
}

std::size_t bytes_of_value(DataType dtype) {
    return datatype_named(datatype_of(dtype))->bytes;
}

/// A sample as it is stored, from all its values in the model's dtype.
Bytes stored(Bytes sample, const parameters::InputSpec& input) {
    return input.audio() != nullptr ? parameters::stored_recording(*input.audio(), sample) : std::move(sample);
}

/// The first of these float32 that is NaN or infinite; their number: none.
std::size_t first_not_finite(ByteView floats) {
    constexpr std::uint32_t kExponent = 0x7F800000;
    const std::size_t count = floats.size() / sizeof(float);
    for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, &floats[i * sizeof bits], sizeof bits);
        if ((bits & kExponent) == kExponent) return i;
    }
    return count;
}

std::string misfit(std::size_t index, const Datatype& type) {
    return "value " + std::to_string(index) + " of the data does not fit its datatype " + std::string(type.name);
}

Result<std::vector<Bytes>> cut(const TensorPlan& plan, ByteView raw, const parameters::InputSpec& input) {
    if (input.dtype == DataType::Float32) {
        const std::size_t bad = first_not_finite(raw);
        if (bad < plan.values) return refusal(misfit(bad, *plan.type) + ": it is not finite");
    }
    const std::size_t bytes = raw.size() / plan.samples;
    std::vector<Bytes> samples;
    samples.reserve(plan.samples);
    for (std::size_t i = 0; i < plan.samples; ++i)
        samples.push_back(stored(copy_of(raw.subspan(i * bytes, bytes)), input));
    return samples;
}

tl::unexpected<Error> too_many(std::uint64_t samples, std::size_t batch_max) {
    return refusal("a request must have 1 to " + std::to_string(batch_max) + " samples, this one says " +
                   std::to_string(samples));
}

Result<const Datatype*> type_of(const TensorHead& head) {
    const Datatype* const type = datatype_named(head.datatype);
    if (type == nullptr) return refusal("the input's datatype must be " + std::string(kDatatypeNames));
    return type;
}

Result<TensorPlan> plan_of_recordings(const TensorHead& head, const parameters::InputSpec& input,
                                      std::size_t batch_max) {
    const std::vector<std::uint64_t>& shape = head.shape;
    const std::uint64_t values_max = values_sent_max(input, batch_max);
    if (shape.empty() || shape.size() > 2 || shape.back() < 1 || shape.back() > values_max) {
        return refusal("the input's shape is " + list_of(shape) +
                       ", this model wants [samples] of one recording, or [n,samples]; a request has at most " +
                       std::to_string(values_max) + " of them");
    }
    const std::uint64_t recordings = shape.size() == 2 ? shape[0] : 1;
    if (recordings < 1 || recordings > batch_max) return too_many(recordings, batch_max);
    return TensorPlan{SKERRY_TRY(type_of(head)), recordings, recordings * shape.back()};
}

}  // namespace

std::vector<std::size_t> sent_sides(const parameters::InputSpec& input) {
    if (input.text() != nullptr) return {};
    if (input.audio() != nullptr) return {input.audio()->samples};
    return input.shape;
}

std::string list_of(const std::vector<std::uint64_t>& numbers) {
    std::string text = "[";
    for (const std::uint64_t number : numbers)
        text += (text.size() > 1 ? "," : "") + std::to_string(number);
    return text + "]";
}

std::size_t values_sent_max(const parameters::InputSpec& input, std::size_t batch_max) {
    if (input.text() != nullptr) return batch_max;
    if (input.audio() == nullptr) return batch_max * input.values();
    return std::max(batch_max * input.audio()->samples, parameters::kRecordingSamplesMax);
}

Result<TensorPlan> plan_of(const TensorHead& head, const parameters::InputSpec& input, std::size_t batch_max) {
    if (input.audio() != nullptr) return plan_of_recordings(head, input, batch_max);
    const std::vector<std::uint64_t>& shape = head.shape;
    const auto is = [&shape](auto first, auto last) {
        return !shape.empty() && std::equal(shape.begin() + 1, shape.end(), first, last);
    };
    const auto& sides = input.shape;
    const std::uint64_t flat = input.values();
    const bool grey = sides.size() == 3 && sides[0] == 1 && is(sides.begin() + 1, sides.end());
    if (!is(sides.begin(), sides.end()) && !grey && !is(&flat, &flat + 1)) {
        std::vector<std::uint64_t> wanted(sides.begin(), sides.end());
        return refusal("the input's shape is " + list_of(shape) + ", this model wants [n," + list_of(wanted).substr(1) +
                       " with n samples");
    }
    if (shape[0] < 1 || shape[0] > batch_max) return too_many(shape[0], batch_max);
    return TensorPlan{SKERRY_TRY(type_of(head)), shape[0], shape[0] * input.values()};
}

SampleWriter::SampleWriter(const TensorPlan& plan, const parameters::InputSpec& input)
    : type_(*plan.type),
      input_(input),
      values_in_sample_(plan.values_in_sample()),
      value_bytes_(bytes_of_value(input.dtype)),
      samples_(plan.samples, Bytes(values_in_sample_ * value_bytes_)) {}

Result<> SampleWriter::put(double value) {
    const bool in_range = value >= type_.min && value <= type_.max;  // NaN is nowhere
    if (!in_range || (type_.integer() && value != std::floor(value))) return refusal(misfit(next_, type_));
    if (!holds(input_.dtype, value, type_.integer())) {
        return refusal("value " + std::to_string(next_) +
                       " of the data cannot be held by this model's input, which is " +
                       std::string(datatype_of(input_.dtype)));
    }
    Bytes& sample = samples_[next_ / values_in_sample_];
    const std::size_t at = next_ % values_in_sample_;
    const auto put_as = [&](auto converted) { std::memcpy(&sample[at * value_bytes_], &converted, sizeof converted); };
    if (input_.dtype == DataType::UInt8) {
        put_as(static_cast<std::uint8_t>(value));
    } else if (input_.dtype == DataType::Int16) {
        put_as(static_cast<std::int16_t>(value));
    } else {
        put_as(static_cast<float>(value));
    }
    ++next_;
    return {};
}

std::vector<Bytes> SampleWriter::take() && {
    SKERRY_ASSERT(next_ == samples_.size() * values_in_sample_);
    for (Bytes& sample : samples_)
        sample = stored(std::move(sample), input_);
    return std::move(samples_);
}

Result<std::vector<Bytes>> binary_samples(const TensorHead& head, ByteView raw, const parameters::InputSpec& input,
                                          std::size_t batch_max) {
    if (input.text() != nullptr) return binary_text_samples(head, raw, *input.text(), batch_max);
    const TensorPlan plan = SKERRY_TRY(plan_of(head, input, batch_max));
    const std::size_t wanted = plan.values * plan.type->bytes;
    if (raw.size() != wanted) {
        return refusal("the input has " + std::to_string(raw.size()) + " bytes of binary data, the shape " +
                       list_of(head.shape) + " of " + std::string(plan.type->name) + " needs " +
                       std::to_string(wanted));
    }
    if (same(*plan.type, input.dtype)) return cut(plan, raw, input);
    SampleWriter writer(plan, input);
    for (std::size_t i = 0; i < plan.values; ++i)
        SKERRY_TRY(writer.put(load_value(*plan.type, &raw[i * plan.type->bytes])));
    return std::move(writer).take();
}

}  // namespace skerry::node
