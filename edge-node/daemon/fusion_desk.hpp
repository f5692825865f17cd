#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/http/message.hpp"
#include "common/http/server.hpp"
#include "edge-node/daemon/node.hpp"
#include "edge-node/fusion/fusion.hpp"

namespace skerry::node {

/// Requests about one thing that several models of this process look at, for instance a picture and a recording: their
/// names joined by "+" are a model whose inputs are named after them.
///
///     GET  /v2/models/{a+b}  …/ready
///     POST /v2/models/{a+b}/infer       one sample, and of its inputs one to all
///     POST /v2/models/{a+b}/feedback    the label goes to every model that answered under this id, and to their
///     weights
///
/// Models can be joined whose classes are the same. All that are asked answer with their light exit first, deeper exits
/// follow one model at a time until the fused answer is good enough (fusion.hpp). What a model answered last is what
/// its label is joined with. The experts' weights live as long as the process: it begins with 1 for each. Loop thread
/// only. Errors are answered as inference_api.hpp says; a model that cannot answer now is done without, and where none
/// can the request is refused before it is read. How deep a model goes here is no decision of its router's, which
/// learns nothing from it. Memory: beside the questions under way, RememberedOpinions::kBytesMax a process.
class FusionDesk {
public:
    using Nodes = std::span<Node* const>;

    explicit FusionDesk(float good_below) : good_below_(good_below) {}

    /// Whether this path names several models at once.
    [[nodiscard]] static bool takes(std::string_view path);
    /// `nodes`: those of the process, of which all must outlive the answer.
    void handle(const http::Request& request, http::Respond respond, Nodes nodes);

private:
    struct Experts;   ///< the models of one name and what is known of them
    struct Question;  ///< one infer request under way

    /// `keep`: what is asked of them is remembered. Who only looks fills no table.
    [[nodiscard]] Result<std::shared_ptr<Experts>> experts_named(std::string_view name, Nodes nodes, bool keep);
    static void infer(const http::Request& request, http::Respond respond, const std::shared_ptr<Experts>& experts);
    static void take_feedback(const http::Request& request, http::Respond respond,
                              const std::shared_ptr<Experts>& experts);

    float good_below_;
    std::shared_ptr<RememberedOpinions> remembered_ = std::make_shared<RememberedOpinions>();  ///< of all combinations
    std::map<std::string, std::shared_ptr<Experts>, std::less<>> known_;  ///< by names in the order of the nodes
};

}  // namespace skerry::node
