#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "edge-node/daemon/fusion_desk.hpp"

namespace skerry::node {

struct FusionDesk::Experts {
    Experts(std::string joined, std::vector<Node*> models, float good_below,
            std::shared_ptr<RememberedOpinions> remembered)
        : name(std::move(joined)), nodes(std::move(models)), fusion(nodes.size(), good_below, std::move(remembered)) {}

    [[nodiscard]] bool ready() const;
    [[nodiscard]] std::string version() const;  ///< of each, joined by "+"
    [[nodiscard]] std::vector<NamedInput> inputs() const;
    /// For holding a request with such a body, and the parts that it may have. Unavailable: no model can answer now.
    [[nodiscard]] Result<MemoryLease> room_for(std::size_t body_bytes) const;

    std::string name;
    std::vector<Node*> nodes;
    Fusion fusion;
};

/// One fused request: asks, fuses, asks deeper where that is worth it, and answers. Lives in the callbacks that it
/// waits for; one that never comes, because a node ends, ends it too.
struct FusionDesk::Question : std::enable_shared_from_this<FusionDesk::Question> {
    Question(std::shared_ptr<Experts> asked, FusedInferRequest what, MemoryLease room, http::Respond answer);
    void begin();

private:
    void ask(std::size_t expert, Tier deepest);
    void heard();
    void finish(bool anytime);
    [[nodiscard]] ExpertOpinions said() const;

    std::shared_ptr<Experts> experts_;
    FusedInferRequest what_;
    MemoryLease memory_;  ///< what it may take to hold the parts
    http::Respond respond_;
    std::chrono::steady_clock::time_point arrived_ = std::chrono::steady_clock::now();
    std::vector<std::optional<InferenceApi::Opinion>> opinions_;
    std::vector<bool> asked_deeper_;
    std::string trouble_;  ///< why the last one that could not answer did not
    std::size_t waiting_ = 0;
};

}  // namespace skerry::node
