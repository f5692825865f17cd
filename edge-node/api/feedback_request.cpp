#include "edge-node/api/feedback_request.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "edge-node/api/json_text.hpp"
#include "edge-node/api/refusal.hpp"

namespace skerry::node {
namespace {

using nlohmann::json;

/// As the API calls them; in the order of LabelVerdict.
constexpr std::array<std::string_view, feedback::kLabelVerdicts> kStates = {"accepted", "duplicate", "conflict",
                                                                            "expired",  "unknown",   "accepted"};

Result<std::uint32_t> label_in(const json& value, const std::vector<std::string>& classes) {
    if (value.is_array() && value.size() == 1) return label_in(value[0], classes);
    if (value.is_number_unsigned()) {
        const auto index = value.get<std::uint64_t>();
        if (index < classes.size()) return static_cast<std::uint32_t>(index);
        return refusal("label " + std::to_string(index) + " is no class: there are " + std::to_string(classes.size()));
    }
    if (value.is_string()) {
        const auto found = std::find(classes.begin(), classes.end(), value.get_ref<const std::string&>());
        if (found != classes.end()) return static_cast<std::uint32_t>(found - classes.begin());
        return refusal("label names no class of this model");
    }
    return refusal("label must be a class index or a class name");
}

Result<FeedbackLabel> label_of(const json& entry, const std::vector<std::string>& classes) {
    if (!entry.is_object()) return refusal("must be an object with \"id\" and \"label\"");
    const auto id = entry.find("id");
    if (id == entry.end() || !id->is_string()) return refusal("needs \"id\", the id of the infer request, as a string");
    const auto& text = id->get_ref<const std::string&>();
    if (text.empty() || text.size() > limits::kRequestIdBytesMax) {
        return refusal("\"id\" must be 1 to " + std::to_string(limits::kRequestIdBytesMax) + " bytes long");
    }
    const auto label = entry.find("label");
    if (label == entry.end()) return refusal("needs \"label\"");
    // Not within the braces: a return from there would not destroy the string that was made before it.
    const std::uint32_t truth = SKERRY_TRY(label_in(*label, classes));
    return FeedbackLabel{text, truth};
}

}  // namespace

Result<std::vector<FeedbackLabel>> parse_feedback(std::string_view body, const parameters::ModelSpec& spec) {
    if (body.size() > kFeedbackBytesMax) {
        return refusal("the body is longer than " + std::to_string(kFeedbackBytesMax) + " bytes: send fewer labels");
    }
    if (nests_deeper_than(body, limits::kJsonDepthMax)) return refusal("the body is nested too deeply");
    const json document = json::parse(body.begin(), body.end(), nullptr, false);
    if (document.is_discarded()) return refusal("the body is no valid JSON");
    const auto entries = document.is_object() ? document.find("feedback") : document.end();
    if (!document.is_object() || entries == document.end() || !entries->is_array()) {
        return refusal("the body must be {\"feedback\":[{\"id\":\"…\",\"label\":…}]}");
    }
    if (entries->size() > kFeedbackLabelsMax) {
        return refusal("there are more than " + std::to_string(kFeedbackLabelsMax) + " labels: send fewer");
    }
    std::vector<FeedbackLabel> labels;
    labels.reserve(entries->size());
    for (const json& entry : *entries) {
        auto label = label_of(entry, spec.classes);
        if (!label) return refusal("feedback[" + std::to_string(labels.size()) + "]: " + label.error().message);
        labels.push_back(std::move(*label));
    }
    return labels;
}

std::string feedback_json(const std::vector<FeedbackLabel>& labels,
                          const std::vector<feedback::LabelVerdict>& verdicts) {
    using feedback::LabelVerdict;
    SKERRY_ASSERT(labels.size() == verdicts.size());
    const auto count = [&](LabelVerdict verdict) { return std::count(verdicts.begin(), verdicts.end(), verdict); };
    const auto reused = count(LabelVerdict::Reused);
    std::string json = "{\"accepted\":" + std::to_string(count(LabelVerdict::Accepted) + reused);
    json += ",\"duplicate\":" + std::to_string(count(LabelVerdict::Duplicate));
    json += ",\"expired\":" + std::to_string(count(LabelVerdict::Late));
    json += ",\"unknown\":" + std::to_string(count(LabelVerdict::Unknown));
    json += ",\"conflict\":" + std::to_string(count(LabelVerdict::Contradictory));
    json += ",\"reused\":" + std::to_string(reused);
    json += ",\"results\":[";
    for (std::size_t i = 0; i < labels.size(); ++i) {
        json += i > 0 ? ",{\"id\":" : "{\"id\":";
        append_json(json, labels[i].request);
        json += ",\"state\":";
        append_json(json, kStates[static_cast<std::size_t>(verdicts[i])]);
        json += verdicts[i] == LabelVerdict::Reused ? ",\"reused\":true}" : "}";
    }
    return json + "]}";
}

}  // namespace skerry::node
