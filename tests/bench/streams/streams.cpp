#include "tests/bench/streams/streams.hpp"

#include <algorithm>
#include <array>

namespace skerry::bench {
namespace {

using datasets::Sample;
using parameters::ModelSpec;

constexpr std::array<std::string_view, 7> kShifts = {"none", "swap", "permute", "rotate", "invert", "prior", "pairs"};

bool is_of_bytes(const ModelSpec& spec) {
    return spec.modality == parameters::Modality::Image && spec.input.dtype == parameters::DataType::UInt8;
}

Result<> check(const StreamOptions& options, const ModelSpec& spec) {
    if (std::find(kShifts.begin(), kShifts.end(), options.shift) == kShifts.end()) {
        return fail(ErrorCode::InvalidInput, "there is no shift '" + options.shift + "'");
    }
    if ((options.shift == "rotate" || options.shift == "invert") && !is_of_bytes(spec)) {
        return fail(ErrorCode::InvalidInput, options.shift + " needs images of bytes");
    }
    if (options.shift == "rotate" && spec.input.shape[1] != spec.input.shape[2]) {
        return fail(ErrorCode::InvalidInput, "rotate needs square images");
    }
    if (options.shift == "swap" && spec.classes.size() < 10) {
        return fail(ErrorCode::InvalidInput, "swap needs ten classes");
    }
    return {};
}

Result<std::vector<Sample>> read_all(const StreamOptions& options, const ModelSpec& spec, bool shuffle) {
    datasets::SourceOptions from;
    from.seed = options.seed;
    from.shuffle = shuffle;
    const auto source = SKERRY_TRY(datasets::open_source(options.data, spec, from));
    std::vector<Sample> samples;
    while (samples.size() < datasets::kShuffleBytesMax / std::max<std::size_t>(spec.input.sample_bytes(), 1)) {
        auto next = SKERRY_TRY(source->next());
        if (!next) break;
        samples.push_back(std::move(*next));
    }
    return samples;
}

void rotate(Bytes& image, const parameters::InputSpec& input) {
    const std::size_t side = input.shape[1];
    const Bytes from = image;
    for (std::size_t channel = 0; channel < input.shape[0]; ++channel) {
        const std::size_t first = channel * side * side;
        for (std::size_t y = 0; y < side; ++y) {
            for (std::size_t x = 0; x < side; ++x)
                image[first + x * side + (side - 1 - y)] = from[first + y * side + x];
        }
    }
}

std::uint32_t swapped(std::uint32_t label) {
    switch (label) {
        case 3:
            return 8;
        case 8:
            return 3;
        case 4:
            return 9;
        case 9:
            return 4;
        default:
            return label;
    }
}

/// `times`: how often the world has changed before this sample.
void shift(Sample& sample, const std::string& how, std::size_t times, const ModelSpec& spec) {
    if (how == "permute") {
        sample.label = static_cast<std::uint32_t>((sample.label + times) % spec.classes.size());
    }
    if (times % 2 == 0) return;
    if (how == "swap") sample.label = swapped(sample.label);
    if (how == "rotate") rotate(sample.input, spec.input);
    if (how == "invert") {
        for (std::byte& value : sample.input)
            value = ~value;
    }
}

/// Reorders, so that the shares of the classes change while each sample comes at most once.
std::vector<Sample> with_priors(std::vector<Sample> samples, const StreamOptions& options, std::size_t classes,
                                Random& random) {
    std::array<std::vector<Sample>, 2> halves;
    for (Sample& sample : samples)
        halves[sample.label < classes / 2 ? 0 : 1].push_back(std::move(sample));
    std::array<std::size_t, 2> next{};
    std::vector<Sample> ordered;
    for (std::size_t i = 0; i < options.length; ++i) {
        const std::size_t phase = i * (options.changes + 1) / options.length;
        const std::size_t half = (random.uniform() < 0.9 ? phase : phase + 1) % 2;
        if (next[half] == halves[half].size()) break;
        ordered.push_back(std::move(halves[half][next[half]++]));
    }
    return ordered;
}

}  // namespace

Result<std::vector<StreamSample>> make_stream(const StreamOptions& options, const ModelSpec& spec) {
    SKERRY_TRY(check(options, spec));
    std::vector<Sample> samples = SKERRY_TRY(read_all(options, spec, options.shuffle));
    Random random(Random::mixed(options.seed, 0x73687966U));
    const std::size_t classes = spec.classes.size();
    if (options.shift == "prior") samples = with_priors(std::move(samples), options, classes, random);
    if (samples.size() > options.length) samples.resize(options.length);
    if (options.shift == "pairs") {
        std::stable_sort(samples.begin(), samples.end(),
                         [](const Sample& a, const Sample& b) { return a.label / 2 < b.label / 2; });
    }
    std::vector<StreamSample> stream;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        shift(samples[i], options.shift, (i - std::min(i, options.late)) * (options.changes + 1) / samples.size(),
              spec);
        StreamSample& made = stream.emplace_back();
        made.sample = std::move(samples[i]);
        made.truth = made.sample.label;
        if (random.uniform() < options.wrong_labels) {
            made.sample.label = static_cast<std::uint32_t>((made.truth + 1 + random.below(classes - 1)) % classes);
        }
    }
    return stream;
}

}  // namespace skerry::bench
