#include "common/parameters/model_spec.hpp"

#include <algorithm>
#include <cmath>
#include <set>

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
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
        const unsigned first = byte(i);
        const std::size_t length = first < 0x80 ? 1 : first >= 0xC2 && first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        if (first < 0x20 || first == 0x7F || (first >= 0x80 && first < 0xC2) || first > 0xF4) return false;
        for (std::size_t k = 1; k < length; ++k) {
            if ((byte(i + k) & 0xC0U) != 0x80) return false;
        }
        const unsigned second = byte(i + 1);  // overlong forms, surrogates and what lies beyond U+10FFFF
        if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return false;
        if ((first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) return false;
        i += length;
    }
    return true;
}

void check_input(const ModelSpec& spec, Problems& problems) {
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
    return on_image ? "" : "conv needs an image: use dense on tabular input and after a dense layer";
}

void check_stages(const ModelSpec& spec, Problems& problems) {
    MapShape map = map_of(spec.input);
    bool on_image = spec.modality == Modality::Image;
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
