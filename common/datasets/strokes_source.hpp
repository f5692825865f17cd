#pragma once

#include <memory>
#include <string_view>

#include "common/datasets/dataset.hpp"

namespace skerry::datasets {

inline constexpr std::string_view kStrokesScheme = "strokes:";
inline constexpr std::uint64_t kStrokesTestSamples = 4000;  ///< of the test split, unless `count` says otherwise

/// Digits that look handwritten, drawn from strokes: an image stream that needs no download. White ink on black, one
/// channel, any size from 12 to 128 pixels a side; ten classes. The same bytes everywhere, from the seed alone.
///
///     strokes:?writer=2&seed=7&classes=0,1,2&drift=2000
///
/// writer=N    all samples from this writer's hand (slant, pen, size, letter shapes); without it, from a thousand
/// seed=N      which samples; the writers' hands do not depend on it. Default: options.seed
/// classes=…   only these digits
/// drift=N     from sample N on the contrast is inverted and everybody leans the other way
/// count=N     ends after N samples; without it the train split is endless, the test split kStrokesTestSamples long
///
/// InvalidInput: an unknown key, a value out of range, or a model that has not ten classes and one channel.
[[nodiscard]] Result<std::unique_ptr<SampleSource>> open_strokes(std::string_view where,
                                                                 const parameters::ModelSpec& spec,
                                                                 const SourceOptions& options);

}  // namespace skerry::datasets
