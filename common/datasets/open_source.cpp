#include <filesystem>
#include <optional>

#include "common/datasets/csv_source.hpp"
#include "common/datasets/dataset.hpp"
#include "common/datasets/idx_source.hpp"
#include "common/datasets/recordings_source.hpp"
#include "common/datasets/selection.hpp"
#include "common/datasets/strokes_source.hpp"
#include "common/datasets/text_source.hpp"

namespace skerry::datasets {
namespace {

std::optional<std::filesystem::path> only_csv_in(const std::filesystem::path& folder) {
    std::optional<std::filesystem::path> found;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() != ".csv") continue;
        if (found) return std::nullopt;
        found = entry->path();
    }
    return found;
}

Result<std::unique_ptr<SampleSource>> open_whole(std::string_view where, const parameters::ModelSpec& spec,
                                                 const SourceOptions& options) {
    if (spec.modality == parameters::Modality::Text) return open_text(where, options.split, spec);
    if (spec.modality == parameters::Modality::Audio) return open_recordings(where, options.split, spec);
    if (where.starts_with(kStrokesScheme)) return open_strokes(where, spec, options);
    const std::filesystem::path path(where);
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) {
        if (holds_idx(path, options.split)) return open_idx(path, options.split, spec);
        const std::filesystem::path csv = path / (options.split == Split::Train ? "train.csv" : "test.csv");
        if (std::filesystem::is_regular_file(csv, ignored)) return open_csv(csv, spec);
        if (const auto only = only_csv_in(path)) return open_csv(*only, spec);
        return fail(ErrorCode::InvalidInput,
                    path.string() + " holds neither idx files (train-images-idx3-ubyte, t10k-…) nor " +
                        csv.filename().string() +
                        " nor a single .csv file: name a folder with one of them, a .csv file, or strokes:");
    }
    if (!std::filesystem::exists(path, ignored)) {
        return fail(ErrorCode::NotFound, "there is no " + path.string() + ": name a folder, a .csv file, or strokes:");
    }
    return open_csv(path, spec);
}

}  // namespace

Result<std::unique_ptr<SampleSource>> open_source(std::string_view where, const parameters::ModelSpec& spec,
                                                  const SourceOptions& options) {
    for (const std::uint32_t label : options.classes) {
        if (label < spec.classes.size()) continue;
        return fail(ErrorCode::InvalidInput, "class " + std::to_string(label) + " was asked for, the model has " +
                                                 std::to_string(spec.classes.size()) + " classes, counted from 0");
    }
    return selected(SKERRY_TRY(open_whole(where, spec, options)), options, spec.classes.size());
}

}  // namespace skerry::datasets
