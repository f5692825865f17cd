#include "edge-node/daemon/fusion_question.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "edge-node/api/infer_response.hpp"

namespace skerry::node {

bool FusionDesk::Experts::ready() const {
    return std::all_of(nodes.begin(), nodes.end(), [](const Node* node) { return node->ready(); });
}

std::string FusionDesk::Experts::version() const {
    std::string text;
    for (const Node* node : nodes)
        text += (text.empty() ? "" : "+") + node->serving_version();
    return text;
}

std::vector<NamedInput> FusionDesk::Experts::inputs() const {
    std::vector<NamedInput> named;
    for (const Node* node : nodes)
        named.push_back({node->model(), &node->spec()});
    return named;
}

Result<MemoryLease> FusionDesk::Experts::room_for(std::size_t body_bytes) const {
    std::size_t bytes = body_bytes;
    for (const Node* node : nodes)
        bytes += node->spec().input.sample_bytes();
    Error trouble{ErrorCode::Unavailable, {}};
    for (Node* node : nodes) {
        auto memory = node->room_to_ask(bytes);
        if (memory) return memory;
        trouble.message = node->model() + ": " + memory.error().message;
    }
    return tl::unexpected(std::move(trouble));
}

FusionDesk::Question::Question(std::shared_ptr<Experts> asked, FusedInferRequest what, MemoryLease room,
                               http::Respond answer)
    : experts_(std::move(asked)),
      what_(std::move(what)),
      memory_(std::move(room)),
      respond_(std::move(answer)),
      opinions_(experts_->nodes.size()),
      asked_deeper_(experts_->nodes.size(), false) {
    if (what_.request.id.empty()) what_.request.id = experts_->nodes.front()->new_request_id();
}

void FusionDesk::Question::begin() {
    const auto given =
        std::count_if(what_.samples.begin(), what_.samples.end(), [](const auto& one) { return one.has_value(); });
    waiting_ = static_cast<std::size_t>(given);
    for (std::size_t expert = 0; expert < opinions_.size(); ++expert) {
        if (what_.samples[expert]) ask(expert, Tier::Light);
    }
}

void FusionDesk::Question::ask(std::size_t expert, Tier deepest) {
    InferRequest request = what_.request;
    request.samples = {*what_.samples[expert]};
    request.tier_max = std::min(deepest, request.tier_max);
    if (request.deadline) {
        const auto spent =
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - arrived_);
        request.deadline = std::max(*request.deadline - spent, std::chrono::microseconds(1));
    }
    const auto heard_of = [self = shared_from_this(), expert](InferenceApi::Opinion opinion) {
        self->opinions_[expert] = std::move(opinion);
        self->heard();
    };
    const auto asked = experts_->nodes[expert]->ask(std::move(request), heard_of);
    if (asked) return;
    trouble_ = experts_->nodes[expert]->model() + ": " + asked.error().message;
    heard();
}

ExpertOpinions FusionDesk::Question::said() const {
    ExpertOpinions said(opinions_.size());
    for (std::size_t expert = 0; expert < opinions_.size(); ++expert) {
        if (opinions_[expert]) said[expert] = opinions_[expert]->answer.reading.probabilities;
    }
    return said;
}

void FusionDesk::Question::heard() {
    if (--waiting_ > 0) return;
    if (std::none_of(opinions_.begin(), opinions_.end(), [](const auto& one) { return one.has_value(); })) {
        return respond_(http::error_response(503, trouble_, {{"Retry-After", "1"}}));
    }
    std::vector<bool> would(opinions_.size());
    for (std::size_t expert = 0; expert < opinions_.size(); ++expert) {
        const auto& opinion = opinions_[expert];
        // Once: one whom the deadline cut short would go on, and on.
        would[expert] =
            opinion && opinion->would_go_on && opinion->answer.tier < what_.request.tier_max && !asked_deeper_[expert];
    }
    const std::optional<std::size_t> next = experts_->fusion.next(said(), would);
    if (!next) return finish(false);
    const auto& deadline = what_.request.deadline;
    if (deadline && std::chrono::steady_clock::now() + kReplyTime >= arrived_ + *deadline) return finish(true);
    waiting_ = 1;
    asked_deeper_[*next] = true;
    ask(*next, Tier::Heavy);
}

void FusionDesk::Question::finish(bool anytime) {
    Answer answer;
    answer.reading = experts_->fusion.fused(said());
    answer.score = 1 - answer.reading.margin;
    answer.anytime = anytime;
    bool id_reused = false;
    std::string who, version;
    for (std::size_t expert = 0; expert < opinions_.size(); ++expert) {
        auto& opinion = opinions_[expert];
        if (!opinion) continue;
        Node& node = *experts_->nodes[expert];
        answer.tier = std::max(answer.tier, opinion->answer.tier);
        answer.anytime = answer.anytime || opinion->answer.anytime;
        who += fmt::format("{}{}:{}:{:.2f}", who.empty() ? "" : ",", node.model(), name_of(opinion->answer.tier),
                           experts_->fusion.weights()[expert]);
        version += (version.empty() ? "" : "+") + opinion->version.to_text();
        if (opinion->prediction) id_reused = node.record(std::move(*opinion->prediction)) || id_reused;
    }
    if (what_.request.learn) experts_->fusion.remember(what_.request.id, said());
    parameters::ModelSpec spec;
    spec.name = experts_->name;
    spec.classes = experts_->nodes.front()->spec().classes;
    respond_(infer_response(spec, version, what_.request.id, what_.request.outputs, {answer}, id_reused, who));
}

}  // namespace skerry::node
