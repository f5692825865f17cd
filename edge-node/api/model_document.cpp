#include "edge-node/api/model_document.hpp"

#include "edge-node/api/infer_request.hpp"
#include "edge-node/api/json_text.hpp"

namespace skerry::node {
namespace {

/// Sides without the batch.
std::vector<std::size_t> sides_of(Output output, const parameters::ModelSpec& spec) {
    if (output == Output::Probabilities) return {spec.classes.size()};
    return {};
}

/// Of one sample as clients send it, which of a recording has any length.
std::string sides_of(const parameters::InputSpec& input) {
    if (input.text() != nullptr) return "1";
    if (input.audio() != nullptr) return "-1";
    std::string text;
    for (const std::size_t side : input.shape)
        text += (text.empty() ? "" : ",") + std::to_string(side);
    return text;
}

/// "FP32" → "TYPE_FP32"; text has a name of its own there.
std::string type_of(std::string_view datatype) {
    return "TYPE_" + std::string(datatype == "BYTES" ? "STRING" : datatype);
}

void append_list(std::string& json, const std::vector<std::size_t>& sides, std::string_view first) {
    json += '[';
    json += first;
    for (const std::size_t side : sides) {
        if (json.back() != '[') json += ',';
        json += std::to_string(side);
    }
    json += ']';
}

}  // namespace

std::string server_json(std::string_view name, std::string_view version) {
    std::string json = "{\"name\":";
    append_json(json, name);
    json += ",\"version\":";
    append_json(json, version);
    return json +
           ",\"extensions\":[\"binary_tensor_data\",\"classification\",\"model_configuration\",\"parameters\","
           "\"statistics\",\"skerry_feedback\",\"skerry_tier\"]}";
}

std::string metadata_json(const parameters::ModelSpec& spec, const feedback::SnapshotVersion& version) {
    const NamedInput input{kInputName, &spec};
    return fused_metadata_json(spec.name, version.to_text(), {&input, 1});
}

std::string fused_metadata_json(std::string_view name, std::string_view version, std::span<const NamedInput> inputs) {
    std::string json = "{\"name\":";
    append_json(json, name);
    json += ",\"versions\":[";
    append_json(json, version);
    json += "],\"platform\":\"skerry\",\"inputs\":[";
    for (const NamedInput& input : inputs) {
        json += &input == inputs.data() ? "{\"name\":" : ",{\"name\":";
        append_json(json, input.name);
        json += ",\"datatype\":";
        append_json(json, datatype_of(input.spec->input.dtype));
        json += ",\"shape\":[-1," + sides_of(input.spec->input) + "]}";
    }
    json += "],\"outputs\":[";
    for (const Output output : kAllOutputs) {
        json += output == kAllOutputs.front() ? "{\"name\":" : ",{\"name\":";
        append_json(json, name_of(output));
        json += ",\"datatype\":";
        append_json(json, datatype_of(output));
        json += ",\"shape\":";
        append_list(json, sides_of(output, *inputs.front().spec), "-1");
        json += '}';
    }
    return json + "]}";
}

std::string config_json(const parameters::ModelSpec& spec, std::size_t batch_max) {
    std::string json = "{\"name\":";
    append_json(json, spec.name);
    json += ",\"platform\":\"skerry\",\"backend\":\"skerry\",\"version_policy\":{\"latest\":{\"num_versions\":1}}";
    json += ",\"max_batch_size\":" + std::to_string(batch_max) + ",\"input\":[{\"name\":";
    append_json(json, kInputName);
    json += ",\"data_type\":";
    append_json(json, type_of(datatype_of(spec.input.dtype)));
    json += ",\"dims\":[" + sides_of(spec.input) + "]";
    json += "}],\"output\":[";
    for (const Output output : kAllOutputs) {
        json += output == kAllOutputs.front() ? "{\"name\":" : ",{\"name\":";
        append_json(json, name_of(output));
        json += ",\"data_type\":";
        append_json(json, type_of(datatype_of(output)));
        json += ",\"dims\":";
        append_list(json, sides_of(output, spec), "");
        json += '}';
    }
    return json + "]}";
}

std::string index_json(const std::vector<ServedModel>& models) {
    std::string json = "[";
    for (const ServedModel& model : models) {
        json += json.size() == 1 ? "{\"name\":" : ",{\"name\":";
        append_json(json, model.name);
        json += ",\"version\":";
        append_json(json, model.version);
        json += ",\"state\":\"READY\",\"reason\":\"\"}";
    }
    return json + "]";
}

}  // namespace skerry::node
