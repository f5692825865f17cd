#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/random.hpp"
#include "common/datasets/dataset.hpp"

namespace skerry::bench {

/// How a data set becomes a stream whose world changes.
struct StreamOptions {
    std::string data;             ///< as datasets::open_source takes it
    std::string shift = "none";   ///< none, swap, permute, rotate, invert, prior, pairs
    std::size_t length = 20'000;  ///< samples
    std::size_t changes = 3;      ///< equally spaced; the shift goes on and off in turn, but permute: each a new one
    std::size_t late = 0;         ///< so many samples later than at a trigger's begin; not of prior and pairs
    bool shuffle = true;          ///< in an order of the seed; false: as the file has it
    double wrong_labels = 0;      ///< share of samples with the label of another class
    std::uint64_t seed = 1;
};

struct StreamSample {
    datasets::Sample sample;
    std::uint32_t truth = 0;  ///< as sample.label, but for wrong labels
};

/// swap:    labels 3 and 8, 4 and 9 change places         permute: each label c becomes c + 1 (modulo the classes)
/// rotate:  images by 90 degrees                           invert:  255 − value
/// prior:   nine tenths of what comes is of the lower half of the classes, then of the upper
/// pairs:   the classes come one pair after the other: 0 and 1, then 2 and 3 …
/// InvalidInput: an unknown shift, or one that does not fit the model; as the source.
[[nodiscard]] Result<std::vector<StreamSample>> make_stream(const StreamOptions& options,
                                                            const parameters::ModelSpec& spec);

}  // namespace skerry::bench
