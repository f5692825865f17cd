#include "edge-node/api/infer_response.hpp"

#include <array>
#include <span>

#include "edge-node/api/json_text.hpp"

namespace skerry::node {
namespace {

std::string_view datatype_of(Output output) {
    switch (output) {
        case Output::Label:
            return "INT64";
        case Output::Tier:
            return "BYTES";
        default:
            return "FP32";
    }
}

void append_values(std::string& json, Output output, const Answer& answer) {
    switch (output) {
        case Output::Label:
            json += std::to_string(answer.reading.predicted);
            return;
        case Output::Tier:
            append_json(json, name_of(answer.tier));
            return;
        case Output::Score:
            append_json(json, answer.score);
            return;
        case Output::Probabilities:
            for (const float& probability : answer.reading.probabilities) {
                if (&probability != answer.reading.probabilities.data()) json += ',';
                append_json(json, probability);
            }
    }
}

constexpr std::array kAllOutputs = {Output::Label, Output::Probabilities, Output::Tier, Output::Score};

}  // namespace

std::string infer_json(const parameters::ModelSpec& spec, const feedback::SnapshotVersion& version, std::string_view id,
                       const std::vector<Output>& outputs, const std::vector<Answer>& answers, bool id_reused) {
    std::string json;
    json.reserve(512 + answers.size() * (64 + 14 * spec.classes.size()));
    json += "{\"model_name\":";
    append_json(json, spec.name);
    json += ",\"model_version\":";
    append_json(json, version.to_text());
    json += ",\"id\":";
    append_json(json, id);
    json += ",\"parameters\":{\"skerry_model_version\":";
    append_json(json, version.to_text());
    if (id_reused) json += ",\"skerry_id_reused\":true";
    if (answers.size() == 1) {
        json += ",\"skerry_tier\":";
        append_json(json, name_of(answers[0].tier));
        json += ",\"skerry_score\":";
        append_json(json, answers[0].score);
        json += ",\"skerry_confidence\":";
        append_json(json, answers[0].reading.probability);
    }
    json += "},\"outputs\":[";
    bool first = true;
    for (const Output output : outputs.empty() ? std::span<const Output>(kAllOutputs) : std::span(outputs)) {
        json += first ? "{\"name\":" : ",{\"name\":";
        first = false;
        append_json(json, name_of(output));
        json += ",\"datatype\":";
        append_json(json, datatype_of(output));
        json += ",\"shape\":[" + std::to_string(answers.size());
        if (output == Output::Probabilities) json += "," + std::to_string(spec.classes.size());
        json += "],\"data\":[";
        for (const Answer& answer : answers) {
            if (&answer != answers.data()) json += ',';
            append_values(json, output, answer);
        }
        json += "]}";
    }
    return json + "]}";
}

std::string metadata_json(const parameters::ModelSpec& spec, const feedback::SnapshotVersion& version) {
    std::string json = "{\"name\":";
    append_json(json, spec.name);
    json += ",\"versions\":[";
    append_json(json, version.to_text());
    json += "],\"platform\":\"skerry\",\"inputs\":[{\"name\":";
    append_json(json, kInputName);
    json += ",\"datatype\":";
    append_json(json, node::datatype_of(spec.input.dtype));
    json += ",\"shape\":[-1";
    for (const std::size_t side : spec.input.shape)
        json += "," + std::to_string(side);
    json += "]}],\"outputs\":[";
    for (const Output output : kAllOutputs) {
        json += output == Output::Label ? "{\"name\":" : ",{\"name\":";
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
