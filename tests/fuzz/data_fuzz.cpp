#include <cmath>
#include <cstdint>
#include <fstream>
#include <string>

#include "common/datasets/dataset.hpp"
#include "common/datasets/wav_file.hpp"
#include "common/parameters/normaliser.hpp"
#include "tests/fuzz/promise.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/parameters/specs.hpp"

namespace {

using namespace skerry;
using fuzz::hold;
using fuzz::hold_refusal;

constexpr std::size_t kRate = 8000;

parameters::ModelSpec table() {
    return parameters::testing::table(3);
}

parameters::ModelSpec texts() {
    parameters::ModelSpec spec = table();
    spec.modality = parameters::Modality::Text;
    spec.input = parameters::InputSpec::of(parameters::HashedText{.bytes = 16, .features = 64});
    return spec;
}

/// The one file of that name, with these bytes in it.
std::filesystem::path file_of(const char* name, std::string_view bytes) {
    static const TemporaryFolder folder;
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return folder / name;
}

/// What comes before the first refusal.
std::vector<datasets::Sample> samples_in(const std::filesystem::path& file, const parameters::ModelSpec& spec) {
    std::vector<datasets::Sample> samples;
    const auto source = datasets::open_source(file.string(), spec);
    if (!source) return hold_refusal(source.error()), samples;
    for (;;) {
        auto next = (*source)->next();
        if (!next) return hold_refusal(next.error()), samples;
        if (!*next) return samples;
        const datasets::Sample& sample = samples.emplace_back(std::move(**next));
        hold(sample.label < spec.classes.size(), "a label is a class");
        hold(sample.input.size() == spec.input.sample_bytes(), "a sample has the model's size");
        const auto scaled = parameters::scaled_values(spec.input, sample.input);
        hold(scaled.has_value(), "what was taken can be read");
        for (const float value : *scaled)
            hold(std::isfinite(value), "a sample's values are finite");
    }
}

void try_texts(const char* name, std::string_view bytes) {
    const parameters::ModelSpec spec = texts();
    const auto samples = samples_in(file_of(name, bytes), spec);
    std::string again = "text,target\n";
    for (const datasets::Sample& sample : samples) {
        again += '"';
        for (const char c : parameters::text_in(sample.input))
            again += c == '"' ? "\"\"" : std::string(1, c);
        again += "\"," + std::to_string(sample.label) + "\n";
    }
    const auto read = samples_in(file_of("again.csv", again), spec);
    hold(read.size() == samples.size(), "what was taken is taken again");
    for (std::size_t i = 0; i < read.size(); ++i)
        hold(read[i].input == samples[i].input && read[i].label == samples[i].label, "and is the same");
}

void try_wav(std::string_view bytes) {
    const auto pcm = datasets::read_wav(file_of("data.wav", bytes), kRate);
    if (!pcm) return hold_refusal(pcm.error());
    hold(!pcm->empty() && pcm->size() % sizeof(std::int16_t) == 0 && pcm->size() <= bytes.size(),
         "a recording is of whole samples that are in the file");
    ByteWriter again;
    again.put(bytes_of("RIFF")).put(std::uint32_t{0}).put(bytes_of("WAVE"));
    again.put(bytes_of("fmt ")).put(std::uint32_t{16}).put(std::uint16_t{1}).put(std::uint16_t{1});
    again.put(static_cast<std::uint32_t>(kRate)).put(std::uint32_t{0}).put(std::uint16_t{2}).put(std::uint16_t{16});
    again.put(bytes_of("data")).put(static_cast<std::uint32_t>(pcm->size())).put(*pcm);
    const auto read = datasets::read_wav(file_of("again.wav", text_of(again.bytes())), kRate);
    hold(read && *read == *pcm, "what was taken is taken again, and is the same");
}

}  // namespace

// The first byte chooses the reader: W WAV, T lines of texts, C texts as CSV, another one numbers as CSV.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input = text_of(std::as_bytes(std::span(data, size)));
    if (input.empty()) return 0;
    const std::string_view rest = input.substr(1);
    if (input[0] == 'W') {
        try_wav(rest);
    } else if (input[0] == 'T') {
        try_texts("data.txt", rest);
    } else if (input[0] == 'C') {
        try_texts("data.csv", rest);
    } else {
        static_cast<void>(samples_in(file_of("data.csv", rest), table()));
    }
    return 0;
}
