#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "edge-node/api/json_reader.hpp"
#include "edge-node/api/tensor_samples.hpp"

namespace skerry::node {

/// The `data` of one JSON tensor as it arrives, numbers or strings, flat or nested, before its shape and datatype are
/// known: JSON objects have no order.
class TensorData {
public:
    /// More values than this are refused as they come: 8 bytes of memory each, of a string its own more.
    explicit TensorData(std::size_t values_max) : values_max_(values_max) {}

    /// Reads the array that comes next; what cannot be right is the reader's problem.
    void read(JsonReader& json);

    /// Cuts the values into samples in the model's dtype.
    /// InvalidInput: as plan_of and SampleWriter, of texts as text_samples, or the data has another shape.
    [[nodiscard]] Result<std::vector<Bytes>> samples(const TensorHead& head, const parameters::InputSpec& input,
                                                     std::size_t batch_max) const;

private:
    void read_array(JsonReader& json, std::size_t depth);
    /// A value comes at this depth; false: not here, or too many.
    [[nodiscard]] bool takes(JsonReader& json, std::size_t depth);
    [[nodiscard]] Result<> check_nesting(const TensorHead& head) const;

    std::size_t values_max_;
    std::vector<double> values_;
    std::vector<std::string> texts_;
    std::size_t first_boolean_ = static_cast<std::size_t>(-1);  ///< its index among the values
    std::size_t leaf_depth_ = 0;                                ///< where values stand; 0: none seen
    std::vector<std::uint64_t> lengths_;                        ///< of the closed arrays of each level, all alike
};

}  // namespace skerry::node
