#include "common/parameters/model_spec.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "common/base/utf8.hpp"
#include "common/crypto/hash.hpp"
#include "common/parameters/map_shape.hpp"

namespace skerry::parameters {
namespace {

using Problems = std::vector<std::string>;

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

/// Well-formed UTF-8 without control characters: what may stand in a log line, in JSON and in TOML.
bool is_printable_text(std::string_view text) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    return first_not_utf8(text) == text.size() && std::none_of(text.begin(), text.end(), control);
}

void check_front_end(const ModelSpec& spec, Problems& problems) {
    const auto add = [&problems](std::vector<std::string> more) {
        problems.insert(problems.end(), more.begin(), more.end());
    };
    const InputSpec& input = spec.input;
    if (input.text() != nullptr) add(input.text()->problems());
    if (input.audio() != nullptr) add(input.audio()->problems());
    const auto follows = [&input](InputSpec whole) {
        whole.front_end_is_named = input.front_end_is_named;
        return input == whole;
    };
    const bool fits = spec.modality == Modality::Text ? input.text() != nullptr && follows(InputSpec::of(*input.text()))
                      : spec.modality == Modality::Audio
                          ? input.audio() != nullptr && follows(InputSpec::of(*input.audio()))
                          : std::holds_alternative<std::monostate>(input.front_end) &&
                                (input.dtype == DataType::UInt8 || input.dtype == DataType::Float32);
    if (!fits)
        problems.push_back("input is not what a model of modality " + std::string(name_of(spec.modality)) + " has");
}

void check_input(const ModelSpec& spec, Problems& problems) {
    check_front_end(spec, problems);
    const std::vector<std::size_t>& shape = spec.input.shape;
    if (spec.modality == Modality::Image && shape.size() != 3) {
        problems.push_back("input.shape of an image must be [channels, height, width]");
    }
    if (spec.modality == Modality::Tabular && shape.size() != 1) {
        problems.push_back("input.shape of a tabular model must be [features]");
    }
    std::size_t values = 1;
    for (const std::size_t side : shape) {
        values = side == 0 || side > limits::kInputValuesMax ? 0 : values * side;
        if (values == 0 || values > limits::kInputValuesMax) {
            problems.push_back("input.shape must have 1 to " + std::to_string(limits::kInputValuesMax) + " values");
            break;
        }
    }
    if (shape.empty()) return;
    const auto check = [&](const char* key, const std::vector<float>& numbers) {
        if (numbers.size() != 1 && numbers.size() != shape[0]) {
            problems.push_back(std::string("input.") + key + " must be one number or " + std::to_string(shape[0]) +
                               ", one a " + (spec.modality == Modality::Image ? "channel" : "feature"));
        }
        if (!std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); })) {
            problems.push_back(std::string("input.") + key + " must be finite");
        }
    };
    check("scale", spec.input.scale);
    check("offset", spec.input.offset);
    if (std::count(spec.input.scale.begin(), spec.input.scale.end(), 0.0F) != 0) {
        problems.push_back("input.scale must not be 0: it would erase the input");
    }
}

void check_classes(const std::vector<std::string>& classes, Problems& problems) {
    if (classes.size() < 2 || classes.size() > limits::kClassesMax) {
        problems.push_back("classes.names must list 2 to " + std::to_string(limits::kClassesMax) + " classes");
    }
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < classes.size(); ++i) {
        const std::string& name = classes[i];
        if (name.empty() || name.size() > kClassNameBytesMax || !is_printable_text(name)) {
            problems.push_back("classes.names: name " + std::to_string(i) + " must be 1 to " +
                               std::to_string(kClassNameBytesMax) + " bytes of text without control characters");
        } else if (!seen.insert(name).second) {
            problems.push_back("classes.names: '" + name + "' is listed twice");
        }
    }
}

std::string width_problem(const char* what) {
    return std::string(what) + " must be 1 to " + std::to_string(limits::kLayerWidthMax);
}

/// What is wrong with one layer on this map; empty: nothing.
std::string problem_of(const Layer& layer, bool on_image) {
    if (layer.kind == Layer::Kind::Dense) {
        return layer.width < 1 || layer.width > limits::kLayerWidthMax ? width_problem("dense") : "";
    }
    if (layer.width < 1 || layer.width > limits::kLayerWidthMax) return width_problem("conv");
    if (layer.kernel % 2 == 0 || layer.kernel > kKernelMax) {
        return "kernel must be odd, 1 to " + std::to_string(kKernelMax);
    }
    if (layer.stride < 1 || layer.stride > 2) return "stride must be 1 or 2";
    return on_image ? "" : "conv needs an image or audio: use dense on tabular input and text, and after a dense layer";
}

void check_stages(const ModelSpec& spec, Problems& problems) {
    MapShape map = map_of(spec.input);
    bool on_image = spec.input.shape.size() == 3;
    for (std::size_t stage = 0; stage < kTiers; ++stage) {
        const std::vector<Layer>& layers = spec.stages[stage];
        const std::string where = "the " + std::string(name_of(static_cast<Tier>(stage))) + " stage";
        if (layers.empty() || layers.size() > limits::kStageLayersMax) {
            problems.push_back(where + " must have 1 to " + std::to_string(limits::kStageLayersMax) + " layers");
            return;
        }
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const std::string layer = where + ", layer " + std::to_string(i) + ": ";
            if (const std::string problem = problem_of(layers[i], on_image); !problem.empty()) {
                problems.push_back(layer + problem);
                return;  // the shape of every later map hangs on this one
            }
            map = map_after(map, layers[i]);
            on_image = on_image && layers[i].kind == Layer::Kind::Conv;
            if (map.values() > kMapValuesMax) {
                problems.push_back(layer + "its map has " + std::to_string(map.values()) + " values, the limit is " +
                                   std::to_string(kMapValuesMax));
                return;
            }
        }
    }
}

}  // namespace

std::string_view name_of(Modality modality) {
    constexpr std::array<std::string_view, 4> kNames = {"image", "tabular", "text", "audio"};
    return kNames[static_cast<std::size_t>(modality)];
}

InputSpec InputSpec::of(const HashedText& front_end) {
    InputSpec input;
    input.shape = {1, front_end.features};  // one channel: features of a text are normalised alike
    input.dtype = DataType::Utf8;
    input.front_end = front_end;
    return input;
}

InputSpec InputSpec::of(const LogMel& front_end) {
    InputSpec input;
    input.shape = {1, front_end.bands, front_end.frames};
    input.dtype = DataType::Int16;
    input.front_end = front_end;
    return input;
}

std::size_t InputSpec::values() const {
    std::size_t product = 1;
    for (const std::size_t side : shape)
        product *= side;
    return product;
}

std::size_t InputSpec::channels() const {
    return shape.empty() ? 0 : shape[0];
}

std::size_t InputSpec::sample_bytes() const {
    if (text() != nullptr) return text()->bytes;
    if (audio() != nullptr) return audio()->samples * sizeof(std::int16_t);
    return values() * (dtype == DataType::UInt8 ? sizeof(std::uint8_t) : sizeof(float));
}

std::vector<std::string> ModelSpec::problems() const {
    Problems problems;
    if (!is_name(name)) problems.push_back("name must be 1 to 64 of a-z, 0-9 and '-'");
    Problems of_input;
    check_input(*this, of_input);
    if (of_input.empty()) check_stages(*this, problems);  // else no map has a shape
    problems.insert(problems.end(), of_input.begin(), of_input.end());
    check_classes(classes, problems);
    if (problems.empty() && canonical_text(*this).size() > limits::kModelTextBytesMax) {
        problems.push_back("the declaration is longer than " + std::to_string(limits::kModelTextBytesMax) + " bytes");
    }
    return problems;
}

Digest identity_of(const ModelSpec& spec) {
    return crypto::sha256(bytes_of(canonical_text(spec)));
}

}  // namespace skerry::parameters
