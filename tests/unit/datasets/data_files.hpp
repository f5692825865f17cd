#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "common/datasets/dataset.hpp"
#include "tests/support/temporary_folder.hpp"

namespace skerry::datasets::testing {

/// A folder that data is written into.
class DataFolder : public TemporaryFolder {
public:
    std::filesystem::path write(const std::string& name, const std::string& bytes) const {
        std::ofstream(path() / name, std::ios::binary) << bytes;
        return path() / name;
    }
};

/// The real data set of that name; nothing where it is not at hand.
inline std::optional<std::string> real_data(const std::string& name) {
    const char* set = std::getenv("SKERRY_TEST_DATA");
    const std::filesystem::path root =
        set != nullptr ? std::filesystem::path(set) : std::filesystem::path(SKERRY_SOURCE_DIR) / "../shared/data";
    if (!std::filesystem::exists(root / name)) return std::nullopt;
    return (root / name).string();
}

/// Everything that is left, or the error.
inline Result<std::vector<Sample>> rest_of(SampleSource& source) {
    std::vector<Sample> samples;
    while (std::optional<Sample> sample = SKERRY_TRY(source.next()))
        samples.push_back(std::move(*sample));
    return samples;
}

inline Result<std::vector<Sample>> samples_of(std::string_view where, const parameters::ModelSpec& spec,
                                              const SourceOptions& options = {}) {
    const std::unique_ptr<SampleSource> source = SKERRY_TRY(open_source(where, spec, options));
    return rest_of(*source);
}

/// The samples, for loops: a failure throws, which fails the test.
inline std::vector<Sample> values_of(Result<std::vector<Sample>> samples) {
    return std::move(samples).value();
}

/// Grey images of ten classes.
inline parameters::ModelSpec images(std::size_t height, std::size_t width) {
    parameters::ModelSpec spec;
    spec.name = "digits";
    spec.modality = parameters::Modality::Image;
    spec.input.shape = {1, height, width};
    spec.input.dtype = parameters::DataType::UInt8;
    spec.classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    return spec;
}

}  // namespace skerry::datasets::testing
