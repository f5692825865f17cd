#include "edge-node/api/model_document.hpp"

#include "edge-node/api/infer_request.hpp"
#include "edge-node/api/json_text.hpp"

namespace skerry::node {

std::string metadata_json(const parameters::ModelSpec& spec, const feedback::SnapshotVersion& version) {
    std::string json = "{\"name\":";
    append_json(json, spec.name);
    json += ",\"versions\":[";
    append_json(json, version.to_text());
    json += "],\"platform\":\"skerry\",\"inputs\":[{\"name\":";
    append_json(json, kInputName);
    json += ",\"datatype\":";
    append_json(json, datatype_of(spec.input.dtype));
    json += ",\"shape\":[-1";
    for (const std::size_t side : spec.input.shape)
        json += "," + std::to_string(side);
    json += "]}],\"outputs\":[";
    for (const Output output : kAllOutputs) {
        json += output == kAllOutputs.front() ? "{\"name\":" : ",{\"name\":";
        append_json(json, name_of(output));
        json += ",\"datatype\":";
        append_json(json, datatype_of(output));
        json += ",\"shape\":[-1";
        if (output == Output::Probabilities) json += "," + std::to_string(spec.classes.size());
        json += "]}";
    }
    return json + "]}";
}

}  // namespace skerry::node
