#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/daemon/fusion_desk.hpp"

namespace skerry::node {

struct FusionDesk::Experts {
    Experts(std::string joined, std::vector<Node*> models, float good_below)
        : name(std::move(joined)), nodes(std::move(models)), fusion(nodes.size(), good_below) {}

    [[nodiscard]] bool ready() const;
    [[nodiscard]] std::string version() const;  ///< of each, joined by "+"
    [[nodiscard]] std::vector<NamedInput> inputs() const;

    std::string name;
    std::vector<Node*> nodes;
    Fusion fusion;
};

/// One fused request: asks, fuses, asks deeper where that is worth it, and answers. Lives in the callbacks that it
/// waits for; one that never comes, because a node ends, ends it too.
struct FusionDesk::Question : std::enable_shared_from_this<FusionDesk::Question> {
    Question(std::shared_ptr<Experts> asked, FusedInferRequest what, http::Respond answer);
    void begin();

private:
    void ask(std::size_t expert, Tier deepest);
    void heard();
    void finish(bool anytime);
    [[nodiscard]] ExpertOpinions said() const;

    std::shared_ptr<Experts> experts_;
    FusedInferRequest what_;
    http::Respond respond_;
    std::chrono::steady_clock::time_point arrived_ = std::chrono::steady_clock::now();
    std::vector<std::optional<InferenceApi::Opinion>> opinions_;
    std::vector<bool> asked_deeper_;
    std::string trouble_;  ///< why the last one that could not answer did not
    std::size_t waiting_ = 0;
};

}  // namespace skerry::node
