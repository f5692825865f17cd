#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/parameters/model_spec.hpp"

namespace skerry::node {

/// The `data` of one JSON tensor as it arrives, flat or nested, before its shape and datatype are known: JSON objects
/// have no order. Each call is false once the data cannot be right; problem() then says why.
class TensorData {
public:
    /// More values than this are refused as they come.
    explicit TensorData(std::size_t values_max) : values_max_(values_max) {}

    bool open_array();
    bool close_array();
    /// `integer`: written without point or exponent.
    bool add(double value, bool integer);

    /// Cuts the values into samples in the model's dtype.
    /// InvalidInput: the shape is not [n, …] of this input with 1 ≤ n ≤ batch_max, the data has another shape, or a
    /// value does not fit the datatype or the model's dtype.
    [[nodiscard]] Result<std::vector<Bytes>> samples(const std::vector<std::uint64_t>& shape, std::string_view datatype,
                                                     const parameters::InputSpec& input, std::size_t batch_max) const;

    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    bool refuse(std::string problem) {
        problem_ = std::move(problem);
        return false;
    }
    [[nodiscard]] Result<> check_shape(const std::vector<std::uint64_t>& shape, const parameters::InputSpec& input,
                                       std::size_t batch_max) const;

    std::size_t values_max_;
    std::vector<double> values_;
    std::size_t first_real_ = static_cast<std::size_t>(-1);  ///< index of the first value that is no integer
    std::size_t depth_ = 0;
    std::size_t leaf_depth_ = 0;        ///< where numbers stand; 0: none seen
    std::vector<std::size_t> counts_;   ///< elements so far in the open array of each level
    std::vector<std::size_t> lengths_;  ///< of the closed arrays of each level, all alike
    std::string problem_;
};

}  // namespace skerry::node
