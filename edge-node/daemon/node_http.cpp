#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/crypto/key_file.hpp"
#include "common/observe/log.hpp"
#include "common/parameters/model_file.hpp"
#include "edge-node/daemon/node.hpp"
#include "edge-node/daemon/node_durable.hpp"
#include "edge-node/daemon/query_number.hpp"

namespace skerry::node {

namespace log = observe::log;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::size_t kErrorsMax = 1000;
/// Beside Retry-After, which knows whole seconds only: when to try again, by the time that the last step took.
constexpr const char* kRetryAfterMilliseconds = "Skerry-Retry-After-Ms";

struct ErrorPage {
    std::vector<feedback::ErrorRecord> errors;
    std::array<std::uint64_t, feedback::kErrorTypes> by_type{};  ///< of all that are kept
    std::uint64_t kept = 0;
};

std::string errors_json(const ErrorPage& page, const std::vector<std::string>& classes) {
    const auto name = [&classes](std::uint32_t index) {
        return index < classes.size() ? classes[index] : std::to_string(index);
    };
    Json list = Json::array();
    for (const feedback::ErrorRecord& error : page.errors) {
        list.push_back({{"id", error.id},
                        {"at", to_text(error.at)},
                        {"request", error.request},
                        {"predicted", error.predicted},
                        {"predicted_name", name(error.predicted)},
                        {"truth", error.truth},
                        {"truth_name", name(error.truth)},
                        {"tier", name_of(error.tier)},
                        {"type", name_of(error.type)},
                        {"probability", error.probability},
                        {"margin", error.margin},
                        {"score", error.score},
                        {"version", error.version.to_text()}});
    }
    Json by_type;
    for (std::size_t type = 0; type < feedback::kErrorTypes; ++type)
        by_type[std::string(name_of(static_cast<feedback::ErrorType>(type)))] = page.by_type[type];
    return Json{{"errors", list}, {"kept", page.kept}, {"by_type", by_type}}.dump(-1, ' ', false,
                                                                                  Json::error_handler_t::replace);
}

}  // namespace

void Node::handle(http::Request request, http::Respond respond) {
    if (request.path.starts_with("/v2")) {
        return api_.handle(std::move(request), [this, respond](http::Response response) {
            warn_of_clamped();
            if (response.status == 429) {
                const auto wait =
                    std::clamp(local_.trigger_time(), std::chrono::milliseconds(20), std::chrono::milliseconds(1000));
                response.headers.emplace_back(kRetryAfterMilliseconds, std::to_string(wait.count()));
            }
            respond(std::move(response));
        });
    }
    if (request.path == "/skerry/rollback") return roll_back(request, std::move(respond));
    if (request.method != "GET" && request.method != "HEAD") {
        return respond(http::error_response(405, "this path takes GET", {{"Allow", "GET"}}));
    }
    if (request.path == "/skerry/model") {
        return respond(http::text_response(durable_->enrolment.model, "application/toml"));
    }
    if (request.path == "/skerry/errors") return show_errors(request, std::move(respond));
    if (request.path == "/skerry/drift") return show_alarms(request, std::move(respond));
    if (request.path == "/skerry/export") return export_model(request, std::move(respond));
    respond(http::error_response(404, "there is nothing at this path: inference begins at /v2"));
}

// Once in the log; the count goes on in metrics and status.
void Node::warn_of_clamped() {
    if (warned_of_clamped_) return;
    const auto warning = clamped_warning(api_.counters());
    if (!warning) return;
    warned_of_clamped_ = true;
    log::warning("input_clamped", {{"reason", warning->why}, {"advice", warning->fix}, {"model", model()}});
}

void Node::show_errors(const http::Request& request, http::Respond respond) {
    const auto limit = number_in(request, "limit", 20);
    const auto before = number_in(request, "before", 0);
    if (!limit || *limit > kErrorsMax) {
        return respond(http::error_response(400, "limit must be a number up to " + std::to_string(kErrorsMax) +
                                                     ": ask for those before the last one's id for more"));
    }
    if (!before) return respond(http::error_response(400, "before must be the id of an error"));
    feedback::ErrorFilter filter;
    if (*before > 0) filter.before_id = *before;
    if (const auto type = request.query.find("type"); type != request.query.end() && !type->second.empty()) {
        filter.type = feedback::error_type_named(type->second);
        if (!filter.type) {
            return respond(http::error_response(400, "type must be one of " + feedback::names_of_error_types()));
        }
    }
    storage_.run(
        [&log = durable_->labels->errors(), filter, limit = *limit]() -> Result<ErrorPage> {
            auto rows = SKERRY_TRY(log.list(filter, limit));
            const auto counts = SKERRY_TRY(log.counts_by_type());
            const auto size = SKERRY_TRY(log.size());
            return ErrorPage{std::move(rows), counts, size};
        },
        [this, respond](Result<ErrorPage> page) {
            if (!page) return respond(http::error_response(500, page.error().message));
            respond(http::text_response(errors_json(*page, durable_->model->spec.classes), "application/json"));
        });
}

void Node::export_model(const http::Request& request, http::Respond respond) {
    const auto snapshot = snapshots_.current();
    if (!snapshot) return respond(http::error_response(503, "this node has no model yet"));
    parameters::ExportedModel model;
    model.spec = snapshot->model->spec;
    model.version = snapshot->version.global;
    model.tier = snapshot->held;
    model.origin = "node " + durable_->enrolment.name + ", version " + snapshot->version.to_text();
    const auto precision = request.query.find("precision");
    auto plan = parameters::plan_for(model, precision == request.query.end() ? "fp32" : precision->second);
    if (!plan) return respond(http::error_response(400, plan.error().message));
    model.plan = *std::move(plan);
    storage_.run(
        [snapshot, model = std::move(model), file = options_.dir / "export.tmp"]() mutable -> Result<Bytes> {
            model.parameters = *snapshot->parameters;
            SKERRY_TRY(parameters::save_model(model, file));
            auto bytes =
                crypto::read_file(file, model.parameters.size() * sizeof(float) + 4 * limits::kModelTextBytesMax);
            std::error_code ignored;
            std::filesystem::remove(file, ignored);
            return bytes;
        },
        [respond](Result<Bytes> bytes) {
            if (!bytes) return respond(http::error_response(500, bytes.error().message));
            respond(http::text_response(std::string(text_of(*bytes)), "application/octet-stream"));
        });
}

}  // namespace skerry::node
