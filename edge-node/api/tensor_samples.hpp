#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/parameters/model_spec.hpp"
#include "edge-node/api/datatype.hpp"

namespace skerry::node {

/// What an input tensor says about itself, unchecked.
struct TensorHead {
    std::string datatype;
    std::vector<std::uint64_t> shape;
};

/// A tensor head of numbers that fits the model.
struct TensorPlan {
    const Datatype* type;
    std::size_t samples;  ///< 1 … batch_max
    std::size_t values;   ///< in all samples: the product of the shape, which the limits keep from overflowing

    [[nodiscard]] std::size_t values_in_sample() const { return values / samples; }
};

/// More values than this are in no request: of texts, as many strings as samples; of recordings, whatever their length,
/// as many numbers as so many whole ones hold, and at least as many as the longest that a model may read.
[[nodiscard]] std::size_t values_sent_max(const parameters::InputSpec& input, std::size_t batch_max);

/// InvalidInput: the shape is not [n, …input.shape], [n, values], or of a grey image [n, height, width]; of recordings
/// not [n, samples] or [samples], of any length; with 1 ≤ n ≤ batch_max; or there is no such datatype.
[[nodiscard]] Result<TensorPlan> plan_of(const TensorHead& head, const parameters::InputSpec& input,
                                         std::size_t batch_max);

/// Turns values, in the tensor's order, into samples in the model's dtype.
class SampleWriter {
public:
    SampleWriter(const TensorPlan& plan, const parameters::InputSpec& input);

    /// InvalidInput: the datatype or the model's dtype does not hold this value: integers exactly, real numbers rounded
    /// to a finite float32; as int16 only whole numbers.
    [[nodiscard]] Result<> put(double value);
    /// After plan.values values.
    [[nodiscard]] std::vector<Bytes> take() &&;

private:
    const Datatype& type_;
    const parameters::InputSpec& input_;
    const std::size_t values_in_sample_;
    const std::size_t value_bytes_;
    std::vector<Bytes> samples_;
    std::size_t next_ = 0;
};

/// A binary tensor of numbers, cut into samples in the model's dtype; one copy where that is the tensor's datatype.
/// InvalidInput: as plan_of and SampleWriter, or `raw` has another size than the shape says.
[[nodiscard]] Result<std::vector<Bytes>> binary_samples(const TensorHead& head, ByteView raw,
                                                        const parameters::InputSpec& input, std::size_t batch_max);

/// The sides of one stored sample as a tensor has them, without the batch: of a text {}, of a recording {samples}.
[[nodiscard]] std::vector<std::size_t> sent_sides(const parameters::InputSpec& input);

/// "[1,28,28]"
[[nodiscard]] std::string list_of(const std::vector<std::uint64_t>& numbers);

}  // namespace skerry::node
