#pragma once

#include <filesystem>
#include <memory>

#include "common/datasets/dataset.hpp"

namespace skerry::datasets {

/// The folder holds idx files of this split, so open_idx is the reader to ask.
[[nodiscard]] bool holds_idx(const std::filesystem::path& folder, Split split);

/// MNIST's format: {train,t10k}-images-idx3-ubyte and …-labels-idx1-ubyte, each plain or .gz; big-endian sizes, then
/// bytes. Values are given as they are, 0 to 255, in the model's dtype. Memory: one image.
/// InvalidInput: headers that do not fit each other or the model. http://yann.lecun.com/exdb/mnist/
[[nodiscard]] Result<std::unique_ptr<SampleSource>> open_idx(const std::filesystem::path& folder, Split split,
                                                             const parameters::ModelSpec& spec);

}  // namespace skerry::datasets
