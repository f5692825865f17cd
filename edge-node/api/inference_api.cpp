#include "edge-node/api/inference_api.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <random>
#include <utility>

#include "edge-node/api/infer_request.hpp"
#include "edge-node/api/infer_response.hpp"
#include "edge-node/api/json_text.hpp"
#include "edge-node/api/model_document.hpp"

namespace skerry::node {
namespace {

constexpr std::string_view kQueueFull = "too many requests are waiting: try again in a second";
constexpr std::string_view kNoWeights = "the node has no weights yet";
const http::Headers kRetrySoon = {{"Retry-After", "1"}};

constexpr std::string_view kServer = "/v2";
constexpr std::string_view kLive = "/v2/health/live";
constexpr std::string_view kReady = "/v2/health/ready";
constexpr std::array kServerPaths = {kServer, kLive, kReady};
constexpr std::string_view kIndex = "/v2/repository/index";
constexpr std::string_view kStatistics = "/v2/models/stats";
/// What can be read about a model; "" is its metadata.
constexpr std::array<std::string_view, 4> kDocuments = {"", "ready", "config", "stats"};

/// Left as it is: Triton's asyncio client asks for gzip with every request, and unpacks the answers to infer only.
http::Response json_response(std::string body) {
    http::Response response;
    response.body = std::move(body);
    response.headers = {{"Cache-Control", "no-transform"}};
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

bool takes(std::string_view method, bool posts) {
    return posts ? method == "POST" : method == "GET" || method == "HEAD";
}

http::Response wrong_method(bool posts) {
    const char* allowed = posts ? "POST" : "GET, HEAD";
    return http::error_response(405, "this path takes " + std::string(posts ? "POST" : "GET"), {{"Allow", allowed}});
}

std::string_view without_slash(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/'))
        path.remove_suffix(1);
    return path;
}

std::uint64_t seed_of_ids() {
    std::random_device device;
    return std::uint64_t{device()} << 32U | device();
}

}  // namespace

std::optional<http::Response> refusal_of_page(const http::Request& request) {
    const auto origin = request.header("Origin");
    if (origin.empty()) return std::nullopt;
    const auto host = origin.find("://");
    if (host != std::string_view::npos && origin.substr(host + 3) == request.header("Host")) return std::nullopt;
    return http::error_response(403, "requests from the web pages of others are not taken");
}

bool lists_models(std::string_view path) {
    path = without_slash(path);
    return path == kIndex || path == kStatistics;
}

http::Response listing(const http::Request& request, const std::vector<ModelStatistics>& models) {
    if (auto refusal = refusal_of_page(request)) return *std::move(refusal);
    const bool index = without_slash(request.path) == kIndex;
    if (!takes(request.method, index)) return wrong_method(index);
    if (!index) return json_response(statistics_json(models));
    std::vector<ServedModel> served;
    served.reserve(models.size());
    for (const ModelStatistics& one : models)
        served.push_back(one.model);
    return json_response(index_json(served));
}

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
      config_(config),
      server_version_(std::move(server_version)),
      ids_(seed_of_ids()) {}

void InferenceApi::handle(http::Request request, Reply reply) {
    if (lists_models(request.path)) {
        std::vector<ModelStatistics> models;
        if (auto served = statistics()) models.push_back(std::move(*served));
        return reply(listing(request, models));
    }
    if (auto refusal = refusal_of_page(request)) return reply(*std::move(refusal));
    constexpr std::string_view kModels = "/v2/models/";
    const std::string_view path = without_slash(request.path);
    if (path.starts_with(kModels)) return handle_model(request, Route(path.substr(kModels.size())), std::move(reply));
    if (std::find(kServerPaths.begin(), kServerPaths.end(), path) == kServerPaths.end()) {
        return reply(http::error_response(404, "there is nothing at this path: the API begins at /v2"));
    }
    if (!takes(request.method, false)) return reply(wrong_method(false));
    reply(server_document(path));
}

http::Response InferenceApi::server_document(std::string_view path) const {
    if (path == kLive) return json_response("{\"live\":true}");
    if (path == kReady) return snapshots_.current() ? json_response("{\"ready\":true}") : no_weights();
    return json_response(server_json(config_.server_name, server_version_));
}

void InferenceApi::handle_model(const http::Request& request, const Route& route, Reply reply) {
    const auto arrived = std::chrono::steady_clock::now();
    const bool infers = route.verb == "infer";
    const bool posts = infers || (route.verb == "feedback" && route.version.empty());
    if (!route.valid || (!posts && std::find(kDocuments.begin(), kDocuments.end(), route.verb) == kDocuments.end())) {
        return reply(http::error_response(
            404, "there is nothing at this path: a model has ready, config, stats, infer and feedback"));
    }
    if (!takes(request.method, posts)) return reply(wrong_method(posts));

    const std::shared_ptr<const Snapshot> snapshot = snapshots_.current();
    if (!snapshot) {
        counters_.refused_unready += posts ? 1 : 0;
        if (infers) counters_.times.fail.add(std::chrono::steady_clock::now() - arrived);
        return reply(no_weights());
    }
    const bool other_version = !route.version.empty() && route.version != snapshot->version.to_text();
    if (route.name != snapshot->model->spec.name || other_version) {
        const std::string version = other_version ? " version " + route.version : "";
        return reply(
            http::error_response(404, "Request for unknown model: '" + route.name + "'" + version + " is not found"));
    }
    if (infers) return infer(request, snapshot, std::move(reply));
    if (posts) return take_feedback(request, *snapshot, std::move(reply));
    reply(model_document(route.verb, *snapshot));
}

http::Response InferenceApi::model_document(std::string_view verb, const Snapshot& snapshot) const {
    const parameters::ModelSpec& spec = snapshot.model->spec;
    if (verb == "ready") return ready_json(spec.name);
    if (verb == "config") return json_response(config_json(spec, config_.request_samples_max));
    if (verb == "stats") return json_response(statistics_json({*statistics()}));
    return json_response(metadata_json(spec, snapshot.version));
}

std::optional<ModelStatistics> InferenceApi::statistics() const {
    const std::shared_ptr<const Snapshot> snapshot = snapshots_.current();
    if (!snapshot) return std::nullopt;
    ModelStatistics statistics{{snapshot->model->spec.name, snapshot->version.to_text()}, counters_.times};
    statistics.samples = std::accumulate(counters_.answered.begin(), counters_.answered.end(), std::uint64_t{0});
    statistics.executions = engine_.numbers().front().batches;
    return statistics;
}

void InferenceApi::infer(const http::Request& request, std::shared_ptr<const Snapshot> snapshot, Reply reply) {
    const auto arrived = std::chrono::steady_clock::now();
    ++counters_.requests;
    if (!engine_.has_room()) return refuse_busy(reply, kQueueFull, arrived);  // before any work is put into it
    auto parsed = read_infer_request(request, snapshot->model->spec, config_.request_samples_max);
    if (!parsed) {
        ++counters_.refused_invalid;
        counters_.times.fail.add(std::chrono::steady_clock::now() - arrived);
        return reply(http::error_response(400, parsed.error().message));
    }

    auto memory = backend_.admit(parsed->samples.size(), request.body.size());
    if (!memory) return refuse_busy(reply, memory.error().message, arrived);
    parsed->tier_max = std::min(parsed->tier_max, backend_.deepest());

    const TimePoint now = Clock::now();
    if (parsed->id.empty()) parsed->id = ids_.next(now);
    const auto job = std::make_shared<InferJob>(std::move(snapshot), router_, std::move(*parsed), now, arrived,
                                                [this, reply](InferJob& done) { reply(finish(done)); });
    job->memory = std::move(*memory);
    if (!engine_.submit(job)) refuse_busy(reply, kQueueFull, arrived);
}

Result<MemoryLease> InferenceApi::room_to_ask(std::size_t bytes) {
    if (!snapshots_.current()) return fail(ErrorCode::Unavailable, std::string(kNoWeights));
    if (!engine_.has_room()) return fail(ErrorCode::Unavailable, std::string(kQueueFull));
    const std::size_t sample_bytes = snapshots_.current()->model->spec.input.sample_bytes();
    // Let go again at once: each part has a lease of its own, and two for one would be more than there is.
    if (const auto first_part = backend_.admit(1, bytes + sample_bytes); !first_part) {
        return tl::unexpected(first_part.error());
    }
    return backend_.admit(0, bytes);
}

void InferenceApi::turned_away() {
    ++counters_.requests;
    ++counters_.refused_busy;
}

std::string InferenceApi::new_id() {
    return ids_.next(Clock::now());
}

Result<> InferenceApi::ask(InferRequest request, OnOpinion done) {
    const auto arrived = std::chrono::steady_clock::now();
    std::shared_ptr<const Snapshot> snapshot = snapshots_.current();
    if (!snapshot) return fail(ErrorCode::Unavailable, std::string(kNoWeights));
    ++counters_.requests;
    auto memory = backend_.admit(request.samples.size(), request.samples.front().size());
    if (!memory) {
        ++counters_.refused_busy;
        return tl::unexpected(memory.error());
    }
    request.tier_max = std::min(request.tier_max, backend_.deepest());
    const Tier deepest = std::min(backend_.deepest(), snapshot->held);
    const auto answered = [this, deepest, done = std::move(done)](InferJob& job) {
        const auto now = std::chrono::steady_clock::now();
        count(job, now);
        Opinion opinion{job.answers.front(), job.snapshot->version, false, {}};
        opinion.would_go_on = job.router->next(opinion.answer.tier, opinion.answer.score, deepest).has_value();
        auto predictions = job.take_predictions();
        if (!predictions.empty()) opinion.prediction = std::move(predictions.front());
        done(std::move(opinion));
    };
    const auto job =
        std::make_shared<InferJob>(std::move(snapshot), router_, std::move(request), Clock::now(), arrived, answered);
    job->memory = std::move(*memory);
    job->is_part = true;
    if (engine_.submit(job)) return {};
    ++counters_.refused_busy;
    return fail(ErrorCode::Unavailable, std::string(kQueueFull));
}

void InferenceApi::count(InferJob& job, StagedRequest::Instant answered) {
    for (const Answer& answer : job.answers) {
        const auto tier = static_cast<std::size_t>(answer.tier);
        ++counters_.answered[tier];
        counters_.latency[tier].add(answered - job.arrived);
        counters_.anytime += answer.anytime ? 1 : 0;
    }
    job.memory = MemoryLease();  // on the loop's thread, as it was taken
    counters_.clamped += job.clamped;
    if (!counters_.clamped_channel) counters_.clamped_channel = job.clamped_channel;
    backend_.on_answered(job, answered - job.arrived);
}

http::Response InferenceApi::finish(InferJob& job) {
    const auto answered = std::chrono::steady_clock::now();
    count(job, answered);
    auto predictions = job.take_predictions();
    const bool id_reused = !predictions.empty() && backend_.on_predictions(std::move(predictions));
    http::Response response = infer_response(job.snapshot->model->spec, job.snapshot->version.to_text(), job.request.id,
                                             job.request.outputs, job.answers, id_reused);
    const auto written = std::chrono::steady_clock::now();
    RequestTimes& times = counters_.times;
    times.last = job.at;
    times.success.add(written - job.arrived);
    times.read.add(job.checked - job.arrived);
    times.compute.add(job.computing);
    // Rows of one request that two workers took at once have computed longer than it has waited.
    times.queue.add(std::max<std::chrono::nanoseconds>(answered - job.checked - job.computing, {}));
    times.write.add(written - answered);
    return response;
}

void InferenceApi::refuse_busy(const Reply& reply, std::string_view why, StagedRequest::Instant arrived) {
    ++counters_.refused_busy;
    counters_.times.fail.add(std::chrono::steady_clock::now() - arrived);
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
