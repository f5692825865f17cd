#pragma once

#include <memory>
#include <string_view>

#include "common/datasets/dataset.hpp"

namespace skerry::datasets {

/// A folder of WAV files, as read_wav takes them, each one sample. What they hold is said by their place or name:
///
///     FOLDER/LABEL/ANY.wav               sub-folders named after the classes (Speech Commands); one whose name begins
///                                        with `_` is no class and is passed over
///     FOLDER/LABEL_SPEAKER_INDEX.wav     (the Free Spoken Digit Dataset); FOLDER/recordings is looked into as well
///
///     FOLDER?speaker=theo,lucas          only these speakers; `without=theo` leaves them out
///
/// Indices 0 to 4 are the test split, all others the train split; of files without an index, speaker_split.hpp says it.
/// They come by index, then by name; without an index each class is spread evenly over the stream, so that the classes
/// take turns. Longer or shorter recordings are cut or padded as the front end says. Memory: the names, at most
/// kRecordingsMax. NotFound: no such folder. InvalidInput: no WAV file in it that is asked for (how many of the other
/// split is said), too many, an unknown key, or one whose label is no class of the model, which is named. next()
/// refuses as read_wav.
[[nodiscard]] Result<std::unique_ptr<SampleSource>> open_recordings(std::string_view where, Split split,
                                                                    const parameters::ModelSpec& spec);
inline constexpr std::size_t kRecordingsMax = 1'000'000;
inline constexpr std::uint64_t kTestRecordings = 5;  ///< indices below this are the test split

}  // namespace skerry::datasets
