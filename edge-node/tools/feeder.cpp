#include "edge-node/tools/feeder.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/crypto/random.hpp"
#include "edge-node/api/json_text.hpp"
#include "edge-node/api/tensor_samples.hpp"
#include "edge-node/tools/output.hpp"

namespace skerry::node {

using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::size_t kLabelsTogether = 25;
constexpr std::chrono::milliseconds kAwayPause{200};
constexpr std::uint64_t kTriggerSamples = 100;  // how the node counts its windows by default

void append_number(std::string& text, auto value) {
    std::array<char, 32> digits;
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    text.append(digits.data(), written.ptr);
}

template <class Value>
void append_values(std::string& body, ByteView sample) {
    for (std::size_t i = 0; i < sample.size() / sizeof(Value); ++i) {
        Value value{};
        std::memcpy(&value, sample.data() + i * sizeof value, sizeof value);
        if (i > 0) body += ',';
        append_number(body, value);
    }
}

std::string infer_body(const std::string& id, const parameters::InputSpec& input, ByteView sample) {
    std::string body = R"({"id":")" + id + R"(","inputs":[{"name":"input","datatype":")";
    body += datatype_of(input.dtype);
    body += R"(","shape":[1)";
    for (const std::size_t side : sent_sides(input)) {
        body += ',';
        append_number(body, side);
    }
    body += R"(],"data":[)";
    switch (input.dtype) {
        case parameters::DataType::UInt8:
            append_values<std::uint8_t>(body, sample);
            break;
        case parameters::DataType::Float32:
            append_values<float>(body, sample);
            break;
        case parameters::DataType::Int16:
            append_values<std::int16_t>(body, sample);
            break;
        case parameters::DataType::Utf8:
            append_json(body, parameters::text_in(sample));
            break;
    }
    return body + "]}]}";
}

struct Answered {
    std::uint32_t label = 0;
    Tier tier = Tier::Light;
    std::string version;
};

Result<Answered> read_answer(std::string_view body, std::size_t classes) try {
    const nlohmann::json json = nlohmann::json::parse(body);
    Answered answer;
    answer.tier = SKERRY_TRY(tier_named(json.at("parameters").at("skerry_tier").get<std::string>()));
    answer.version = json.at("model_version").get<std::string>();
    std::optional<std::uint32_t> label;
    for (const nlohmann::json& output : json.at("outputs"))
        if (output.at("name") == "label") label = output.at("data").at(0).get<std::uint32_t>();
    if (!label || *label >= classes) {
        return fail(ErrorCode::InvalidInput, "the node's answer has no output \"label\" that is one of its " +
                                                 std::to_string(classes) +
                                                 " classes: was it restarted with another model? Start feeding again");
    }
    answer.label = *label;
    return answer;
} catch (const nlohmann::json::exception& broken) {
    return fail(ErrorCode::InvalidInput, std::string("the node's answer is no inference answer: ") + broken.what());
}

std::chrono::milliseconds pause_asked_for(const http::Response& response) {
    const auto number = [](std::string_view text) {
        std::int64_t value = -1;
        std::from_chars(text.data(), text.data() + text.size(), value);
        return value;
    };
    const std::chrono::milliseconds whole =
        std::chrono::seconds(std::clamp<std::int64_t>(number(response.header("Retry-After")), 1, 60));
    // A finer value of the same, never a longer or shorter story.
    const auto exact = number(response.header("Skerry-Retry-After-Ms"));
    return exact >= 0 ? std::min(std::chrono::milliseconds(exact), whole) : whole;
}

}  // namespace

std::uint64_t FeedNumbers::samples() const {
    std::uint64_t all = 0;
    for (const auto& times : latency_us)
        all += times.size();
    return all;
}

Result<Feeder> Feeder::open(FeedOptions options) {
    http::Client node = SKERRY_TRY(http::Client::connect(options.node));
    const http::Response model = SKERRY_TRY(node.request(
        "GET", "/skerry/model" + (options.model.empty() ? "" : "?model=" + http::percent_encoded(options.model))));
    if (model.status == 400) return fail(ErrorCode::InvalidInput, error_sentence(model.status, model.body));
    if (model.status != 200) {
        return fail(ErrorCode::InvalidInput,
                    options.node + " does not answer like a Skerry node: " + error_sentence(model.status, model.body));
    }
    parameters::ModelSpec spec = SKERRY_TRY(parameters::parse_model(model.body));
    if (!options.model.empty() && spec.name != options.model) {
        return fail(ErrorCode::InvalidInput,
                    options.node + " serves no model '" + options.model + "' but '" + spec.name + "'");
    }
    auto source = SKERRY_TRY(datasets::open_source(options.data, spec, options.source));
    return Feeder(std::move(options), std::move(spec), std::move(node), std::move(source));
}

Feeder::Feeder(FeedOptions options, parameters::ModelSpec spec, http::Client node,
               std::unique_ptr<datasets::SampleSource> source)
    : options_(std::move(options)),
      spec_(std::move(spec)),
      node_(std::move(node)),
      source_(std::move(source)),
      run_id_("feed-" + to_hex(crypto::random_bytes<6>()) + "-"),
      prequential_(spec_.classes.size()) {}

Result<FeedNumbers> Feeder::run(const OnProgress& on_progress, const StopSignal& stop) {
    stop_ = &stop;
    const auto began = SteadyClock::now();
    const auto streamed = stream(on_progress, began);
    // Told to stop while the node was away or busy: what was done so far is the result.
    if (!streamed && !stop.raised()) return tl::unexpected(streamed.error());
    numbers_.prequential = prequential_.numbers();
    numbers_.elapsed = SteadyClock::now() - began;
    return numbers_;
}

Result<> Feeder::stream(const OnProgress& on_progress, SteadyClock::time_point began) {
    while (!stop_->raised()) {
        if (options_.rate) {
            // When the next sample is due by the rate from the beginning, so that slow answers do not stretch it.
            SKERRY_TRY(
                pause_until(began + std::chrono::duration_cast<SteadyClock::duration>(
                                        std::chrono::duration<double>(static_cast<double>(asked_) / *options_.rate))));
            if (stop_->raised()) break;
        }
        const std::optional<datasets::Sample> sample = SKERRY_TRY(source_->next());
        if (!sample) break;
        SKERRY_TRY(ask(*sample));
        SKERRY_TRY(send_due_labels(false));
        numbers_.prequential = prequential_.numbers();
        numbers_.elapsed = SteadyClock::now() - began;
        on_progress(numbers_);
    }
    while (!pending_.empty())
        SKERRY_TRY(send_labels(pending_.size()));
    return {};
}

// Until the next sample is due, sending each label when it is.
Result<> Feeder::pause_until(SteadyClock::time_point sample_due) {
    while (!stop_->raised() && SteadyClock::now() < sample_due) {
        SKERRY_TRY(send_due_labels(true));
        auto next = sample_due;
        if (const auto* delay = std::get_if<std::chrono::nanoseconds>(&options_.delay); delay && !pending_.empty()) {
            next = std::min(next, pending_.front().asked + *delay);
        }
        stop_->wait_until(next);
    }
    return {};
}

Result<> Feeder::ask(const datasets::Sample& sample) {
    const std::string id = run_id_ + std::to_string(asked_);
    const std::string body = infer_body(id, spec_.input, sample.input);
    auto began = SteadyClock::now();
    const std::uint64_t waits_before = numbers_.waits;
    const http::Response response = SKERRY_TRY(insist("/v2/models/" + spec_.name + "/infer", body));
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - began);
    if (response.status != 200) {
        return fail(ErrorCode::InvalidInput, "the node refuses sample " + std::to_string(asked_) + ": " +
                                                 error_sentence(response.status, response.body));
    }
    const Answered answer = SKERRY_TRY(read_answer(response.body, spec_.classes.size()));
    const auto tier = static_cast<std::size_t>(answer.tier);
    // A time that holds a pause says nothing about the tier; the sample still counts once.
    const bool clean = numbers_.waits == waits_before || numbers_.latency_us[tier].empty();
    numbers_.latency_us[tier].push_back(clean ? static_cast<std::uint32_t>(took.count())
                                              : numbers_.latency_us[tier].back());
    numbers_.correct[tier] += answer.label == sample.label ? 1 : 0;
    if (numbers_.first_version.empty()) numbers_.first_version = answer.version;
    numbers_.last_version = answer.version;
    prequential_.add(answer.tier, answer.label, sample.label);
    pending_.push_back({id, sample.label, asked_, SteadyClock::now()});
    if (++asked_ % kTriggerSamples == 0) prequential_.end_trigger();
    return {};
}

Result<> Feeder::send_due_labels(bool all) {
    const auto now = SteadyClock::now();
    const auto is_due = [&](const PendingLabel& label) {
        if (const auto* samples = std::get_if<std::uint64_t>(&options_.delay)) return label.sample + *samples < asked_;
        return label.asked + std::get<std::chrono::nanoseconds>(options_.delay) <= now;
    };
    std::size_t due = 0;
    while (due < pending_.size() && is_due(pending_[due]))
        ++due;
    // Together, since each group costs the node one commit; but none is held back while we pause.
    if (due == 0 || (due < kLabelsTogether && !all)) return {};
    return send_labels(due);
}

Result<> Feeder::send_labels(std::size_t count) {
    count = std::min(count, kLabelsTogether);
    std::string body = R"({"feedback":[)";
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) body += ',';
        body += R"({"id":")" + pending_[i].id + R"(","label":)";
        append_number(body, pending_[i].label);
        body += '}';
    }
    body += "]}";
    repeated_ = false;
    const http::Response response = SKERRY_TRY(insist("/v2/models/" + spec_.name + "/feedback", body));
    if (response.status != 200) {
        return fail(ErrorCode::InvalidInput,
                    "the node refuses labels: " + error_sentence(response.status, response.body));
    }
    const nlohmann::json json = nlohmann::json::parse(response.body, nullptr, false);
    const auto counted = [&json](const char* state) {
        return json.is_object() && json.contains(state) && json[state].is_number_unsigned()
                   ? json[state].get<std::uint64_t>()
                   : 0;
    };
    // What was sent again because its answer was lost may have been taken the first time.
    const std::uint64_t accepted = counted("accepted") + (repeated_ ? counted("duplicate") : 0);
    numbers_.labels_accepted += accepted;
    numbers_.labels_other += count - std::min<std::uint64_t>(accepted, count);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
    return {};
}

Result<http::Response> Feeder::insist(const std::string& target, const std::string& body) {
    const auto give_up = SteadyClock::now() + options_.patience;
    for (;;) {
        // Sending twice is harmless: an id means the newest of its samples, here the same one; a label keeps its first
        // verdict.
        auto response = node_.request("POST", target, body, {{"Content-Type", "application/json"}});
        const bool busy = response && (response->status == 429 || response->status == 503);
        if (!busy && (response || response.error().code != ErrorCode::Unavailable)) return response;
        ++numbers_.waits;
        repeated_ = repeated_ || !response;
        const auto now = SteadyClock::now();
        if (now > give_up || stop_->wait_until(now + (busy ? pause_asked_for(*response) : kAwayPause))) {
            const std::string why =
                response ? error_sentence(response->status, response->body) : response.error().message;
            return fail(ErrorCode::Unavailable, "the node takes no more: " + why);
        }
        if (!response) {
            auto again = http::Client::connect(options_.node);
            if (again) node_ = std::move(*again);
        }
    }
}

}  // namespace skerry::node
