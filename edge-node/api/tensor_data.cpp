#include "edge-node/api/tensor_data.hpp"

#include <algorithm>

#include "edge-node/api/refusal.hpp"
#include "edge-node/api/text_samples.hpp"

namespace skerry::node {
namespace {

constexpr std::uint64_t kOpen = static_cast<std::uint64_t>(-1);

}  // namespace

void TensorData::read(JsonReader& json) {
    read_array(json, 1);
}

void TensorData::read_array(JsonReader& json, std::size_t depth) {
    json.enter_array();
    if (lengths_.size() < depth) lengths_.resize(depth, kOpen);
    std::uint64_t length = 0;
    for (; json.next_element(); ++length) {
        switch (json.next_kind()) {
            case JsonReader::Kind::Number:
                if (takes(json, depth)) values_.push_back(json.number().value);
                break;
            case JsonReader::Kind::String:
                if (takes(json, depth)) texts_.emplace_back(json.string());
                break;
            case JsonReader::Kind::Boolean:
                first_boolean_ = std::min(first_boolean_, values_.size());
                if (takes(json, depth)) values_.push_back(json.boolean() ? 1 : 0);
                break;
            case JsonReader::Kind::Array:
                if (leaf_depth_ != 0 && depth >= leaf_depth_) return json.refuse("the data mixes values and arrays");
                read_array(json, depth + 1);
                break;
            case JsonReader::Kind::Nothing:
                return;
            default:
                return json.refuse("the data must be numbers or strings, or arrays of them");
        }
    }
    std::uint64_t& wanted = lengths_[depth - 1];
    if (wanted != kOpen && wanted != length) return json.refuse("the data is ragged: its arrays differ in length");
    wanted = length;
}

bool TensorData::takes(JsonReader& json, std::size_t depth) {
    if (leaf_depth_ == 0) leaf_depth_ = depth;
    if (depth != leaf_depth_ || lengths_.size() != depth) {
        json.refuse("the data mixes values and arrays");
    } else if (values_.size() + texts_.size() == values_max_) {
        json.refuse("the data has more than " + std::to_string(values_max_) + " values: send smaller batches");
    }
    return json.ok();
}

Result<> TensorData::check_nesting(const TensorHead& head) const {
    if (lengths_.size() <= 1 || lengths_ == head.shape) return {};
    return refusal("the data is nested as " + list_of(lengths_) + ", the shape says " + list_of(head.shape));
}

Result<std::vector<Bytes>> TensorData::samples(const TensorHead& head, const parameters::InputSpec& input,
                                               std::size_t batch_max) const {
    if (input.text() != nullptr) {
        if (!values_.empty()) return refusal("the data must be strings: this model reads text");
        SKERRY_TRY(check_nesting(head));
        const std::vector<std::string_view> texts(texts_.begin(), texts_.end());
        return text_samples(head, texts, *input.text(), batch_max);
    }
    if (!texts_.empty()) return refusal("the data must be numbers: this model reads no text");
    const TensorPlan plan = SKERRY_TRY(plan_of(head, input, batch_max));
    if (values_.size() != plan.values) {
        return refusal("the data has " + std::to_string(values_.size()) + " values, the shape " + list_of(head.shape) +
                       " needs " + std::to_string(plan.values));
    }
    SKERRY_TRY(check_nesting(head));
    if (first_boolean_ < values_.size() && plan.type->kind != Datatype::Kind::Boolean) {
        return refusal("value " + std::to_string(first_boolean_) + " of the data is a boolean, its datatype is " +
                       head.datatype);
    }
    SampleWriter writer(plan, input);
    for (const double value : values_)
        SKERRY_TRY(writer.put(value));
    return std::move(writer).take();
}

}  // namespace skerry::node
