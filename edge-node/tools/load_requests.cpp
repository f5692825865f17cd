#include "edge-node/tools/load_requests.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "common/http/client.hpp"
#include "edge-node/api/tensor_samples.hpp"
#include "edge-node/tools/output.hpp"

namespace skerry::node {

using Json = nlohmann::json;

namespace {

Json values_of(const parameters::InputSpec& input, ByteView sample) {
    if (input.text() != nullptr) return Json::array({parameters::text_in(sample)});
    const Datatype& type = *datatype_named(datatype_of(input.dtype));
    Json values = Json::array();
    for (std::size_t i = 0; i < sample.size() / type.bytes; ++i) {
        const double value = load_value(type, &sample[i * type.bytes]);
        values.push_back(type.integer() ? Json(static_cast<std::int64_t>(value)) : Json(static_cast<float>(value)));
    }
    return values;
}

/// A tensor's bytes: of a text, its length comes first.
std::string binary_of(const parameters::InputSpec& input, ByteView sample) {
    if (input.text() == nullptr) return std::string(text_of(sample));
    const Bytes text = ByteWriter().put_sized(bytes_of(parameters::text_in(sample))).bytes();
    return std::string(text_of(text));
}

std::string request_text(const LoadOptions& options, const parameters::ModelSpec& spec, ByteView sample) {
    Json shape = {1};
    for (const std::size_t side : sent_sides(spec.input))
        shape.push_back(side);
    const std::string binary = options.json ? "" : binary_of(spec.input, sample);
    Json input = {{"name", "input"}, {"datatype", datatype_of(spec.input.dtype)}, {"shape", std::move(shape)}};
    if (options.json) {
        input["data"] = values_of(spec.input, sample);
    } else {
        input["parameters"]["binary_data_size"] = binary.size();
    }
    Json document = {{"inputs", {std::move(input)}}};
    if (!options.json) document["parameters"]["binary_data_output"] = true;
    if (options.tier_max) document["parameters"]["skerry_tier_max"] = name_of(*options.tier_max);
    if (options.deadline) document["parameters"]["skerry_deadline_us"] = options.deadline->count();
    std::string body = document.dump();
    std::string text = "POST /v2/models/" + http::percent_encoded(spec.name) + "/infer HTTP/1.1\r\nHost: node\r\n";
    if (!options.json) {
        text += "Content-Type: application/octet-stream\r\nInference-Header-Content-Length: " +
                std::to_string(body.size()) + "\r\n";
        body += binary;
    }
    return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

Result<std::vector<std::string>> load_requests(const LoadOptions& options) {
    http::Client node = SKERRY_TRY(http::Client::connect(options.node));
    const http::Response model = SKERRY_TRY(node.request("GET", "/skerry/model"));
    if (model.status != 200) {
        return fail(ErrorCode::InvalidInput,
                    options.node + " does not answer like a Skerry node: " + error_sentence(model.status, model.body));
    }
    const parameters::ModelSpec spec = SKERRY_TRY(parameters::parse_model(model.body));
    const auto source = SKERRY_TRY(datasets::open_source(options.data, spec, options.source));
    std::vector<std::string> requests;
    while (requests.size() < kLoadSamplesMax) {
        const std::optional<datasets::Sample> sample = SKERRY_TRY(source->next());
        if (!sample) break;
        requests.push_back(request_text(options, spec, sample->input));
    }
    if (requests.empty()) return fail(ErrorCode::InvalidInput, "there is no sample in " + options.data);
    return requests;
}

}  // namespace skerry::node
