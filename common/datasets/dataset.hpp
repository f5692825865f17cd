#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/bytes.hpp"
#include "common/base/error.hpp"
#include "common/parameters/model_spec.hpp"

namespace skerry::datasets {

struct Sample {
    Bytes input;              ///< as a node stores it: dtype of the spec, row-major, spec.input.sample_bytes() long
    std::uint32_t label = 0;  ///< class index, below spec.classes.size()
};

enum class Split { Train, Test };

/// Which samples of a source, and in which order. Applied in this order: classes, shuffle, skip, limit, drift.
struct SourceOptions {
    /// idx: train-… or t10k-…; a folder of CSV: train.csv or test.csv; strokes: other samples of the same writers;
    /// recordings: by the number in their name, or by who speaks. A single file of CSV or texts has one stream,
    /// whatever the split: part it with skip and limit.
    Split split = Split::Train;
    std::uint64_t seed = 0;                ///< of the shuffle, and of strokes: without one of its own
    bool shuffle = false;                  ///< keeps all samples in memory, at most kShuffleBytesMax
    std::vector<std::uint32_t> classes{};  ///< only these labels; empty: all
    std::uint64_t skip = 0;
    std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
    /// From this sample on, counted behind skip, the meaning of the classes changes: the label is the next class, and
    /// of the last the first. A real drift of any data: the same input has another answer.
    std::uint64_t drift_at = std::numeric_limits<std::uint64_t>::max();
};
inline constexpr std::size_t kShuffleBytesMax = std::size_t{1} << 30U;

/// A stream of labelled samples. One thread at a time.
class SampleSource {
public:
    virtual ~SampleSource() = default;

    /// The next sample; nothing at the end. InvalidInput: the data is damaged or does not fit the model, with its file
    /// and line or sample number; the source is then of no further use.
    virtual Result<std::optional<Sample>> next() = 0;

    /// It never comes to an end by itself, and is in random order already.
    [[nodiscard]] virtual bool endless() const { return false; }
};

/// Opens what `where` names, for this model:
///
///     data/mnist          a folder with train-images-idx3-ubyte[.gz] and its labels, t10k-… for the test split
///     data/elec2/elec.csv CSV with a header and a `target` column of class names or indices, in the file's order
///     data/prices         a folder with train.csv and test.csv
///     strokes:?writer=2   digits drawn here: strokes_source.hpp
///     data/sms/messages   of a model that reads text: lines `label<TAB>text`, or CSV: text_source.hpp
///     data/digits?speaker=theo    of a model that reads audio: a folder of WAV files: recordings_source.hpp
///
/// NotFound: no such file. InvalidInput: nothing that is understood, or it does not fit the model's input or classes.
[[nodiscard]] Result<std::unique_ptr<SampleSource>> open_source(std::string_view where,
                                                                const parameters::ModelSpec& spec,
                                                                const SourceOptions& options = {});

}  // namespace skerry::datasets
