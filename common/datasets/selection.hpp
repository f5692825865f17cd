#pragma once

#include <memory>

#include "common/datasets/dataset.hpp"

namespace skerry::datasets {

/// `source`, of a model with so many `classes`, through the filter, shuffle, skip, limit and drift of `options`. A
/// shuffle reads the whole source at the first next(); an endless source is in random order already and is left as it
/// is.
[[nodiscard]] std::unique_ptr<SampleSource> selected(std::unique_ptr<SampleSource> source, SourceOptions options,
                                                     std::size_t classes);

/// Appends one value in the model's dtype. InvalidInput: not finite, not a whole number from 0 to 255 (uint8), or
/// beyond the range of float32.
[[nodiscard]] Result<> append_value(Bytes& sample, parameters::DataType dtype, double value);

}  // namespace skerry::datasets
