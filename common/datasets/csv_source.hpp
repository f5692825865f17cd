#pragma once

#include <filesystem>
#include <memory>

#include "common/datasets/dataset.hpp"

namespace skerry::datasets {

/// A CSV file (RFC 4180 without line breaks inside fields): a header, one sample a line, in the file's order. The
/// column `target` holds the class, as its name or its index; all others are features, in their order. A name wins
/// over an index. Memory: one line.
/// NotFound: no such file. InvalidInput: no `target` column, or not as many features as the model's input.
/// next() refuses, with the line number: a missing or non-finite value, another number of columns, an unknown class.
[[nodiscard]] Result<std::unique_ptr<SampleSource>> open_csv(const std::filesystem::path& path,
                                                             const parameters::ModelSpec& spec);

}  // namespace skerry::datasets
