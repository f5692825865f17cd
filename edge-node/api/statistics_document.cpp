#include "edge-node/api/statistics_document.hpp"

#include <chrono>
#include <string_view>

#include "edge-node/api/json_text.hpp"

namespace skerry::node {
namespace {

void append_duration(std::string& json, std::string_view name, const TimeTally& tally) {
    append_json(json, name);
    json += ":{\"count\":" + std::to_string(tally.count) + ",\"ns\":" + std::to_string(tally.time.count()) + "}";
}

void append_model(std::string& json, const ModelStatistics& statistics) {
    const RequestTimes& times = statistics.times;
    json += "{\"name\":";
    append_json(json, statistics.model.name);
    json += ",\"version\":";
    append_json(json, statistics.model.version);
    // Zero, as 1970, where nothing was asked yet; so does Triton.
    const auto last = std::chrono::duration_cast<std::chrono::milliseconds>(times.last.time_since_epoch());
    json += ",\"last_inference\":" + std::to_string(last.count());
    json += ",\"inference_count\":" + std::to_string(statistics.samples);
    json += ",\"execution_count\":" + std::to_string(statistics.executions);
    json += ",\"inference_stats\":{";
    append_duration(json, "success", times.success);
    append_duration(json += ',', "fail", times.fail);
    append_duration(json += ',', "queue", times.queue);
    append_duration(json += ',', "compute_input", times.read);
    append_duration(json += ',', "compute_infer", times.compute);
    append_duration(json += ',', "compute_output", times.write);
    json += "},\"batch_stats\":[]}";
}

}  // namespace

std::string statistics_json(const std::vector<ModelStatistics>& models) {
    std::string json = "{\"model_stats\":[";
    for (const ModelStatistics& statistics : models) {
        if (&statistics != models.data()) json += ',';
        append_model(json, statistics);
    }
    return json + "]}";
}

}  // namespace skerry::node
