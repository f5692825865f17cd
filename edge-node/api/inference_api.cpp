#include "edge-node/api/inference_api.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "edge-node/api/infer_request.hpp"
#include "edge-node/api/infer_response.hpp"
#include "edge-node/api/json_text.hpp"
#include "edge-node/api/model_document.hpp"

namespace skerry::node {
namespace {

constexpr std::string_view kQueueFull = "too many requests are waiting: try again in a second";
const http::Headers kRetrySoon = {{"Retry-After", "1"}};

http::Response json_response(std::string body) {
    http::Response response;
    response.body = std::move(body);
    return response;
}

http::Response ready_json(const std::string& name) {
    std::string json = "{\"name\":";
    append_json(json, name);
    return json_response(json + ",\"ready\":true}");
}

http::Response no_weights() {
    return http::error_response(503, "this node has no model yet: it waits for the coordinator's first version",
                                kRetrySoon);
}

http::Response wrong_method(std::string_view allowed) {
    return http::error_response(405, "this path takes " + std::string(allowed), {{"Allow", std::string(allowed)}});
}

std::uint64_t seed_of_ids() {
    std::random_device device;
    return std::uint64_t{device()} << 32U | device();
}

}  // namespace

/// /v2/models/{name}[/versions/{version}][/{verb}]
struct InferenceApi::Route {
    std::string name{};
    std::string version{};
    std::string verb{};
    bool valid = true;

    explicit Route(std::string_view rest) {
        std::vector<std::string> parts;
        while (!rest.empty()) {
            const std::size_t slash = std::min(rest.find('/'), rest.size());
            parts.emplace_back(rest.substr(0, slash));
            rest.remove_prefix(std::min(slash + 1, rest.size()));
        }
        std::size_t next = 1;
        if (parts.size() >= 3 && parts[1] == "versions") {
            version = parts[2];
            next = 3;
        }
        if (parts.size() == next + 1) verb = parts[next];
        valid = !parts.empty() && parts.size() <= next + 1;
        if (valid) name = parts[0];
    }
};

InferenceApi::InferenceApi(SnapshotSlot& snapshots, ServingEngine& engine, InferenceBackend& backend,
                           const ServingConfig& config, std::string server_version)
    : snapshots_(snapshots),
      engine_(engine),
      backend_(backend),
      request_samples_max_(config.request_samples_max),
      server_version_(std::move(server_version)),
      ids_(seed_of_ids()) {}

void InferenceApi::handle(http::Request request, Reply reply) {
    // A page that a browser on this device happens to show must not be able to teach it.
    if (const auto origin = request.header("Origin"); !origin.empty()) {
        const auto host = origin.find("://");
        if (host == std::string_view::npos || origin.substr(host + 3) != request.header("Host")) {
            return reply(http::error_response(403, "requests from the web pages of others are not taken"));
        }
    }
    constexpr std::string_view kModels = "/v2/models/";
    std::string_view path = request.path;
    while (path.size() > 1 && path.ends_with('/'))
        path.remove_suffix(1);
    if (path.starts_with(kModels)) {
        return handle_model(request, Route(path.substr(kModels.size())), std::move(reply));
    }
    const bool known = path == "/v2" || path == "/v2/health/live" || path == "/v2/health/ready";
    if (!known) return reply(http::error_response(404, "there is nothing at this path: the API begins at /v2"));
    if (request.method != "GET" && request.method != "HEAD") return reply(wrong_method("GET"));
    if (path == "/v2/health/live") return reply(json_response("{\"live\":true}"));
    if (path == "/v2/health/ready") {
        return reply(snapshots_.current() ? json_response("{\"ready\":true}") : no_weights());
    }
    std::string json = "{\"name\":\"skerry-node\",\"version\":";
    append_json(json, server_version_);
    reply(json_response(json + ",\"extensions\":[\"binary_tensor_data\",\"classification\",\"parameters\",\"skerry_"
                               "feedback\",\"skerry_tier\"]}"));
}

void InferenceApi::handle_model(const http::Request& request, const Route& route, Reply reply) {
    const bool posts = route.verb == "infer" || (route.verb == "feedback" && route.version.empty());
    if (!route.valid || (!posts && !route.verb.empty() && route.verb != "ready")) {
        return reply(http::error_response(404, "there is nothing at this path: a model has ready, infer and feedback"));
    }
    if (posts && request.method != "POST") return reply(wrong_method("POST"));
    if (!posts && request.method != "GET" && request.method != "HEAD") return reply(wrong_method("GET"));

    const std::shared_ptr<const Snapshot> snapshot = snapshots_.current();
    if (!snapshot) {
        counters_.refused_unready += posts ? 1 : 0;
        return reply(no_weights());
    }
    const bool other_version = !route.version.empty() && route.version != snapshot->version.to_text();
    if (route.name != snapshot->model->spec.name || other_version) {
        const std::string version = other_version ? " version " + route.version : "";
        return reply(
            http::error_response(404, "Request for unknown model: '" + route.name + "'" + version + " is not found"));
    }
    if (route.verb == "infer") return infer(request, snapshot, std::move(reply));
    if (route.verb == "feedback") return take_feedback(request, *snapshot, std::move(reply));
    if (route.verb == "ready") return reply(ready_json(route.name));
    reply(json_response(metadata_json(snapshot->model->spec, snapshot->version)));
}

void InferenceApi::infer(const http::Request& request, std::shared_ptr<const Snapshot> snapshot, Reply reply) {
    const auto arrived = std::chrono::steady_clock::now();
    ++counters_.requests;
    if (!engine_.has_room()) return refuse_busy(reply, kQueueFull);  // before any work is put into it
    const auto refuse = [&](int status, std::string_view sentence) {
        ++counters_.refused_invalid;
        reply(http::error_response(status, sentence));
    };
    if (const auto encoding = request.header("Content-Encoding"); !encoding.empty() && encoding != "identity") {
        return refuse(415, "a compressed body is not understood here: send it plain");
    }
    auto parsed = read_infer_request(request, snapshot->model->spec, request_samples_max_);
    if (!parsed) return refuse(400, parsed.error().message);

    auto memory = backend_.admit(parsed->samples.size(), request.body.size());
    if (!memory) return refuse_busy(reply, memory.error().message);
    parsed->tier_max = std::min(parsed->tier_max, backend_.deepest());

    const TimePoint now = Clock::now();
    if (parsed->id.empty()) parsed->id = ids_.next(now);
    const auto job = std::make_shared<InferJob>(std::move(snapshot), router_, std::move(*parsed), now, arrived,
                                                [this, reply](InferJob& done) { reply(finish(done)); });
    job->memory = std::move(*memory);
    if (!engine_.submit(job)) refuse_busy(reply, kQueueFull);
}

http::Response InferenceApi::finish(InferJob& job) {
    const auto time = std::chrono::steady_clock::now() - job.arrived;
    for (const Answer& answer : job.answers) {
        const auto tier = static_cast<std::size_t>(answer.tier);
        ++counters_.answered[tier];
        counters_.latency[tier].add(time);
    }
    job.memory = MemoryLease();  // on the loop's thread, as it was taken
    counters_.clamped += job.clamped;
    if (!counters_.clamped_channel) counters_.clamped_channel = job.clamped_channel;
    backend_.on_answered(job, time);
    auto predictions = job.take_predictions();
    const bool id_reused = !predictions.empty() && backend_.on_predictions(std::move(predictions));
    return infer_response(job.snapshot->model->spec, job.snapshot->version, job.request.id, job.request.outputs,
                          job.answers, id_reused);
}

void InferenceApi::refuse_busy(const Reply& reply, std::string_view why) {
    ++counters_.refused_busy;
    reply(http::error_response(503, why, kRetrySoon));
}

void InferenceApi::take_feedback(const http::Request& request, const Snapshot& snapshot, Reply reply) {
    auto labels = parse_feedback(request.body, snapshot.model->spec);
    if (!labels) return reply(http::error_response(400, labels.error().message));
    if (const auto why = backend_.behind()) {
        ++counters_.feedback_busy;
        return reply(http::error_response(429, *why, kRetrySoon));
    }
    auto kept = std::make_shared<const std::vector<FeedbackLabel>>(*labels);
    backend_.on_feedback(std::move(*labels), [this, kept, reply](Result<std::vector<feedback::LabelVerdict>> verdicts) {
        if (!verdicts && verdicts.error().code == ErrorCode::Unavailable) {
            return reply(http::error_response(503, verdicts.error().message, kRetrySoon));
        }
        if (!verdicts) return reply(http::error_response(500, verdicts.error().message));
        for (const feedback::LabelVerdict verdict : *verdicts)
            ++counters_.labels[static_cast<std::size_t>(verdict)];
        reply(json_response(feedback_json(*kept, *verdicts)));
    });
}

}  // namespace skerry::node
