#include "edge-node/api/infer_response.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <string_view>
#include <utility>

#include "edge-node/api/json_text.hpp"

namespace skerry::node {
namespace {

/// Classes by falling probability, the `count` first, as the classification extension writes them: "0.97:3:three".
std::vector<std::string> best_classes(const Answer& answer, const std::vector<std::string>& names, std::size_t count) {
    const std::vector<float>& probabilities = answer.reading.probabilities;
    std::vector<std::size_t> order(probabilities.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    const auto better = [&](std::size_t a, std::size_t b) {
        return probabilities[a] != probabilities[b] ? probabilities[a] > probabilities[b] : a < b;
    };
    count = std::min(count, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(), better);
    std::vector<std::string> texts(count);
    for (std::size_t i = 0; i < count; ++i) {
        append_json(texts[i], probabilities[order[i]]);
        texts[i] += ":" + std::to_string(order[i]) + ":" + names[order[i]];
    }
    return texts;
}

/// Values of an output as JSON, with commas between them.
class JsonValues {
public:
    explicit JsonValues(std::string& json) : json_(json) {}
    void put(std::int64_t value) { next() += std::to_string(value); }
    void put(float value) { append_json(next(), value); }
    void put(std::string_view value) { append_json(next(), value); }

private:
    std::string& next() {
        if (!std::exchange(first_, false)) json_ += ',';
        return json_;
    }
    std::string& json_;
    bool first_ = true;
};

/// Values of an output as a binary tensor: little-endian, as every supported target.
class BinaryValues {
public:
    explicit BinaryValues(std::string& tail) : tail_(tail) {}
    template <class Number>
    void put(Number value) {
        tail_.append(text_of(std::as_bytes(std::span(&value, 1))));
    }
    void put(std::string_view value) {
        put(static_cast<std::uint32_t>(value.size()));
        tail_.append(value);
    }

private:
    std::string& tail_;
};

template <class Values>
void put_output(Values values, const WantedOutput& wanted, const parameters::ModelSpec& spec,
                const std::vector<Answer>& answers) {
    for (const Answer& answer : answers) {
        if (wanted.output == Output::Label) {
            values.put(std::int64_t{answer.reading.predicted});
        } else if (wanted.output == Output::Tier) {
            values.put(name_of(answer.tier));
        } else if (wanted.output == Output::Score) {
            values.put(answer.score);
        } else if (wanted.classes) {
            for (const std::string& text : best_classes(answer, spec.classes, *wanted.classes))
                values.put(std::string_view(text));
        } else {
            for (const float probability : answer.reading.probabilities)
                values.put(probability);
        }
    }
}

void append_output(std::string& json, std::string& tail, const WantedOutput& wanted, const parameters::ModelSpec& spec,
                   const std::vector<Answer>& answers) {
    json += "{\"name\":";
    append_json(json, name_of(wanted.output));
    json += ",\"datatype\":";
    append_json(json, wanted.classes ? "BYTES" : datatype_of(wanted.output));
    json += ",\"shape\":[" + std::to_string(answers.size());
    if (wanted.output == Output::Probabilities) {
        const std::size_t classes = spec.classes.size();
        json += "," + std::to_string(std::min(wanted.classes.value_or(classes), classes));
    }
    if (wanted.binary) {
        const std::size_t before = tail.size();
        put_output(BinaryValues(tail), wanted, spec, answers);
        json += "],\"parameters\":{\"binary_data_size\":" + std::to_string(tail.size() - before) + "}}";
    } else {
        json += "],\"data\":[";
        put_output(JsonValues(json), wanted, spec, answers);
        json += "]}";
    }
}

void append_parameters(std::string& json, std::string_view version, const std::vector<Answer>& answers, bool id_reused,
                       std::string_view experts) {
    json += "{\"skerry_model_version\":";
    append_json(json, version);
    if (!experts.empty()) {
        json += ",\"skerry_experts\":";
        append_json(json, experts);
    }
    if (id_reused) json += ",\"skerry_id_reused\":true";
    if (std::any_of(answers.begin(), answers.end(), [](const Answer& answer) { return answer.anytime; })) {
        json += ",\"skerry_anytime\":true";
    }
    if (answers.size() == 1) {
        json += ",\"skerry_tier\":";
        append_json(json, name_of(answers[0].tier));
        json += ",\"skerry_score\":";
        append_json(json, answers[0].score);
        json += ",\"skerry_confidence\":";
        append_json(json, answers[0].reading.probability);
    }
    json += '}';
}

}  // namespace

http::Response infer_response(const parameters::ModelSpec& spec, std::string_view version, std::string_view id,
                              const std::vector<WantedOutput>& outputs, const std::vector<Answer>& answers,
                              bool id_reused, std::string_view experts) {
    std::string json;
    std::string tail;
    json.reserve(512 + answers.size() * (64 + 14 * spec.classes.size()));
    json += "{\"model_name\":";
    append_json(json, spec.name);
    json += ",\"model_version\":";
    append_json(json, version);
    json += ",\"id\":";
    append_json(json, id);
    json += ",\"parameters\":";
    append_parameters(json, version, answers, id_reused, experts);
    json += ",\"outputs\":[";
    for (const WantedOutput& wanted : outputs) {
        if (&wanted != outputs.data()) json += ',';
        append_output(json, tail, wanted, spec, answers);
    }
    json += "]}";

    http::Response response;
    if (std::any_of(outputs.begin(), outputs.end(), [](const WantedOutput& wanted) { return wanted.binary; })) {
        response.content_type = "application/octet-stream";
        response.headers.emplace_back(kHeadLengthHeader, std::to_string(json.size()));
        json += tail;
    }
    response.body = std::move(json);
    return response;
}

}  // namespace skerry::node
