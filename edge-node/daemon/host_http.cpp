#include <algorithm>
#include <array>
#include <utility>

#include "edge-node/daemon/host.hpp"
#include "edge-node/daemon/status.hpp"

namespace skerry::node {

namespace {

constexpr std::string_view kModels = "/v2/models/";
/// They show samples, labels and weights: for those who may open the folder.
constexpr std::array<std::string_view, 4> kLocalOnly = {"/skerry/status", "/skerry/errors", "/skerry/drift",
                                                        "/skerry/export"};

bool reads(const http::Request& request) {
    return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

/// The model of the name that the path, or "model" in the query, has; null: none of ours.
Node* Host::model_of(const http::Request& request, std::string& name) const {
    if (request.path.starts_with(kModels)) {
        name = request.path.substr(kModels.size());
        name.resize(std::min(name.find('/'), name.size()));
    } else if (const auto asked = request.query.find("model"); asked != request.query.end()) {
        name = asked->second;
    }
    for (const Hosted& hosted : hosted_)
        if (hosted.node->model() == name) return hosted.node.get();
    return nullptr;
}

std::string Host::names() const {
    std::string text;
    for (const Hosted& hosted : hosted_)
        text += (text.empty() ? "" : ", ") + hosted.node->model();
    return text;
}

void Host::handle_shared(http::Request request, http::Respond respond) {
    Node& first = *hosted_.front().node;
    if (hosted_.size() == 1) return handle_own(first, std::move(request), std::move(respond));
    if (lists_models(request.path)) {
        std::vector<ModelStatistics> models;
        for (const Hosted& hosted : hosted_)
            if (auto one = hosted.node->statistics()) models.push_back(*std::move(one));
        return respond(listing(request, models));
    }
    if (FusionDesk::takes(request.path)) {
        std::vector<Node*> nodes;
        for (const Hosted& hosted : hosted_)
            nodes.push_back(hosted.node.get());
        return fusion_.handle(request, std::move(respond), nodes);
    }
    if (request.path.starts_with(kModels) || (request.path == "/skerry/model" && reads(request))) {
        std::string name;
        if (Node* model = model_of(request, name)) return handle_own(*model, std::move(request), std::move(respond));
        if (request.path == "/skerry/model") {
            return respond(
                http::error_response(400, "this address serves several models: name one of " + names() +
                                              " with ?model= (skerry-node feed: --model), or ask on the infer.sock "
                                              "of its folder"));
        }
        return respond(http::error_response(
            404, "Request for unknown model: '" + name + "' is not found: this address serves " + names()));
    }
    if (request.path == "/v2/health/ready") {
        // One that is not ready says why.
        const auto unready =
            std::find_if(hosted_.begin(), hosted_.end(), [](const Hosted& hosted) { return !hosted.node->ready(); });
        Node& speaker = unready == hosted_.end() ? first : *unready->node;
        return handle_own(speaker, std::move(request), std::move(respond));
    }
    handle_own(first, std::move(request), std::move(respond));
}

void Host::handle_own(Node& node, http::Request request, http::Respond respond) {
    if (request.path == "/metrics" && reads(request)) {
        return respond(http::text_response(metrics(), "text/plain; version=0.0.4"));
    }
    const bool local_only = std::find(kLocalOnly.begin(), kLocalOnly.end(), request.path) != kLocalOnly.end();
    if (local_only && reads(request) && !request.local) {
        return respond(http::error_response(403, "this is answered on the node's Unix socket only: infer.sock"));
    }
    if (request.path == "/skerry/status" && reads(request)) {
        return respond(http::text_response(status_of(node), "application/json"));
    }
    node.handle(std::move(request), std::move(respond));
}

std::string Host::metrics() {
    std::vector<NodeFacts> facts;
    for (const Hosted& hosted : hosted_)
        facts.push_back(hosted.node->facts());
    return metrics_->text(facts);
}

std::string Host::status_of(const Node& node) const {
    std::vector<HostedModel> models;
    for (const Hosted& hosted : hosted_) {
        const NodeFacts facts = hosted.node->facts();
        models.push_back({facts.model, hosted.node->dir().string(), facts.ready, facts.serving});
    }
    return status_json(node.facts(), models);
}

}  // namespace skerry::node
