#include <charconv>

#include <nlohmann/json.hpp>

#include "edge-node/daemon/node.hpp"
#include "edge-node/daemon/node_durable.hpp"

// POST /skerry/rollback: what an operator may change of a running node.
namespace skerry::node {

namespace {

int status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::InvalidInput:
            return 400;
        case ErrorCode::NotFound:
            return 404;
        case ErrorCode::Conflict:
            return 409;
        case ErrorCode::Unavailable:
            return 503;
        default:
            return 500;
    }
}

}  // namespace

void Node::roll_back(const http::Request& request, http::Respond respond) {
    if (!request.local) {
        return respond(http::error_response(403, "this is done on the node's Unix socket only: infer.sock"));
    }
    if (request.method != "POST") {
        return respond(http::error_response(405, "this path takes POST", {{"Allow", "POST"}}));
    }
    // A word that is misread as nothing would undo more than was asked for.
    for (const auto& [name, value] : request.query) {
        if (name == "to" || (name == "model" && value == model())) continue;
        return respond(http::error_response(400,
                                            "this path knows 'to' and, with the name of this folder's model, "
                                            "'model': nothing has been undone"));
    }
    std::optional<ModelVersion> to;
    if (const auto asked = request.query.find("to"); asked != request.query.end()) {
        const std::string& text = asked->second;
        std::uint64_t version = 0;
        const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), version);
        if (failure != std::errc() || end != text.data() + text.size() || version == 0) {
            return respond(http::error_response(400, "to must be the number of a version, from 1"));
        }
        to = ModelVersion{version};
    }
    local_.roll_back(to, [this, respond](const Result<RolledBack>& done) {
        if (!done) return respond(http::error_response(status_of(done.error().code), done.error().message));
        const nlohmann::ordered_json json = {{"version", done->version.value},
                                             {"serving", local_.checkpoint().version.to_text()},
                                             {"at", to_text(done->at)},
                                             {"steps_undone", done->steps},
                                             {"updates_withdrawn", done->withdrawn},
                                             {"updates_accepted", done->accepted},
                                             {"text", rollback_sentence(*done)}};
        http::Response response;
        response.body = json.dump();
        response.content_type = "application/json";
        respond(std::move(response));
    });
}

}  // namespace skerry::node
