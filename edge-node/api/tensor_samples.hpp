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

/// A tensor head that fits the model.
struct TensorPlan {
    const Datatype* type;
    std::size_t samples;  ///< 1 … batch_max
    std::size_t values;   ///< in all samples: the product of the shape, which the limits keep from overflowing
};

/// InvalidInput: the shape is not [n, …input.shape], [n, values], or of a grey image [n, height, width] with
/// 1 ≤ n ≤ batch_max, or there is no such datatype.
[[nodiscard]] Result<TensorPlan> plan_of(const TensorHead& head, const parameters::InputSpec& input,
                                         std::size_t batch_max);

/// Turns values, in the tensor's order, into samples in the model's dtype.
class SampleWriter {
public:
    SampleWriter(const TensorPlan& plan, const parameters::InputSpec& input);

    /// InvalidInput: the datatype or the model's dtype does not hold this value: integers exactly, real numbers rounded
    /// to a finite float32.
    [[nodiscard]] Result<> put(double value);
    /// After plan.values values.
    [[nodiscard]] std::vector<Bytes> take() &&;

private:
    const Datatype& type_;
    const parameters::InputSpec& input_;
    const std::size_t values_in_sample_;
    std::vector<Bytes> samples_;
    std::size_t next_ = 0;
};

/// A binary tensor, cut into samples in the model's dtype; one copy where that is the tensor's datatype.
/// InvalidInput: as plan_of and SampleWriter, or `raw` has another size than the shape says.
[[nodiscard]] Result<std::vector<Bytes>> binary_samples(const TensorHead& head, ByteView raw,
                                                        const parameters::InputSpec& input, std::size_t batch_max);

/// "[1,28,28]"
[[nodiscard]] std::string list_of(const std::vector<std::uint64_t>& numbers);

}  // namespace skerry::node
