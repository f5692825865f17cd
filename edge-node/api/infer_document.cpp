#include "edge-node/api/infer_document.hpp"

#include <algorithm>
#include <array>

namespace skerry::node {
namespace {

using JsonKind = JsonReader::Kind;

constexpr const char* kOneInput = "there must be one input, named \"input\"";
constexpr std::size_t kShapeSidesMax = 8;
constexpr double kCountMax = 9007199254740992.0;  // 2^53: beyond it a double skips integers

std::string_view what(JsonKind kind) {
    switch (kind) {
        case JsonKind::Object:
            return "an object";
        case JsonKind::Array:
            return "an array";
        case JsonKind::String:
            return "a string";
        case JsonKind::Number:
            return "such a number";
        case JsonKind::Boolean:
            return "a boolean";
        default:
            return "null";
    }
}

}  // namespace

Result<> InferDocument::read() {
    if (comes(JsonKind::Object, "the body")) read_root();
    json_.finish();
    if (json_.ok() && inputs.empty()) json_.refuse(kOneInput);
    if (json_.ok()) return {};
    return fail(ErrorCode::InvalidInput, json_.problem());
}

std::vector<WantedOutput> InferDocument::outputs() const {
    std::vector<WantedOutput> wanted;
    wanted.reserve(kAllOutputs.size());
    if (outputs_.empty()) {
        for (const Output output : kAllOutputs)
            wanted.push_back({output, binary_output_, {}});
    }
    for (const OutputEntry& entry : outputs_)
        wanted.push_back({entry.output, entry.binary.value_or(binary_output_), entry.classes});
    return wanted;
}

void InferDocument::read_root() {
    enum Key : std::size_t { Id, Parameters, Inputs, Outputs };
    constexpr std::array<std::string_view, 4> kKeys = {"id", "parameters", "inputs", "outputs"};
    json_.enter_object();
    for (Seen seen; const auto key = next_key(kKeys, seen);) {
        switch (*key) {
            case Id:
                id = text("\"id\"");
                break;
            case Parameters:
                if (comes(JsonKind::Object, "\"parameters\"")) read_parameters();
                break;
            case Inputs:
                if (comes(JsonKind::Array, "\"inputs\"")) read_inputs();
                break;
            case Outputs:
                if (comes(JsonKind::Array, "\"outputs\"")) read_outputs();
                break;
            default:
                json_.skip();
        }
    }
}

void InferDocument::read_parameters() {
    enum Key : std::size_t { TierMax, Deadline, Learn, BinaryOutput };
    constexpr std::array<std::string_view, 4> kKeys = {"skerry_tier_max", "skerry_deadline_us", "skerry_learn",
                                                       "binary_data_output"};
    json_.enter_object();
    for (Seen seen; const auto key = next_key(kKeys, seen);) {
        switch (*key) {
            case TierMax:
                if (const auto tier = tier_named(text("\"skerry_tier_max\""))) {
                    tier_max = *tier;
                } else {
                    json_.refuse("skerry_tier_max must be \"light\", \"medium\" or \"heavy\"");
                }
                break;
            case Deadline:
                if (const auto given = count("\"skerry_deadline_us\"")) {
                    if (*given < 1 || *given > static_cast<std::uint64_t>(kDeadlineMax.count())) {
                        json_.refuse("skerry_deadline_us must be 1 to " + std::to_string(kDeadlineMax.count()) +
                                     " microseconds");
                    }
                    deadline = std::chrono::microseconds(*given);
                }
                break;
            case Learn:
                learn = boolean("\"skerry_learn\"").value_or(true);
                break;
            case BinaryOutput:
                binary_output_ = boolean("\"binary_data_output\"").value_or(false);
                break;
            default:
                json_.skip();
        }
    }
}

void InferDocument::read_inputs() {
    json_.enter_array();
    while (json_.next_element()) {
        if (!comes(JsonKind::Object, "\"inputs\"")) return;
        if (inputs.size() == inputs_max_) {
            return json_.refuse(inputs_max_ == 1 ? std::string(kOneInput)
                                                 : "there are more than " + std::to_string(inputs_max_) + " inputs");
        }
        inputs.push_back({{}, {}, {}, false, TensorData(values_max_)});
        read_input(inputs.back());
    }
}

void InferDocument::read_input(Input& input) {
    enum Key : std::size_t { Name, Datatype, Shape, Data, Parameters };
    constexpr std::array<std::string_view, 5> kKeys = {"name", "datatype", "shape", "data", "parameters"};
    json_.enter_object();
    for (Seen seen; const auto key = next_key(kKeys, seen);) {
        switch (*key) {
            case Name:
                input.name = text("\"name\"");
                break;
            case Datatype:
                input.head.datatype = text("\"datatype\"");
                break;
            case Shape:
                if (comes(JsonKind::Array, "\"shape\"")) read_shape(input);
                break;
            case Data:
                input.has_data = true;
                if (comes(JsonKind::Array, "\"data\"")) input.data.read(json_);
                break;
            case Parameters:
                if (comes(JsonKind::Object, "\"parameters\"")) read_input_parameters(input);
                break;
            default:
                json_.skip();
        }
    }
}

void InferDocument::read_shape(Input& input) {
    json_.enter_array();
    while (json_.next_element()) {
        if (input.head.shape.size() == kShapeSidesMax) return json_.refuse("the input's shape has too many dimensions");
        if (const auto side = count("the input's shape")) input.head.shape.push_back(*side);
    }
}

void InferDocument::read_input_parameters(Input& input) {
    enum Key : std::size_t { BinarySize, SharedMemory };
    constexpr std::array<std::string_view, 2> kKeys = {"binary_data_size", "shared_memory_region"};
    json_.enter_object();
    for (Seen seen; const auto key = next_key(kKeys, seen);) {
        switch (*key) {
            case BinarySize:
                input.binary_bytes = count("\"binary_data_size\"");
                break;
            case SharedMemory:
                return json_.refuse("shared memory is not offered here: send the data with the request");
            default:
                json_.skip();
        }
    }
}

void InferDocument::read_outputs() {
    json_.enter_array();
    while (json_.next_element()) {
        if (!comes(JsonKind::Object, "\"outputs\"")) return;
        read_output();
    }
}

void InferDocument::read_output() {
    enum Key : std::size_t { Name, Parameters };
    constexpr std::array<std::string_view, 2> kKeys = {"name", "parameters"};
    OutputEntry entry;
    bool named = false;
    json_.enter_object();
    for (Seen seen; const auto key = next_key(kKeys, seen);) {
        if (*key == Name) {
            const std::string_view name = text("\"name\"");
            const auto found = std::find_if(kAllOutputs.begin(), kAllOutputs.end(),
                                            [name](Output output) { return name_of(output) == name; });
            if (found == kAllOutputs.end()) {
                return json_.refuse("there is no such output: label, probabilities, tier and score are");
            }
            entry.output = *found;
            named = true;
        } else if (*key == Parameters) {
            if (comes(JsonKind::Object, "\"parameters\"")) read_output_parameters(entry);
        } else {
            json_.skip();
        }
    }
    if (!named) return json_.refuse("an output has no \"name\"");
    if (std::any_of(outputs_.begin(), outputs_.end(),
                    [&entry](const OutputEntry& other) { return other.output == entry.output; })) {
        return json_.refuse("an output is asked for twice");
    }
    if (entry.classes && entry.output != Output::Probabilities) {
        return json_.refuse("only the output probabilities knows the parameter \"classification\"");
    }
    outputs_.push_back(entry);
}

void InferDocument::read_output_parameters(OutputEntry& entry) {
    enum Key : std::size_t { Binary, Classification, SharedMemory };
    constexpr std::array<std::string_view, 3> kKeys = {"binary_data", "classification", "shared_memory_region"};
    json_.enter_object();
    for (Seen seen; const auto key = next_key(kKeys, seen);) {
        switch (*key) {
            case Binary:
                entry.binary = boolean("\"binary_data\"");
                break;
            case Classification:
                entry.classes = count("\"classification\"");
                if (entry.classes == 0U) json_.refuse("classification must be at least 1");
                break;
            case SharedMemory:
                return json_.refuse("shared memory is not offered here: take the data from the answer");
            default:
                json_.skip();
        }
    }
}

/// The place of the next key among those known, or their number; nothing: the object has ended. A known key that comes
/// twice is refused: readers differ in which of the two they take. One that holds null might as well be missing.
std::optional<std::size_t> InferDocument::next_key(Keys known, Seen& seen) {
    while (const auto key = json_.next_key()) {
        const auto place = static_cast<std::size_t>(std::find(known.begin(), known.end(), *key) - known.begin());
        if (place == known.size()) return place;
        if (seen.test(place)) {
            json_.refuse("\"" + std::string(*key) + "\" is given twice");
            return std::nullopt;
        }
        seen.set(place);
        if (json_.next_kind() != JsonKind::Null) return place;
        json_.skip();
    }
    return std::nullopt;
}

bool InferDocument::comes(JsonKind kind, std::string_view name) {
    const JsonKind next = json_.next_kind();
    if (next == kind) return true;
    json_.refuse(std::string(name) + " cannot hold " + std::string(what(next)));
    return false;
}

std::string_view InferDocument::text(std::string_view name) {
    return comes(JsonKind::String, name) ? json_.string() : std::string_view();
}

std::optional<bool> InferDocument::boolean(std::string_view name) {
    if (!comes(JsonKind::Boolean, name)) return std::nullopt;
    return json_.boolean();
}

std::optional<std::uint64_t> InferDocument::count(std::string_view name) {
    if (!comes(JsonKind::Number, name)) return std::nullopt;
    const JsonReader::Number number = json_.number();
    if (number.integer && number.value >= 0 && number.value <= kCountMax) {
        return static_cast<std::uint64_t>(number.value);
    }
    json_.refuse(std::string(name) + " cannot hold such a number");
    return std::nullopt;
}

}  // namespace skerry::node
