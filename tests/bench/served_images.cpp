#include "tests/bench/served_images.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/random.hpp"
#include "common/parameters/model_file.hpp"
#include "edge-node/serving/classify.hpp"
#include "edge-node/serving/executors/compiled_executors.hpp"
#include "edge-node/serving/executors/tournament.hpp"

namespace skerry::bench {
namespace {

constexpr double kDegrees = 30;
constexpr double kFogLeaves = 0.4;  // of the contrast; the rest is grey
constexpr double kNoise = 0.25;     // its deviation, in shares of white

std::byte to_byte(double value) {
    return static_cast<std::byte>(std::lround(std::clamp(value, 0.0, 255.0)));
}

/// About the centre, each pixel from its nearest; what comes from outside is the first one's colour, the border's.
Bytes rotated(const Bytes& image, std::size_t height, std::size_t width) {
    const double angle = kDegrees * std::acos(-1.0) / 180;
    const double y0 = (static_cast<double>(height) - 1) / 2;
    const double x0 = (static_cast<double>(width) - 1) / 2;
    Bytes turned(image.size(), image.front());
    for (std::size_t i = 0; i < image.size(); ++i) {
        const double y = static_cast<double>(i / width % height) - y0;
        const double x = static_cast<double>(i % width) - x0;
        const auto from_y = std::lround(y0 + std::cos(angle) * y - std::sin(angle) * x);
        const auto from_x = std::lround(x0 + std::sin(angle) * y + std::cos(angle) * x);
        if (from_y < 0 || from_x < 0 || from_y >= static_cast<long>(height) || from_x >= static_cast<long>(width)) {
            continue;
        }
        const std::size_t plane = i / (height * width) * height * width;
        turned[i] = image[plane + static_cast<std::size_t>(from_y) * width + static_cast<std::size_t>(from_x)];
    }
    return turned;
}

Bytes distorted(Bytes image, const parameters::InputSpec& input, Distortion distortion, Random& random) {
    if (distortion == Distortion::Rotation) return rotated(image, input.shape[1], input.shape[2]);
    for (std::byte& pixel : image) {
        const auto value = static_cast<double>(pixel);
        pixel = to_byte(distortion == Distortion::Fog ? 128 + kFogLeaves * (value - 128)
                                                      : value + 255 * kNoise * random.bell());
    }
    return image;
}

}  // namespace

const char* name_of(Distortion distortion) {
    constexpr std::array<const char*, 4> kNames = {"none", "turned by 30°", "40 % of the contrast", "noise"};
    return kNames[static_cast<std::size_t>(distortion)];
}

Result<std::shared_ptr<const node::Snapshot>> winners_snapshot(const std::string& path) {
    const parameters::ExportedModel model = SKERRY_TRY(parameters::load_model(path));
    auto shape = SKERRY_TRY(node::Model::of(model.spec));
    const std::vector<node::Candidate> candidates = node::compiled_executors();
    const node::Tournament outcome = node::run_tournament(shape->spec, shape->layout, Tier::Heavy, candidates, {});
    return node::make_snapshot(std::move(shape), {model.version, 0}, model.parameters,
                               [&](const parameters::ModelSpec& spec, const parameters::ParameterLayout& layout,
                                   std::span<const float> parameters) {
                                   return node::lined_up_executor(spec, layout, parameters, candidates, outcome.lineup);
                               });
}

Result<std::vector<ServedImage>> serve_images(const node::Snapshot& snapshot, const std::string& data,
                                              const datasets::SourceOptions& options, Distortion distortion) {
    const parameters::ModelSpec& spec = snapshot.model->spec;
    if (distortion != Distortion::None &&
        (spec.modality != parameters::Modality::Image || spec.input.dtype != parameters::DataType::UInt8)) {
        return fail(ErrorCode::InvalidInput, "only images of bytes are distorted");
    }
    const auto source = SKERRY_TRY(datasets::open_source(data, spec, options));
    std::vector<ServedImage> images;
    node::ClassifyScratch scratch;
    Random random(options.seed);
    while (std::optional<datasets::Sample> sample = SKERRY_TRY(source->next())) {
        if (distortion != Distortion::None) {
            sample->input = distorted(std::move(sample->input), spec.input, distortion, random);
        }
        std::vector<float> scaled = SKERRY_TRY(parameters::scaled_values(spec.input, sample->input));
        auto logits = node::all_exits(snapshot, scaled, scratch);
        images.push_back({std::move(scaled), sample->label, std::move(logits)});
    }
    if (images.empty()) return fail(ErrorCode::InvalidInput, data + " has no image that is left to serve");
    return images;
}

}  // namespace skerry::bench
