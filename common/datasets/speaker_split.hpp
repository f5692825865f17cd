#pragma once

#include <string_view>

namespace skerry::datasets {

/// Whether a recording whose name (without .wav) has no index is of the test split: about one speaker in ten, the
/// same ones for ever, however many recordings are added. The name up to `_nohash_` decides, so that no speaker is in
/// both; of a name without it all does. Those are the data set's own testing_list.txt.
/// Warden 2018, "Speech Commands: a dataset for limited-vocabulary speech recognition", which_set() in its readme.
[[nodiscard]] bool is_for_tests(std::string_view name);

}  // namespace skerry::datasets
