// model.toml, both ways: parse_model and canonical_text of model_spec.hpp.
#include <array>
#include <charconv>
#include <limits>

#include "common/config/document.hpp"
#include "common/parameters/model_spec.hpp"

namespace skerry::parameters {
namespace {

constexpr double kFloatMax = std::numeric_limits<float>::max();

void read_numbers(config::TableReader input, config::TableReader probe, std::string_view key,
                  std::vector<float>& target) {
    if (!input.has(key)) return;
    std::vector<double> numbers(1);
    // Whether it is one number or an array shows only in the asking; the probe's complaints are nobody's.
    const bool taken = probe.number(key, numbers[0], -kFloatMax, kFloatMax)
                           ? input.number(key, numbers[0], -kFloatMax, kFloatMax)
                           : input.numbers(key, numbers, -kFloatMax, kFloatMax, limits::kInputValuesMax);
    if (taken) target.assign(numbers.begin(), numbers.end());
}

/// Whether the rules of the front end are named.
bool read_rules(config::TableReader& input, std::string_view known) {
    std::string rules;
    if (!input.text("front_end", rules)) return false;
    if (rules != known) {
        input.problem("front_end", "must be \"" + std::string(known) +
                                       "\", whose rules are all that this program knows for this modality: update it "
                                       "if the model is of a newer one");
    }
    return true;
}

void read_input(config::TableReader input, HashedText front_end, InputSpec& target) {
    const bool named = read_rules(input, HashedText::kRules);
    input.integer("bytes", front_end.bytes, 1U, kTextBytesMax);
    input.integer("features", front_end.features, 1U, kTextFeaturesMax);
    target = InputSpec::of(front_end);
    target.front_end_is_named = named;
}

void read_input(config::TableReader input, LogMel front_end, InputSpec& target) {
    const bool named = read_rules(input, LogMel::kRules);
    input.require("rate", "samples a second of the recordings");
    input.integer("rate", front_end.rate, 1U, 1U << 20U);
    input.integer("samples", front_end.samples, 1U, kRecordingSamplesMax);
    input.integer("bands", front_end.bands, 1U, 1024U);
    input.integer("frames", front_end.frames, 1U, 1024U);
    target = InputSpec::of(front_end);
    target.front_end_is_named = named;
}

void read_input(config::TableReader input, config::TableReader probe, InputSpec& target) {
    input.require("shape", "[channels, height, width] of an image, [features] of a table");
    std::vector<std::int64_t> shape;
    if (input.integers("shape", shape, 1, limits::kInputValuesMax, 3)) target.shape.assign(shape.begin(), shape.end());
    input.choice("dtype", target.dtype, {{"uint8", DataType::UInt8}, {"fp32", DataType::Float32}});
    read_numbers(input, probe, "scale", target.scale);
    read_numbers(input, probe, "offset", target.offset);
}

Layer read_layer(config::TableReader table) {
    Layer layer;
    if (table.has("conv")) {
        layer.kind = Layer::Kind::Conv;
        table.integer("conv", layer.width, 1U, limits::kLayerWidthMax);
        table.integer("kernel", layer.kernel, 1U, kKernelMax);
        table.integer("stride", layer.stride, 1U, 2U);
    } else {
        table.require("dense", "a layer is {conv = channels, kernel = 3, stride = 2} or {dense = units}");
        table.integer("dense", layer.width, 1U, limits::kLayerWidthMax);
    }
    return layer;
}

void read_stages(config::TableReader& root, ModelSpec& spec) {
    std::vector<config::TableReader> stages = root.tables("stages", kTiers);
    if (stages.size() != kTiers) root.problem("stages", "must be three tables [[stages]]: light, medium, heavy");
    for (std::size_t i = 0; i < stages.size() && i < kTiers; ++i) {
        const std::string_view expected = name_of(static_cast<Tier>(i));
        std::string tier;
        stages[i].require("tier", "the stages stand in the order light, medium, heavy");
        if (stages[i].text("tier", tier) && tier != expected) {
            stages[i].problem("tier", "must be \"" + std::string(expected) +
                                          "\": the stages stand in the order light, medium, heavy");
        }
        int head = 0;
        stages[i].choice("head", head, {{"linear", 0}});
        for (const config::TableReader& layer : stages[i].tables("layers", limits::kStageLayersMax)) {
            spec.stages[i].push_back(read_layer(layer));
        }
    }
}

/// The shortest decimal that reads back as this float, also by a reader that goes through double.
std::string spelling_of(float value) {
    std::array<char, 64> text{};
    auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    double read_back = 0;
    std::from_chars(text.data(), end, read_back);
    if (static_cast<float>(read_back) != value) {
        end = std::to_chars(text.data(), text.data() + text.size(), static_cast<double>(value)).ptr;
    }
    std::string spelling(text.data(), end);
    if (spelling.find_first_of(".e") == std::string::npos) spelling += ".0";  // TOML tells 1 from 1.0
    return spelling;
}

std::string toml_string(std::string_view text) {
    std::string literal = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') literal += '\\';
        literal += c;
    }
    return literal + '"';
}

template <class T, class Spell>
std::string list_of(const std::vector<T>& values, Spell spell) {
    std::string list = "[";
    for (const T& value : values)
        list += (list.size() > 1 ? ", " : "") + spell(value);
    return list + "]";
}

std::string spelling_of(const Layer& layer) {
    if (layer.kind == Layer::Kind::Dense) return "{ dense = " + std::to_string(layer.width) + " }";
    return "{ conv = " + std::to_string(layer.width) + ", kernel = " + std::to_string(layer.kernel) +
           ", stride = " + std::to_string(layer.stride) + " }";
}

std::string spelling_of(const InputSpec& input) {
    const auto number = [](float value) { return spelling_of(value); };
    const auto integer = [](std::size_t value) { return std::to_string(value); };
    const auto rules = [&input](std::string_view name) {
        return input.front_end_is_named ? "front_end = " + toml_string(name) + "\n" : "";
    };
    if (const HashedText* text = input.text()) {
        return rules(HashedText::kRules) + "bytes = " + integer(text->bytes) +
               "\nfeatures = " + integer(text->features) + "\n";
    }
    if (const LogMel* audio = input.audio()) {
        return rules(LogMel::kRules) + "rate = " + integer(audio->rate) + "\nsamples = " + integer(audio->samples) +
               "\nbands = " + integer(audio->bands) + "\nframes = " + integer(audio->frames) + "\n";
    }
    return "shape = " + list_of(input.shape, integer) +
           "\ndtype = " + (input.dtype == DataType::UInt8 ? "\"uint8\"" : "\"fp32\"") +
           "\nscale = " + list_of(input.scale, number) + "\noffset = " + list_of(input.offset, number) + "\n";
}

}  // namespace

Result<ModelSpec> parse_model(std::string_view toml) {
    config::Document document = config::Document::from_text(toml, "model.toml");
    config::Document probe = config::Document::from_text(toml, "model.toml");
    config::TableReader root = document.root();

    ModelSpec spec;
    root.require("name", "the model's name in the inference API");
    root.text("name", spec.name);
    root.require("modality", "\"image\", \"tabular\", \"text\" or \"audio\"");
    root.choice("modality", spec.modality,
                {{"image", Modality::Image},
                 {"tabular", Modality::Tabular},
                 {"text", Modality::Text},
                 {"audio", Modality::Audio}});
    if (spec.modality == Modality::Text) {
        read_input(root.table("input"), HashedText(), spec.input);
    } else if (spec.modality == Modality::Audio) {
        read_input(root.table("input"), LogMel(), spec.input);
    } else {
        read_input(root.table("input"), probe.root().table("input"), spec.input);
    }
    root.require("classes", "names = [...], whose order is the label");
    root.table("classes").texts("names", spec.classes, limits::kClassesMax);
    root.require("input", spec.modality == Modality::Text    ? "bytes = 1024 and features = 4096"
                          : spec.modality == Modality::Audio ? "rate = 8000, samples = 8000, bands = 40 and frames = 32"
                                                             : "shape = [...] and dtype = \"uint8\" or \"fp32\"");
    read_stages(root, spec);

    std::vector<std::string> problems = document.problems();
    for (const std::string& problem : spec.problems())
        problems.push_back(problem);
    if (problems.empty()) return spec;
    std::string message;
    for (const std::string& problem : problems)
        message += (message.empty() ? "" : "; ") + problem;
    return fail(ErrorCode::InvalidInput, std::move(message));
}

std::string canonical_text(const ModelSpec& spec) {
    std::string text = "name = " + toml_string(spec.name) + "\n";
    text += "modality = \"" + std::string(name_of(spec.modality)) + "\"\n";
    text += "\n[input]\n" + spelling_of(spec.input);
    text += "\n[classes]\nnames = " + list_of(spec.classes, [](const std::string& name) { return toml_string(name); }) +
            "\n";
    for (std::size_t stage = 0; stage < kTiers; ++stage) {
        text += "\n[[stages]]\ntier = \"" + std::string(name_of(static_cast<Tier>(stage))) + "\"\n";
        text += "layers = " + list_of(spec.stages[stage], [](const Layer& layer) { return spelling_of(layer); }) + "\n";
    }
    return text;
}

}  // namespace skerry::parameters
