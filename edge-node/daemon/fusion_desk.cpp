#include "edge-node/daemon/fusion_desk.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "edge-node/daemon/fusion_question.hpp"

namespace skerry::node {
namespace {

constexpr std::string_view kModelsPath = "/v2/models/";
constexpr std::size_t kCombinationsMax = 64;

/// The name and what follows it, without slashes around it.
std::pair<std::string_view, std::string_view> parts_of(std::string_view path) {
    std::string_view rest = path.starts_with(kModelsPath) ? path.substr(kModelsPath.size()) : std::string_view();
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    return {rest.substr(0, slash), rest.substr(std::min(slash + 1, rest.size()))};
}

http::Response json_response(std::string body) {
    http::Response response;
    response.body = std::move(body);
    return response;
}

/// How good news it is that one of the models says so.
int rank_of(feedback::LabelVerdict verdict) {
    using feedback::LabelVerdict;
    switch (verdict) {
        case LabelVerdict::Reused:
            return 5;
        case LabelVerdict::Accepted:
            return 4;
        case LabelVerdict::Duplicate:
            return 3;
        case LabelVerdict::Contradictory:
            return 2;
        case LabelVerdict::Late:
            return 1;
        case LabelVerdict::Unknown:
            break;
    }
    return 0;
}

/// Labels on their way to several models.
struct SharedLabels {
    std::vector<FeedbackLabel> labels;
    std::vector<feedback::LabelVerdict> verdicts;  ///< the best of each label
    std::optional<Error> failure;
    std::size_t waiting = 0;
};

http::Response answer_to(const SharedLabels& told) {
    if (!told.failure) return json_response(feedback_json(told.labels, told.verdicts));
    if (told.failure->code != ErrorCode::Unavailable) return http::error_response(500, told.failure->message);
    return http::error_response(503, told.failure->message, {{"Retry-After", "1"}});
}

}  // namespace

bool FusionDesk::takes(std::string_view path) {
    return parts_of(path).first.find('+') != std::string_view::npos;
}

Result<std::shared_ptr<FusionDesk::Experts>> FusionDesk::experts_named(std::string_view name, Nodes nodes, bool keep) {
    std::vector<bool> wanted(nodes.size());
    for (std::string_view rest = name;;) {
        const std::string_view one = rest.substr(0, rest.find('+'));
        const auto found =
            std::find_if(nodes.begin(), nodes.end(), [one](const Node* node) { return node->model() == one; });
        if (found == nodes.end()) {
            return fail(ErrorCode::NotFound, fmt::format("Request for unknown model: '{}' is not found", one));
        }
        const auto place = static_cast<std::size_t>(found - nodes.begin());
        if (wanted[place]) return fail(ErrorCode::InvalidInput, fmt::format("the model '{}' is named twice", one));
        wanted[place] = true;
        if (one.size() == rest.size()) break;
        rest.remove_prefix(one.size() + 1);
    }
    std::vector<Node*> chosen;
    std::string whole;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!wanted[i]) continue;
        chosen.push_back(nodes[i]);
        whole += (whole.empty() ? "" : "+") + nodes[i]->model();
        if (nodes[i]->spec().classes != chosen.front()->spec().classes) {
            return fail(
                ErrorCode::InvalidInput,
                fmt::format("'{}' and '{}' have other classes: only models of the same classes can be asked together",
                            chosen.front()->model(), nodes[i]->model()));
        }
    }
    if (const auto known = known_.find(whole); known != known_.end()) return known->second;
    if (keep && known_.size() == kCombinationsMax)
        return fail(ErrorCode::InvalidInput, "too many combinations of models are in use");
    auto experts = std::make_shared<Experts>(whole, std::move(chosen), good_below_, remembered_);
    if (keep) known_.emplace(whole, experts);
    return experts;
}

void FusionDesk::handle(const http::Request& request, http::Respond respond, Nodes nodes) {
    if (auto refusal = refusal_of_page(request)) return respond(*std::move(refusal));
    const auto [name, verb] = parts_of(request.path);
    const auto experts = experts_named(name, nodes, verb == "infer" && request.method == "POST");
    if (!experts) {
        return respond(
            http::error_response(experts.error().code == ErrorCode::NotFound ? 404 : 400, experts.error().message));
    }
    const bool posts = verb == "infer" || verb == "feedback";
    if (!posts && !verb.empty() && verb != "ready") {
        return respond(http::error_response(
            404, "there is nothing at this path: several models together have ready, infer and feedback"));
    }
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (posts ? request.method != "POST" : !reads) {
        return respond(
            http::error_response(405, "this path takes another method", {{"Allow", posts ? "POST" : "GET, HEAD"}}));
    }
    if (verb == "infer") return infer(request, std::move(respond), *experts);
    if (verb == "feedback") return take_feedback(request, std::move(respond), *experts);
    if (!(*experts)->ready())
        return respond(http::error_response(503, "one of these models has no weights yet", {{"Retry-After", "1"}}));
    respond(json_response(verb.empty()
                              ? fused_metadata_json((*experts)->name, (*experts)->version(), (*experts)->inputs())
                              : "{\"name\":\"" + (*experts)->name + "\",\"ready\":true}"));
}

void FusionDesk::infer(const http::Request& request, http::Respond respond, const std::shared_ptr<Experts>& experts) {
    auto memory = experts->room_for(request.body.size());  // before any work is put into it
    if (!memory) {
        for (Node* node : experts->nodes)
            node->turned_away();
        return respond(http::error_response(503, memory.error().message, {{"Retry-After", "1"}}));
    }
    auto read = read_fused_request(request, experts->inputs());
    if (!read) return respond(http::error_response(400, read.error().message));
    std::make_shared<Question>(experts, std::move(*read), std::move(*memory), std::move(respond))->begin();
}

void FusionDesk::take_feedback(const http::Request& request, http::Respond respond,
                               const std::shared_ptr<Experts>& experts) {
    auto labels = parse_feedback(request.body, experts->nodes.front()->spec());
    if (!labels) return respond(http::error_response(400, labels.error().message));
    for (Node* node : experts->nodes) {
        if (const auto why = node->labels_wait())
            return respond(http::error_response(429, *why, {{"Retry-After", "1"}}));
    }
    const auto told = std::make_shared<SharedLabels>();
    told->verdicts.assign(labels->size(), feedback::LabelVerdict::Unknown);
    told->labels = std::move(*labels);
    told->waiting = experts->nodes.size();
    for (Node* node : experts->nodes) {
        node->tell(told->labels, [told, experts, respond](Result<std::vector<feedback::LabelVerdict>> verdicts) {
            if (!verdicts) told->failure = verdicts.error();
            for (std::size_t i = 0; verdicts && i < told->verdicts.size(); ++i) {
                if (rank_of((*verdicts)[i]) > rank_of(told->verdicts[i])) told->verdicts[i] = (*verdicts)[i];
            }
            if (--told->waiting > 0) return;
            for (std::size_t i = 0; i < told->labels.size(); ++i) {
                if (is_accepted(told->verdicts[i]))
                    experts->fusion.learn(told->labels[i].request, told->labels[i].label);
            }
            respond(answer_to(*told));
        });
    }
}

}  // namespace skerry::node
