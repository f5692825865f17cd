#include "edge-node/api/tensor_data.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

namespace skerry::node {
namespace {

constexpr std::size_t kOpen = static_cast<std::size_t>(-1);
constexpr double kExactIntegers = 9007199254740991.0;  // 2^53 − 1: beyond 2^53 a double skips integers

struct Datatype {
    std::string_view name;
    double min;
    double max;
    bool integer;
};

constexpr Datatype kDatatypes[] = {
    {"UINT8", 0, 255, true},
    {"UINT16", 0, 65535, true},
    {"UINT32", 0, 4294967295.0, true},
    {"UINT64", 0, kExactIntegers, true},
    {"INT8", -128, 127, true},
    {"INT16", -32768, 32767, true},
    {"INT32", -2147483648.0, 2147483647.0, true},
    {"INT64", -kExactIntegers, kExactIntegers, true},
    {"FP32", -std::numeric_limits<float>::max(), std::numeric_limits<float>::max(), false},
    {"FP64", -std::numeric_limits<double>::max(), std::numeric_limits<double>::max(), false},
};

template <class Numbers>
std::string list_of(const Numbers& numbers) {
    std::string text = "[";
    for (const auto number : numbers)
        text += (text.size() > 1 ? "," : "") + std::to_string(number);
    return text + "]";
}

std::string shape_wanted(const parameters::InputSpec& input) {
    std::string text = "[n";
    for (const std::size_t side : input.shape)
        text += "," + std::to_string(side);
    return text + "]";
}

/// The dtype holds the value: integers exactly, real numbers rounded.
bool fits(double value, bool integer, parameters::DataType dtype) {
    if (dtype == parameters::DataType::UInt8) return value >= 0 && value <= 255 && value == std::floor(value);
    if (std::abs(value) > static_cast<double>(std::numeric_limits<float>::max())) return false;
    return !integer || static_cast<double>(static_cast<float>(value)) == value;
}

tl::unexpected<Error> refusal(std::string sentence) {
    return fail(ErrorCode::InvalidInput, std::move(sentence));
}

}  // namespace

bool TensorData::open_array() {
    if (leaf_depth_ != 0 && depth_ >= leaf_depth_) return refuse("the data mixes numbers and arrays");
    if (depth_ > 0) ++counts_[depth_ - 1];
    ++depth_;
    counts_.resize(depth_);
    counts_.back() = 0;
    if (lengths_.size() < depth_) lengths_.resize(depth_, kOpen);
    return true;
}

bool TensorData::close_array() {
    std::size_t& length = lengths_[depth_ - 1];
    if (length != kOpen && length != counts_.back()) return refuse("the data is ragged: its arrays differ in length");
    length = counts_.back();
    counts_.pop_back();
    --depth_;
    return true;
}

bool TensorData::add(double value, bool integer) {
    if (leaf_depth_ == 0) leaf_depth_ = depth_;
    if (depth_ != leaf_depth_ || lengths_.size() != depth_) return refuse("the data mixes numbers and arrays");
    if (values_.size() == values_max_) {
        return refuse("the data has more than " + std::to_string(values_max_) + " values: send smaller batches");
    }
    if (!integer) first_real_ = std::min(first_real_, values_.size());
    ++counts_.back();
    values_.push_back(value);
    return true;
}

Result<> TensorData::check_shape(const std::vector<std::uint64_t>& shape, const parameters::InputSpec& input,
                                 std::size_t batch_max) const {
    const std::vector<std::uint64_t> sample(shape.empty() ? shape.end() : shape.begin() + 1, shape.end());
    const auto is = [&](std::vector<std::uint64_t> wanted) { return sample == wanted; };
    const bool as_declared = is({input.shape.begin(), input.shape.end()});
    const bool grey = input.shape.size() == 3 && input.shape[0] == 1 && is({input.shape[1], input.shape[2]});
    if (!as_declared && !grey && !is({input.values()})) {
        return refusal("the input's shape is " + list_of(shape) + ", this model wants " + shape_wanted(input) +
                       " with n samples");
    }
    if (shape[0] < 1 || shape[0] > batch_max) {
        return refusal("a request must have 1 to " + std::to_string(batch_max) + " samples, this one says " +
                       std::to_string(shape[0]));
    }
    const std::size_t wanted = shape[0] * input.values();  // both are bounded: no overflow
    if (values_.size() != wanted) {
        return refusal("the data has " + std::to_string(values_.size()) + " values, the shape " + list_of(shape) +
                       " needs " + std::to_string(wanted));
    }
    if (lengths_.size() > 1 && !std::equal(lengths_.begin(), lengths_.end(), shape.begin(), shape.end())) {
        return refusal("the data is nested as " + list_of(lengths_) + ", the shape says " + list_of(shape));
    }
    return {};
}

Result<std::vector<Bytes>> TensorData::samples(const std::vector<std::uint64_t>& shape, std::string_view datatype,
                                               const parameters::InputSpec& input, std::size_t batch_max) const {
    SKERRY_TRY(check_shape(shape, input, batch_max));
    const Datatype* const type = std::find_if(std::begin(kDatatypes), std::end(kDatatypes),
                                              [&](const Datatype& known) { return known.name == datatype; });
    if (type == std::end(kDatatypes)) {
        return refusal("the input's datatype must be UINT8 to UINT64, INT8 to INT64, FP32 or FP64");
    }
    const bool as_bytes = input.dtype == parameters::DataType::UInt8;
    std::vector<Bytes> samples(shape[0], Bytes(input.sample_bytes()));
    for (std::size_t i = 0; i < values_.size(); ++i) {
        const double value = values_[i];
        if (value < type->min || value > type->max ||
            (type->integer && (i >= first_real_ && value != std::floor(value)))) {
            return refusal("value " + std::to_string(i) + " of the data does not fit its datatype " +
                           std::string(type->name));
        }
        if (!fits(value, type->integer, input.dtype)) {
            return refusal("value " + std::to_string(i) +
                           " of the data cannot be held by this model's input, which is " +
                           (as_bytes ? "UINT8" : "FP32"));
        }
        Bytes& sample = samples[i / input.values()];
        const std::size_t at = i % input.values();
        if (as_bytes) {
            sample[at] = static_cast<std::byte>(value);
        } else {
            const auto stored = static_cast<float>(value);
            std::memcpy(&sample[at * sizeof stored], &stored, sizeof stored);
        }
    }
    return samples;
}

}  // namespace skerry::node
