#pragma once

#include <memory>

#include "common/datasets/dataset.hpp"

namespace skerry::datasets {

/// `source` through the filter, shuffle, skip and limit of `options`. A shuffle reads the whole source at the first
/// next(); an endless source is in random order already and is left as it is.
[[nodiscard]] std::unique_ptr<SampleSource> selected(std::unique_ptr<SampleSource> source, SourceOptions options);

/// Appends one value in the model's dtype. InvalidInput: not finite, not a whole number from 0 to 255 (uint8), or
/// beyond the range of float32.
[[nodiscard]] Result<> append_value(Bytes& sample, parameters::DataType dtype, double value);

}  // namespace skerry::datasets
